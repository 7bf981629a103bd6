//! The price of one model: what each kind of token costs, and what a call cost or can cost at most.

mod fees;

use bailiwick_core::Meter;
use bailiwick_core::cbor::Writer;

use crate::decimal::Decimal;
use crate::money::MicroDollars;

pub(crate) use fees::Fees;

/// What one token costs, in pico-dollars (10^-12 of a dollar): micro-dollars for a million tokens.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Rate(u64);

/// A thousand dollars a token. No price is near it, and sums of products stay within 128 bits.
const MOST_PICO: u64 = 1_000_000_000_000_000;
const PICO_IN_MICRO: u128 = 1_000_000;

impl Rate {
    pub(crate) const ZERO: Self = Self(0);

    pub(crate) const fn from_pico(pico: u64) -> Option<Self> {
        if pico > MOST_PICO { None } else { Some(Self(pico)) }
    }

    /// So many times as dear, rounded up.
    fn times(self, factor: Decimal) -> Option<Self> {
        Decimal::from(self.0).product(factor)?.ceiling(0).and_then(Self::from_pico)
    }
}

/// How many tokens a call used. `cached`, `cache_write` and `audio_input` are parts of `input` that
/// do not overlap, `cache_write_long` is part of `cache_write`; `reasoning` and `audio_output` are
/// parts of `output`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Usage {
    /// Tokens of the ask, all of them.
    pub input: u64,
    /// Those that the provider remembered.
    pub cached: u64,
    /// Those that it was paid to remember.
    pub cache_write: u64,
    /// Of those, the ones to be remembered for long: an hour, where five minutes are usual.
    pub cache_write_long: u64,
    /// Those that stand for sound.
    pub audio_input: u64,
    /// Tokens of the answer, all of them.
    pub output: u64,
    /// Those in which the model reasoned.
    pub reasoning: u64,
    /// Those that stand for sound.
    pub audio_output: u64,
}

impl From<&Meter> for Usage {
    fn from(meter: &Meter) -> Self {
        Self {
            input: meter.input,
            cached: meter.cached,
            cache_write: meter.cache_write,
            cache_write_long: meter.cache_write_long,
            audio_input: meter.audio_input,
            output: meter.output,
            reasoning: meter.reasoning,
            audio_output: meter.audio_output,
        }
    }
}

/// The rates that somebody stated; what is absent follows from the others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stated {
    pub(crate) input: Option<Rate>,
    pub(crate) cached: Option<Rate>,
    pub(crate) cache_write: Option<Rate>,
    pub(crate) cache_write_long: Option<Rate>,
    pub(crate) audio_input: Option<Rate>,
    pub(crate) output: Option<Rate>,
    pub(crate) reasoning: Option<Rate>,
    pub(crate) audio_output: Option<Rate>,
}

impl Stated {
    /// Make all of it so many times as dear. Nothing: no price is so large.
    pub(crate) fn times(&mut self, factor: Decimal) -> Option<()> {
        let all = [
            &mut self.input,
            &mut self.cached,
            &mut self.cache_write,
            &mut self.cache_write_long,
            &mut self.audio_input,
            &mut self.output,
            &mut self.reasoning,
            &mut self.audio_output,
        ];
        all.into_iter().flatten().try_for_each(|rate| {
            *rate = rate.times(factor)?;
            Some(())
        })
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Rates {
    input: Rate,
    cached: Rate,
    cache_write: Rate,
    cache_write_long: Rate,
    audio_input: Rate,
    output: Rate,
    reasoning: Rate,
    audio_output: Rate,
}

/// What one model costs at one provider, from some day on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Price {
    base: Rates,
    /// Long asks: above so many tokens of input these rates hold for the whole call. Ascending.
    above: Box<[(u64, Rates)]>,
    fees: Fees,
}

impl Price {
    /// The price with these rates, which must name input and output, and others above so many
    /// tokens of input, and with these fees.
    pub(crate) fn new(base: &Stated, mut above: Vec<(u64, Stated)>, fees: Fees) -> Option<Self> {
        let base = Rates::of(base, None)?;
        above.sort_by_key(|&(tokens, _)| tokens);
        let mut below = base;
        let above = above.into_iter().map(|(tokens, stated)| {
            below = Rates::of(&stated, Some(&below))?;
            Some((tokens, below))
        });
        Some(Self { base, above: above.collect::<Option<_>>()?, fees })
    }

    /// What one use costs of a tool of this kind that the provider runs. Nothing: nobody has said
    /// it, which is not the same as nothing to pay.
    pub fn fee(&self, kind: &str) -> Option<MicroDollars> {
        self.fees.of(kind)
    }

    /// What a call cost that used so many tokens, rounded up to a micro-dollar once.
    pub fn cost(&self, usage: &Usage) -> MicroDollars {
        let longest = self.above.iter().rev().find(|&&(tokens, _)| usage.input > tokens);
        longest.map_or(&self.base, |(_, rates)| rates).cost(usage)
    }

    /// The most that a call can cost that takes in and gives out at most so many tokens: at the
    /// dearest of the rates that it can come to, with nothing remembered and all of it to be.
    pub fn bound(&self, input_max: u64, output_max: u64) -> MicroDollars {
        let within = self.above.iter().filter(|&&(tokens, _)| input_max > tokens);
        let reached = || within.clone().map(|(_, rates)| rates).chain([&self.base]);
        let input = reached().map(Rates::dearest_input).max().unwrap_or_default();
        let output = reached().map(Rates::dearest_output).max().unwrap_or_default();
        rounded_up([(input_max, input), (output_max, output)])
    }

    /// Write what makes this price another than some other one.
    pub(crate) fn encode(&self, w: &mut Writer<'_>) {
        w.array(2 + 2 * self.above.len());
        self.fees.encode(w);
        self.base.encode(w);
        for (tokens, rates) in &self.above {
            w.uint(*tokens);
            rates.encode(w);
        }
    }
}

impl Rates {
    /// Nothing is cheaper than it must be: what is not stated costs as much as other tokens of its
    /// direction, and at least what it costs for shorter asks.
    fn of(stated: &Stated, below: Option<&Self>) -> Option<Self> {
        let input = stated.input.or(below.map(|it| it.input))?;
        let output = stated.output.or(below.map(|it| it.output))?;
        let or = |own: Option<Rate>, of: fn(&Self) -> Rate, least: Rate| {
            own.unwrap_or(below.map(of).unwrap_or_default().max(least))
        };
        let cache_write = or(stated.cache_write, |it| it.cache_write, input);
        Some(Self {
            input,
            cached: or(stated.cached, |it| it.cached, input),
            cache_write,
            cache_write_long: or(stated.cache_write_long, |it| it.cache_write_long, cache_write),
            audio_input: or(stated.audio_input, |it| it.audio_input, input),
            output,
            reasoning: or(stated.reasoning, |it| it.reasoning, output),
            audio_output: or(stated.audio_output, |it| it.audio_output, output),
        })
    }

    fn cost(&self, usage: &Usage) -> MicroDollars {
        let told = [usage.cached, usage.cache_write, usage.audio_input];
        let input = told.into_iter().fold(usage.input, u64::saturating_sub);
        let told = [usage.reasoning, usage.audio_output];
        let output = told.into_iter().fold(usage.output, u64::saturating_sub);
        let cache_write = usage.cache_write.saturating_sub(usage.cache_write_long);
        rounded_up([
            (input, self.input),
            (usage.cached, self.cached),
            (cache_write, self.cache_write),
            (usage.cache_write_long, self.cache_write_long),
            (usage.audio_input, self.audio_input),
            (output, self.output),
            (usage.reasoning, self.reasoning),
            (usage.audio_output, self.audio_output),
        ])
    }

    fn inputs(&self) -> [Rate; 5] {
        [self.input, self.cached, self.cache_write, self.cache_write_long, self.audio_input]
    }

    const fn outputs(&self) -> [Rate; 3] {
        [self.output, self.reasoning, self.audio_output]
    }

    fn dearest_input(&self) -> Rate {
        self.inputs().into_iter().max().unwrap_or_default()
    }

    fn dearest_output(&self) -> Rate {
        self.outputs().into_iter().max().unwrap_or_default()
    }

    fn encode(&self, w: &mut Writer<'_>) {
        w.array(8);
        self.inputs().into_iter().chain(self.outputs()).for_each(|rate| w.uint(rate.0));
    }
}

fn rounded_up<const N: usize>(parts: [(u64, Rate); N]) -> MicroDollars {
    let pico: u128 = parts.iter().map(|&(n, rate)| u128::from(n) * u128::from(rate.0)).sum();
    u64::try_from(pico.div_ceil(PICO_IN_MICRO)).map_or(MicroDollars::MAX, MicroDollars::from_micro)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn dollars_per_million(cents: u64) -> Option<Rate> {
        Rate::from_pico(cents * 10_000)
    }

    /// Three dollars in, fifteen out; six and 22.50 above 200,000 tokens.
    fn price() -> Price {
        let base = Stated {
            input: dollars_per_million(300),
            cached: dollars_per_million(30),
            cache_write: dollars_per_million(375),
            cache_write_long: dollars_per_million(600),
            output: dollars_per_million(1500),
            ..Stated::default()
        };
        let long = Stated {
            input: dollars_per_million(600),
            cached: dollars_per_million(60),
            cache_write: dollars_per_million(750),
            output: dollars_per_million(2250),
            ..Stated::default()
        };
        Price::new(&base, vec![(200_000, long)], Fees::default()).unwrap()
    }

    #[test]
    fn a_call_costs_what_its_tokens_cost_rounded_up_once() {
        let check = |usage: Usage, micro| {
            assert_eq!(price().cost(&usage), MicroDollars::from_micro(micro), "{usage:?}");
        };
        check(Usage::default(), 0);
        check(Usage { input: 1, ..Usage::default() }, 3);
        check(Usage { input: 1, cached: 1, ..Usage::default() }, 1);
        check(Usage { input: 11, cached: 11, output: 1, ..Usage::default() }, 19);
        check(Usage { input: 1000, output: 1000, reasoning: 400, ..Usage::default() }, 18_000);
        check(Usage { input: 1000, cached: 400, cache_write: 500, ..Usage::default() }, 2295);
        let long =
            Usage { cache_write: 500, cache_write_long: 500, input: 500, ..Usage::default() };
        check(long, 3000);
        // The whole call costs more above the threshold, not just what is beyond it.
        check(Usage { input: 200_000, ..Usage::default() }, 600_000);
        check(Usage { input: 200_001, ..Usage::default() }, 1_200_006);
        // Nothing was said of long-remembered tokens in long asks: at least what others cost there.
        let long = Usage { cache_write: 300_000, cache_write_long: 300_000, ..long };
        check(Usage { input: 300_000, ..long }, 2_250_000);
    }

    #[test]
    fn a_provider_that_tells_more_parts_than_tokens_is_charged_for_the_parts() {
        let usage = Usage { input: 10, cached: 1000, output: 5, reasoning: 10, ..Usage::default() };
        assert_eq!(price().cost(&usage).micro(), 300 + 150);
        let usage = Usage { input: u64::MAX, output: u64::MAX, ..Usage::default() };
        assert_eq!(price().cost(&usage), MicroDollars::MAX);
    }

    #[test]
    fn what_is_not_stated_is_not_cheaper() {
        let base = Stated {
            input: dollars_per_million(100),
            output: dollars_per_million(200),
            ..Stated::default()
        };
        let price = Price::new(&base, Vec::new(), Fees::default()).unwrap();
        let usage = Usage {
            input: 10,
            cached: 5,
            cache_write: 5,
            output: 5,
            reasoning: 5,
            ..Usage::default()
        };
        assert_eq!(price.cost(&usage).micro(), 20);
        assert_eq!(Price::new(&Stated { output: None, ..base }, Vec::new(), Fees::default()), None);
        assert_eq!(Price::new(&Stated { input: None, ..base }, Vec::new(), Fees::default()), None);
    }

    proptest! {
        #[test]
        fn no_call_within_its_bound_costs_more(
            input in 0u64..2_000_000, output in 0u64..200_000,
            parts in prop::array::uniform5(0u64..=100), room in prop::array::uniform2(0u64..50),
        ) {
            let [cached, cache_write, long, reasoning, audio_output] = parts;
            let cached = input * cached / 100;
            let cache_write = (input - cached) * cache_write / 100;
            let reasoning = output * reasoning / 100;
            let usage = Usage {
                input,
                cached,
                cache_write,
                cache_write_long: cache_write * long / 100,
                audio_input: input - cached - cache_write,
                output,
                reasoning,
                audio_output: (output - reasoning) * audio_output / 100,
            };
            let bound = price().bound(input + room[0], output + room[1]);
            prop_assert!(price().cost(&usage) <= bound);
        }
    }

    #[test]
    fn a_bound_is_the_dearest_way_to_spend_the_tokens() {
        assert_eq!(price().bound(1000, 100).micro(), 6000 + 1500);
        assert_eq!(price().bound(200_001, 100).micro(), 200_001 * 15 / 2 + 1 + 2250);
        assert_eq!(price().bound(u64::MAX, 1), MicroDollars::MAX);
    }
}
