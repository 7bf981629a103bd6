//! The meter of one call: what a provider tells, and what is counted here where it does not.

use bailiwick_core::{Call, Digest, Disposition, Inspected, Meter, Value};
use bailiwick_facts::MicroDollars;
use bailiwick_tokens::estimate;
use bailiwick_wire::llm::{Class, Operation, Told, told};

use super::Models;
use super::counted::{Counted, Written};
use super::owned::Made;
use crate::upstream::{Crossing, ProviderCall, Route};

/// What was measured of one call here.
pub(crate) struct Measured<'a> {
    pub(crate) told: &'a Told,
    /// How many bytes of text, reasoning and arguments came.
    pub(crate) output_bytes: u64,
    /// What was counted of it, where its provider does not tell.
    pub(crate) counted: Counted,
    /// How it ended.
    pub(crate) disposition: Disposition,
    /// Whether the provider came to its end, so that what it told is all.
    pub(crate) is_whole: bool,
}

impl Models {
    /// Say what a whole answer, or none, used and cost. Only calls of a model have a meter.
    pub(crate) async fn metered(
        &self,
        provider: &ProviderCall,
        inspected: Inspected,
        answer: &[u8],
        disposition: Disposition,
    ) -> (Inspected, Made) {
        let Some(operation) = provider.operation else {
            return (reserved(provider, inspected, disposition), Made::default());
        };
        // What was turned into another dialect is measured as its provider said it.
        let heard = provider.crossing().and_then(Crossing::heard);
        let own = if heard.is_none() { told(operation, answer) } else { Told::default() };
        let (told, answer) = heard.map_or((&own, answer), |it| (&it.told, &*it.answer));
        let output_bytes = answer.len() as u64;
        let is_whole = disposition == Disposition::Answered || output_bytes > 0;
        let status = provider.heading().map_or(0, |it| it.status.as_u16());
        let may_be_heard = provider.may_be_heard();
        let counted = if told.usage.is_none() && was_taken(disposition, status, may_be_heard) {
            let written = Written::whole(&provider.route.model, operation, answer);
            Counted::of(provider, inspected.call().ask(), written).await
        } else {
            Counted::default()
        };
        let measured = Measured { told, output_bytes, counted, disposition, is_whole };
        let made = Made::of(provider, &inspected, told);
        (self.streamed(provider, inspected, &measured), made)
    }

    /// The same of an answer that came in pieces.
    pub(crate) fn streamed(
        &self,
        provider: &ProviderCall,
        inspected: Inspected,
        measured: &Measured<'_>,
    ) -> Inspected {
        let meter = self.meter(provider, inspected.call(), measured);
        let items: Vec<Digest> = measured.told.items.iter().map(|it| it.digest).collect();
        inspected.metered(meter).holding(items)
    }

    /// The meter as it stands.
    pub(crate) fn meter(
        &self,
        provider: &ProviderCall,
        call: &Call,
        measured: &Measured<'_>,
    ) -> Meter {
        let Measured { told, output_bytes, counted, disposition, is_whole } = measured;
        let route: &Route = &provider.route;
        let heading = provider.heading();
        // Who asks for more than the usual may be served as usual, and the other way round.
        let class = told.class.or(&Class::asked(call.arguments()));
        let hosted = hosted(call.arguments());
        let mut meter = Meter {
            class: class.word(),
            uses: told.uses.iter().map(|(kind, count)| (kind.clone(), *count)).collect(),
            model: told.model.clone(),
            stop: told.stop.clone(),
            status: heading.map_or(0, |it| it.status.as_u16()),
            first_ns: heading.zip(provider.began()).map_or(0, |(it, began)| it.at.since_ns(began)),
            ..Meter::default()
        };
        match told.usage {
            Some(usage) => {
                (meter.input, meter.output) = (usage.input, usage.output);
                (meter.cached, meter.cache_write) = (usage.cached, usage.cache_write);
                meter.reasoning = usage.reasoning;
                meter.cache_write_long = usage.cache_write_long;
                (meter.audio_input, meter.audio_output) = (usage.audio_input, usage.audio_output);
                // What broke off may not have told the last of it.
                let written = counted.output.unwrap_or_else(|| estimate(*output_bytes));
                if !is_whole && written > meter.output {
                    (meter.output, meter.estimated) = (written, true);
                }
            }
            // An error in the place of an answer: it never began.
            None if told.is_error && told.model.is_none() && *output_bytes == 0 => {}
            None if was_taken(*disposition, meter.status, provider.may_be_heard()) => {
                let Counted { input, output } = counted;
                meter.input = input.unwrap_or(provider.reckoned.input);
                meter.output = output.unwrap_or_else(|| estimate(*output_bytes));
                meter.estimated = true;
            }
            // It never came to the model: a provider that refuses charges nothing.
            None => {}
        }
        // Counting is free everywhere.
        let is_free = provider.operation == Some(Operation::CountTokens);
        let nothing = is_free || meter.input == 0 && meter.output == 0;
        // A chat does not tell of its searches; the models that can search do.
        if provider.operation == Some(Operation::Chat) && !nothing && meter.uses.is_empty() {
            meter.uses.extend(hosted.iter().map(|kind| (kind.clone(), 1)));
        }
        let cost = self.money.cost(route, &class, call.at(), &meter).map(MicroDollars::micro);
        // Nobody saw what was written, so nobody knows what it cost: what was reserved is booked.
        let mut kinds = hosted.iter().map(|kind| &**kind);
        let has_fee = kinds.any(|kind| self.money.has_fee(route, call.at(), kind));
        let nothing_came = meter.estimated && *output_bytes == 0;
        let is_unseen = !is_whole && (nothing_came || has_fee || provider.reckoned.hides(told));
        meter.cost = match (nothing, is_unseen) {
            (true, _) => Some(0),
            (false, true) => None,
            (false, false) => cost,
        };
        meter.prices = self.money.version(route, &class, call.at());
        meter
    }
}

/// The kinds of tools that the provider was given to run.
fn hosted(asked: &Value) -> Vec<Box<str>> {
    let Value::Record(members) = asked else { return Vec::new() };
    let Some((_, Value::List(kinds))) = members.iter().find(|(it, _)| &**it == "hosted_tools")
    else {
        return Vec::new();
    };
    let kind = |it: &Value| if let Value::Text(kind) = it { Some(kind.clone()) } else { None };
    kinds.iter().filter_map(kind).collect()
}

/// What no model answers and costs all the same, such as a batch: it is booked as reserved, and not
/// at all where the provider did not take it.
fn reserved(provider: &ProviderCall, inspected: Inspected, disposition: Disposition) -> Inspected {
    if inspected.call().model().is_none() {
        return inspected;
    }
    let status = provider.heading().map_or(0, |it| it.status.as_u16());
    let cost = (!was_taken(disposition, status, provider.may_be_heard())).then_some(0);
    inspected.metered(Meter { status, cost, ..Meter::default() })
}

/// Whether a provider that tells nothing may have begun to work, and will charge for it.
const fn was_taken(disposition: Disposition, status: u16, may_be_heard: bool) -> bool {
    match disposition {
        Disposition::Answered | Disposition::ToolFailed | Disposition::Withheld => true,
        // An error before the answer begins is not charged; a stream that breaks off is.
        Disposition::Erred => status / 100 == 2,
        // Where there is not even a status, nobody knows how far it came.
        Disposition::Unreachable => may_be_heard && (status == 0 || status / 100 == 2),
        // Nobody knows how far it came.
        Disposition::TimedOut | Disposition::Cancelled | Disposition::Killed => true,
        Disposition::Accepted | Disposition::Unmet => false,
    }
}
