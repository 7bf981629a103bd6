//! The caps that the configuration sets for everybody.

use bailiwick_facts::{Limit, MicroDollars, NotMoney, Period, Scope};

use crate::config::Spending;

/// What each kind of account may spend.
#[derive(Clone, Debug)]
pub(crate) struct Caps {
    key_day: MicroDollars,
    agent_day: Option<MicroDollars>,
    person_day: Option<MicroDollars>,
    tenant_day: Option<MicroDollars>,
    tenant_month: Option<MicroDollars>,
    task_total: Option<MicroDollars>,
    /// What a call of a model without a price counts as.
    pub(super) unpriced_call: Option<MicroDollars>,
}

impl Caps {
    /// The caps that a configuration names.
    ///
    /// # Errors
    /// The key whose value is no amount of money, and why.
    pub(crate) fn new(said: &Spending) -> Result<Self, (&'static str, NotMoney)> {
        let amount = |name, text: &str| text.parse().map_err(|it| (name, it));
        let maybe =
            |name, text: &Option<String>| text.as_ref().map(|it| amount(name, it)).transpose();
        Ok(Self {
            key_day: amount("key_day", &said.key_day)?,
            agent_day: maybe("agent_day", &said.agent_day)?,
            person_day: maybe("person_day", &said.person_day)?,
            tenant_day: maybe("tenant_day", &said.tenant_day)?,
            tenant_month: maybe("tenant_month", &said.tenant_month)?,
            task_total: maybe("task_total", &said.task_total)?,
            unpriced_call: maybe("unpriced_call", &said.unpriced_call)?,
        })
    }

    /// The caps that there are: of which kind of account, in which period, and how much.
    pub(super) fn each(&self) -> impl Iterator<Item = (&'static str, Period, MicroDollars)> {
        let all = [
            ("key", Period::Day, Some(self.key_day)),
            ("agent", Period::Day, self.agent_day),
            ("person", Period::Day, self.person_day),
            ("tenant", Period::Day, self.tenant_day),
            ("tenant", Period::Month, self.tenant_month),
            ("task", Period::Total, self.task_total),
        ];
        all.into_iter().filter_map(|(of, period, most)| Some((of, period, most?)))
    }

    /// The limits of one account.
    pub(super) fn of(&self, scope: &Scope) -> Vec<Limit> {
        let caps = match scope {
            Scope::Tenant(_) => {
                [(Period::Day, self.tenant_day), (Period::Month, self.tenant_month)]
            }
            Scope::Person(..) => [(Period::Day, self.person_day), (Period::Month, None)],
            Scope::Agent(..) => [(Period::Day, self.agent_day), (Period::Month, None)],
            Scope::Key(_) => [(Period::Day, Some(self.key_day)), (Period::Month, None)],
            Scope::Task(..) => [(Period::Total, self.task_total), (Period::Month, None)],
        };
        let limits = caps
            .into_iter()
            .filter_map(|(period, most)| Some(Limit { scope: scope.clone(), period, most: most? }));
        limits.collect()
    }
}
