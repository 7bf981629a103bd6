//! What calls of models may cost: the bound of each before it goes out, what it took when it ended,
//! and the purse out of which both come.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bailiwick_core::{Call, Digest, Identified, Ledger, Link, Meter, Timestamp, Unrecorded};
use bailiwick_facts::{
    Day, Limit, MicroDollars, NotMoney, Period, Price, Prices, Purse, Scope, Usage,
};
use bailiwick_tokens::{estimate, most};
use bailiwick_wire::llm::{Ask, Class, ItemKind, ToolKind, is_free};

use super::spending::Caps;
use crate::config::ModelSettings;
use crate::disk;
use crate::reserving::Reserving;
use crate::store::{Span, Store, Terms};
use crate::upstream::Route;

/// Tokens that a large image makes, at most about, when only its address is sent.
const IMAGE_TOKENS: u64 = 6_000;
/// The most that providers say to a model themselves about the tools that it is offered.
const OFFER_TOKENS: u64 = 600;
/// How often a tool of the provider's is reckoned to be used, where nobody bounds it.
const USES: u64 = 10;
/// The largest file of prices: the public list has two million bytes.
const PRICES_BYTES_MAX: u64 = 32 << 20;

/// The prices, the caps and the purse.
pub(crate) struct Money {
    prices: Prices,
    /// The digest of all of them, which takes long to make.
    version: Digest,
    caps: Caps,
    pub(crate) purse: Arc<Purse>,
}

/// Why the model path cannot be paid for.
#[derive(Debug, thiserror::Error)]
pub enum BadMoney {
    /// A cap is no amount of money.
    #[error("[spending] {0}: {1}")]
    Cap(&'static str, NotMoney),
    /// The file of prices cannot be had.
    #[error("[spending] prices: {}: {why}", .file.display())]
    Prices {
        /// The file.
        file: PathBuf,
        /// Why not.
        why: String,
    },
}

/// Why nobody can say what a call would cost, in words for its caller.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Unpriced {
    /// The model has no price.
    #[error("The model `{0}` has no price")]
    Model(Box<str>),
    /// It has none in the class that is asked for.
    #[error("The model `{0}` has no price in the class `{1}`")]
    Class(Box<str>, Box<str>),
    /// A tool that the provider runs has none.
    #[error("A use of the tool `{1}` has no price with the model `{0}`")]
    Use(Box<str>, Box<str>),
}

impl Money {
    /// The prices and caps of a configuration, and what was spent so far.
    ///
    /// # Errors
    /// [`BadMoney`] with the place in the configuration.
    pub(crate) fn new(settings: &ModelSettings, purse: Purse) -> Result<Self, BadMoney> {
        let caps = Caps::new(&settings.spending).map_err(|(key, why)| BadMoney::Cap(key, why))?;
        let prices = table(settings)?;
        Ok(Self { version: prices.digest(), prices, caps, purse: Arc::new(purse) })
    }

    /// The price of a model in a class of service.
    fn price(&self, route: &Route, class: &Class, at: Timestamp) -> Option<&Price> {
        let (provider, day) = (route.provider.name.as_str(), Day::of(at));
        match class.word() {
            Some(word) => self.prices.of_service(provider, &route.model, &word, day),
            None => self.prices.of(provider, &route.model, day),
        }
    }

    /// The most that an ask of so many bytes can cost.
    ///
    /// # Errors
    /// [`Unpriced`]: nobody knows the price of something in it.
    pub(crate) fn bound(
        &self,
        route: &Route,
        ask: &Ask,
        bytes: usize,
        at: Timestamp,
    ) -> Result<MicroDollars, Unpriced> {
        let class = Class::asked(&ask.parameters);
        let Some(price) = self.price(route, &class, at) else {
            let model = || route.model.clone();
            let why = || match class.word() {
                Some(word) if self.has_price(route, at) => Unpriced::Class(model(), word),
                Some(_) | None => Unpriced::Model(model()),
            };
            return self.unpriced(route, at).ok_or_else(why);
        };
        let output = ask.output_max.unwrap_or(0).saturating_mul(ask.choices);
        let mut bound = price.bound(Input::of(route, ask, bytes).most, output);
        for tool in &ask.tools {
            let ToolKind::Hosted(kind) = &tool.kind else { continue };
            let fee = self.fee(price, kind);
            let fee = fee.ok_or_else(|| Unpriced::Use(route.model.clone(), kind.clone()))?;
            bound = bound.plus(times(fee, tool.uses_max.unwrap_or(USES)));
        }
        Ok(bound)
    }

    /// What one use of a tool of the provider's costs, or counts as. `None`: nobody knows.
    fn fee(&self, price: &Price, kind: &str) -> Option<MicroDollars> {
        let none = || is_free(kind).then_some(MicroDollars::ZERO);
        price.fee(kind).or_else(none).or(self.caps.unpriced_call)
    }

    fn has_price(&self, route: &Route, at: Timestamp) -> bool {
        self.prices.of(route.provider.name.as_str(), &route.model, Day::of(at)).is_some()
    }

    /// What the training of a model counts as, of which nobody can say what it costs.
    ///
    /// # Errors
    /// [`Unpriced`] where such a thing is refused.
    pub(crate) fn training(&self, model: &str) -> Result<MicroDollars, Unpriced> {
        let why = || Unpriced::Class(model.into(), "training".into());
        self.caps.unpriced_call.ok_or_else(why)
    }

    /// What a call of a model counts as of which no price is known in any class of service.
    fn unpriced(&self, route: &Route, at: Timestamp) -> Option<MicroDollars> {
        self.caps.unpriced_call.filter(|_| !self.has_price(route, at))
    }

    /// What a call reserves: on the account of everybody in its chain.
    ///
    /// # Errors
    /// [`Unrecorded`] when the pseudonyms cannot be had under which accounts are kept.
    pub(crate) fn reserving(
        &self,
        ledger: &dyn Ledger,
        store: &Store,
        who: &Identified,
        bound: Result<MicroDollars, Unpriced>,
    ) -> Result<Reserving, Unrecorded> {
        let bound = match bound {
            Ok(bound) => bound,
            Err(why) => return Ok(Reserving::unpriced(&why)),
        };
        let scopes = scopes(ledger, store, who)?;
        let key = who.principal().credential.as_ref();
        let terms = key.and_then(|it| store.terms(it));
        let limits = scopes.iter().flat_map(|it| self.limits(it, terms.as_deref())).collect();
        Ok(Reserving::new(scopes, limits, bound))
    }

    /// The limits of one account: a key that was given caps of its own has those.
    pub(crate) fn limits(&self, scope: &Scope, of_key: Option<&Terms>) -> Vec<Limit> {
        let own = match scope {
            Scope::Key(_) => of_key.map_or_else(Vec::new, own_caps),
            Scope::Tenant(_) | Scope::Person(..) | Scope::Agent(..) | Scope::Task(..) => Vec::new(),
        };
        if own.is_empty() {
            return self.caps.of(scope);
        }
        let limit = |(period, most)| Limit { scope: scope.clone(), period, most };
        own.into_iter().map(limit).collect()
    }

    /// The caps that the configuration sets: of which kind of account, in which period, and how
    /// much.
    pub(crate) fn caps(&self) -> impl Iterator<Item = (&'static str, Period, MicroDollars)> {
        self.caps.each()
    }

    /// What a call cost that took so much and was served in this class. `None`: nobody knows.
    pub(crate) fn cost(
        &self,
        route: &Route,
        class: &Class,
        at: Timestamp,
        meter: &Meter,
    ) -> Option<MicroDollars> {
        let Some(price) = self.price(route, class, at) else { return self.unpriced(route, at) };
        let fee = |(kind, uses): &(Box<str>, u64)| Some(times(self.fee(price, kind)?, *uses));
        let fees: MicroDollars = meter.uses.iter().map(fee).sum::<Option<_>>()?;
        Some(price.cost(&Usage::from(meter)).plus(fees))
    }

    /// What so many tokens of output cost alone.
    pub(crate) fn cost_of_output(
        &self,
        route: &Route,
        call: &Call,
        output: u64,
    ) -> Option<MicroDollars> {
        let price = self.price(route, &Class::asked(call.arguments()), call.at())?;
        Some(price.cost(&Usage { output, ..Usage::default() }))
    }

    /// Whether a use of this kind of tool costs more than its tokens.
    pub(crate) fn has_fee(&self, route: &Route, at: Timestamp, kind: &str) -> bool {
        let price = self.price(route, &Class::default(), at);
        price.is_none_or(|it| self.fee(it, kind) != Some(MicroDollars::ZERO))
    }

    /// The digest of the prices, where the model has one in this class.
    pub(crate) fn version(&self, route: &Route, class: &Class, at: Timestamp) -> Option<Digest> {
        self.price(route, class, at).map(|_| self.version)
    }
}

const fn times(fee: MicroDollars, uses: u64) -> MicroDollars {
    MicroDollars::from_micro(fee.micro().saturating_mul(uses))
}

/// How many tokens of input a call has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Input {
    /// The most that it can have: as many are reserved for.
    pub(crate) most: u64,
    /// About how many, for where its provider does not tell.
    pub(crate) about: u64,
}

impl Input {
    /// Of an ask of so many bytes. What it only names (earlier answers, files), and what tools of
    /// the provider's own bring in, may fill all that a model takes.
    pub(crate) fn of(route: &Route, ask: &Ask, bytes: usize) -> Self {
        let bytes = bytes as u64;
        let text = most(bytes.saturating_sub(ask.image_bytes));
        let offer = if ask.tools.is_empty() { 0 } else { OFFER_TOKENS };
        let sent = [text, estimate(ask.image_bytes), offer].iter().sum();
        Self { most: whole(route, ask, sent), about: whole(route, ask, estimate(bytes)) }
    }
}

/// What is sent, and what comes to it.
fn whole(route: &Route, ask: &Ask, sent: u64) -> u64 {
    let has_hosted = ask.tools.iter().any(|it| matches!(it.kind, ToolKind::Hosted(_)));
    let has_files = ask.items.iter().any(|it| it.kind == ItemKind::File);
    let images = ask.items.iter().filter(|it| it.kind == ItemKind::Image).count() as u64;
    if !ask.state.is_empty() || has_hosted || has_files || ask.items_dropped > 0 {
        return route.provider.input_tokens.max(sent);
    }
    sent.saturating_add(images.saturating_mul(IMAGE_TOKENS))
}

/// The caps that a key was given.
fn own_caps(terms: &Terms) -> Vec<(Period, MicroDollars)> {
    let period = |span| match span {
        Span::Day => Period::Day,
        Span::Month => Period::Month,
        Span::Total => Period::Total,
    };
    let caps = terms.caps.each();
    caps.map(|(span, most)| (period(span), MicroDollars::from_micro(most))).collect()
}

/// The prices of a configuration's files, the first above the others.
///
/// # Errors
/// [`BadMoney`] with the file.
pub(super) fn table(settings: &ModelSettings) -> Result<Prices, BadMoney> {
    let tables = settings.prices.iter().map(|it| prices(it)).collect::<Result<Vec<_>, _>>()?;
    Ok(tables.into_iter().reduce(Prices::over).unwrap_or_default())
}

/// The prices of a file: `*.json` is the public list, all else our own form.
fn prices(file: &Path) -> Result<Prices, BadMoney> {
    let bad = |why: String| BadMoney::Prices { file: file.to_owned(), why };
    let bytes = disk::read_up_to(file, PRICES_BYTES_MAX).map_err(|it| bad(it.to_string()))?;
    if file.extension().is_some_and(|it| it == "json") {
        return Prices::import(&bytes).map(|it| it.prices).map_err(|it| bad(it.to_string()));
    }
    let text = std::str::from_utf8(&bytes).map_err(|it| bad(it.to_string()))?;
    Prices::parse(text).map_err(|it| bad(it.to_string()))
}

/// On whose account a call goes: the same as `Scope::of` says of its record, once the record's key
/// is its line's.
fn scopes(ledger: &dyn Ledger, store: &Store, who: &Identified) -> Result<Vec<Scope>, Unrecorded> {
    let principal = who.principal();
    let tenant = &principal.tenant;
    let mut scopes = vec![Scope::Tenant(tenant.clone())];
    for link in &principal.chain {
        match link {
            Link::Person(person) => {
                let token = ledger.token(tenant, "Person", person.as_str())?;
                scopes.push(Scope::Person(tenant.clone(), token));
            }
            Link::Agent(agent) => scopes.push(Scope::Agent(tenant.clone(), agent.clone())),
            Link::System(_) | Link::Server(_) => {}
        }
    }
    scopes.extend(principal.credential.as_ref().map(|it| Scope::Key(store.line_or(it))));
    if let Some(task) = &principal.task {
        scopes.push(Scope::Task(tenant.clone(), ledger.token(tenant, "Task", task.as_str())?));
    }
    Ok(scopes)
}
