//! Who spent what: a fold over the log that adds up the calls of models by agent, key, person,
//! model or day. What nobody knows is said, not counted as nothing.

use std::collections::BTreeMap;

use bailiwick_core::{
    DecisionRecord, ExchangeId, Meter, OutcomeRecord, Record, Subject, TenantId, Timestamp,
};

use crate::money::MicroDollars;
use bailiwick_core::Day;

/// By what the calls are added up. Each call is in one row, so that the rows add up to the total.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum By {
    /// The agent that asked: the last of the chain.
    Agent,
    /// The model that answered, as its provider names it.
    Model,
    /// The key.
    Key,
    /// The person for whom it was asked, by pseudonym.
    Person,
    /// The day (UTC) of the decision.
    Day,
}

/// A row's name. Agents and persons are those of a tenant.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Row {
    /// The tenant, of agents and persons.
    pub tenant: Option<TenantId>,
    /// The name. Absent: the calls had none.
    pub name: Option<Box<str>>,
}

/// What some calls come to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Calls that were permitted and sent.
    pub calls: u64,
    /// Calls that were denied, or for which no money was left.
    pub refused: u64,
    /// Of the calls, those whose tokens were counted here, since their provider did not tell.
    pub estimated: u64,
    /// Those whose cost nobody knows.
    pub unpriced: u64,
    /// Those that have no outcome: under way, or lost in a crash.
    pub unfinished: u64,
    /// Tokens of the asks.
    pub input: u64,
    /// Those of them that were remembered.
    pub cached: u64,
    /// Those of them that are to be remembered.
    pub cache_write: u64,
    /// Tokens of the answers.
    pub output: u64,
    /// Those of them in which a model reasoned.
    pub reasoning: u64,
    /// What the calls with a known cost cost.
    pub cost: MicroDollars,
    /// The most that the others can have cost, as far as they had a bound.
    pub at_most: MicroDollars,
    /// How much more calls cost than had been reserved for them.
    pub overdraft: MicroDollars,
}

/// The fold.
#[derive(Debug)]
pub struct Spend {
    by: By,
    since: Day,
    rows: BTreeMap<Row, Tally>,
    /// Calls that were decided and have no outcome so far. Their ids sort by time.
    open: BTreeMap<ExchangeId, Open>,
}

#[derive(Debug)]
struct Open {
    row: Row,
    /// The provider, whose name stands before that of the model that answered.
    server: Box<str>,
    bound: Option<MicroDollars>,
}

/// More rows than anybody reads. Calls beyond them add up in the row without a name.
const MOST_ROWS: usize = 100_000;

/// More calls than are under way at once. Beyond them the oldest has no outcome any more.
const MOST_OPEN: usize = 100_000;

impl Spend {
    /// A fold of the calls that are decided on this day or later.
    pub fn new(by: By, since: Day) -> Self {
        Self { by, since, rows: BTreeMap::new(), open: BTreeMap::new() }
    }

    /// Count a record. Records come in the order of the log.
    pub fn apply(&mut self, at: Timestamp, record: &Record) {
        match record {
            Record::Decision(decision) => {
                if &*decision.resource_kind == "Model" && Day::of(at) >= self.since {
                    self.decided(at, decision);
                }
            }
            Record::Outcome(outcome) => {
                if let Some(open) = self.open.remove(&outcome.exchange) {
                    self.ended(open, outcome);
                }
            }
            Record::Refusal(_)
            | Record::Admin(_)
            | Record::Noticed(_)
            | Record::Started { .. }
            | Record::Stopped
            | Record::Heartbeat => {}
        }
    }

    /// The rows, the dearest first (days in their order), and what they come to.
    pub fn finish(mut self) -> (Vec<(Row, Tally)>, Tally) {
        while self.lose_oldest() {}
        let mut total = Tally::default();
        self.rows.values().for_each(|tally| total.add(tally));
        let mut rows: Vec<_> = self.rows.into_iter().collect();
        if self.by != By::Day {
            rows.sort_by_key(|(_, tally)| std::cmp::Reverse((tally.cost, tally.at_most)));
        }
        (rows, total)
    }

    fn decided(&mut self, at: Timestamp, decision: &DecisionRecord) {
        let row = self.row(at, decision);
        if !decision.permitted {
            self.tally(row).refused += 1;
            return;
        }
        if self.open.len() >= MOST_OPEN {
            self.lose_oldest();
        }
        let server = decision.server.as_str().into();
        let bound = decision.bound.map(MicroDollars::from_micro);
        self.open.insert(decision.exchange, Open { row, server, bound });
    }

    fn ended(&mut self, open: Open, outcome: &OutcomeRecord) {
        let Open { mut row, server, bound } = open;
        let meter = outcome.meter.as_deref();
        // It was not sent, whatever its meter says of nothing.
        if &*outcome.disposition == "unmet" {
            self.tally(row).refused += 1;
            return;
        }
        if let (By::Model, Some(model)) = (self.by, meter.and_then(|it| it.model.as_deref())) {
            row.name = Some(format!("{server}/{model}").into());
        }
        self.tally(row).count(meter, bound);
    }

    fn lose_oldest(&mut self) -> bool {
        let Some((_, open)) = self.open.pop_first() else { return false };
        let tally = self.tally(open.row);
        tally.calls += 1;
        tally.unfinished += 1;
        tally.at_most = tally.at_most.plus(open.bound.unwrap_or_default());
        true
    }

    fn row(&self, at: Timestamp, decision: &DecisionRecord) -> Row {
        let tenant = Some(decision.tenant.clone());
        let of_tenant = |name| Row { tenant, name };
        let of_all = |name| Row { tenant: None, name };
        let chain = &decision.chain;
        match self.by {
            By::Agent => of_tenant(chain.iter().rev().find_map(agent)),
            By::Person => of_tenant(chain.iter().find_map(person)),
            By::Key => of_all(decision.credential.as_ref().map(|it| it.as_str().into())),
            By::Day => of_all(Some(Day::of(at).to_string().into())),
            By::Model => {
                let name = decision.name.as_ref();
                of_all(name.map(|it| format!("{}/{it}", decision.server).into()))
            }
        }
    }

    fn tally(&mut self, row: Row) -> &mut Tally {
        let has_room = self.rows.len() < MOST_ROWS || self.rows.contains_key(&row);
        let row = if has_room { row } else { Row { tenant: None, name: None } };
        self.rows.entry(row).or_default()
    }
}

impl Tally {
    /// Count a call that was sent and ended.
    fn count(&mut self, meter: Option<&Meter>, bound: Option<MicroDollars>) {
        self.calls += 1;
        if let Some(meter) = meter {
            self.estimated += u64::from(meter.estimated);
            self.add_tokens([
                meter.input,
                meter.cached,
                meter.cache_write,
                meter.output,
                meter.reasoning,
            ]);
        }
        match meter.and_then(|it| it.cost).map(MicroDollars::from_micro) {
            Some(cost) => {
                self.cost = self.cost.plus(cost);
                let over = bound.map(|bound| cost.less(bound)).unwrap_or_default();
                self.overdraft = self.overdraft.plus(over);
            }
            None => {
                self.unpriced += 1;
                self.at_most = self.at_most.plus(bound.unwrap_or_default());
            }
        }
    }

    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.refused += other.refused;
        self.estimated += other.estimated;
        self.unpriced += other.unpriced;
        self.unfinished += other.unfinished;
        self.add_tokens([
            other.input,
            other.cached,
            other.cache_write,
            other.output,
            other.reasoning,
        ]);
        self.cost = self.cost.plus(other.cost);
        self.at_most = self.at_most.plus(other.at_most);
        self.overdraft = self.overdraft.plus(other.overdraft);
    }

    /// What providers tell may be anything, so that sums end at the largest number.
    fn add_tokens(&mut self, tokens: [u64; 5]) {
        let sums = [
            &mut self.input,
            &mut self.cached,
            &mut self.cache_write,
            &mut self.output,
            &mut self.reasoning,
        ];
        for (sum, tokens) in sums.into_iter().zip(tokens) {
            *sum = sum.saturating_add(tokens);
        }
    }
}

impl By {
    /// Every way.
    pub const ALL: [Self; 5] = [Self::Agent, Self::Model, Self::Key, Self::Person, Self::Day];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Model => "model",
            Self::Key => "key",
            Self::Person => "person",
            Self::Day => "day",
        }
    }

    /// The way that a word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

fn agent(subject: &Subject) -> Option<Box<str>> {
    match subject {
        Subject::Agent(agent) => Some(agent.as_str().into()),
        Subject::Person(_) | Subject::System(_) | Subject::Server(_) => None,
    }
}

fn person(subject: &Subject) -> Option<Box<str>> {
    match subject {
        Subject::Person(token) => Some(token.to_string().into()),
        Subject::Agent(_) | Subject::System(_) | Subject::Server(_) => None,
    }
}

#[cfg(test)]
mod tests;
