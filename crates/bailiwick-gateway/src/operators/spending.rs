//! What is spent of each budget, what is reserved, and what is left.

use std::collections::HashMap;

use bailiwick_core::{Ledger as _, TenantId, Timestamp};
use bailiwick_facts::{Day, MicroDollars, Period, Scope};
use hyper::{Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::reply::json;
use crate::front::Body;
use crate::gate::Gate;
use crate::store::AgentKey;

/// At most so many accounts are shown, those first on which most counts.
const ACCOUNTS_MAX: usize = 100;

/// What was spent, and of what. Amounts are in millionths of a dollar; periods are `day` and
/// `month` of UTC, and `total`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Spending {
    /// The day that it is, of UTC.
    pub day: String,
    /// What each kind of account may spend.
    pub caps: Vec<Cap>,
    /// The accounts on which anything counts this month, those first on which most does.
    pub budgets: Vec<Budget>,
    /// How many accounts more there are.
    pub others: usize,
}

/// What each account of a kind may spend.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Cap {
    /// Which kind: `tenant`, `person`, `agent`, `key` or `task`.
    pub of: String,
    /// In which period.
    pub period: String,
    /// How much.
    pub micro_dollars: u64,
}

/// One account in one period.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Budget {
    /// What kind of account: `tenant`, `person`, `agent`, `key` or `task`.
    pub of: String,
    /// Its tenant; a key has its own.
    pub tenant: Option<String>,
    /// Its name: a key's is the id of the first of its line, a task's a pseudonym, and a person's
    /// too where there is no key for that person.
    pub name: String,
    /// Which agent a key is for.
    pub agent: Option<String>,
    /// Which period.
    pub period: String,
    /// What was spent in it.
    pub spent_micro_dollars: u64,
    /// What is reserved for calls that have not ended.
    pub reserved_micro_dollars: u64,
    /// How much may be spent; nothing where there is no cap.
    pub cap_micro_dollars: Option<u64>,
    /// What is left of that.
    pub left_micro_dollars: Option<u64>,
}

/// Who the accounts belong to, as people call them.
struct Names {
    /// The latest key of each line.
    keys: HashMap<String, AgentKey>,
    persons: HashMap<(TenantId, String), String>,
}

/// Tell what is spent and what is left.
pub(super) fn tell(gate: &Gate) -> Response<Body> {
    json(StatusCode::OK, &spending(gate, gate.now()))
}

fn spending(gate: &Gate, now: Timestamp) -> Spending {
    let money = &gate.parts.models.money;
    let (scopes, others) = money.purse.dearest(now, ACCOUNTS_MAX);
    let names = Names::of(gate, &scopes);
    let cap = |(of, period, most): (&str, Period, MicroDollars)| Cap {
        of: of.to_owned(),
        period: period.as_str().to_owned(),
        micro_dollars: most.micro(),
    };
    Spending {
        day: Day::of(now).to_string(),
        caps: money.caps().map(cap).collect(),
        budgets: scopes.iter().flat_map(|it| budgets(gate, now, &names, it)).collect(),
        others,
    }
}

/// The periods of an account in which it has a cap; a tenant's are told without one, too.
fn budgets(gate: &Gate, now: Timestamp, names: &Names, scope: &Scope) -> Vec<Budget> {
    let money = &gate.parts.models.money;
    let key = names.key(scope);
    let limits = money.limits(scope, key.map(|it| &*it.terms));
    let mut periods: Vec<_> = limits.iter().map(|it| (it.period, Some(it.most))).collect();
    if let Scope::Tenant(_) = scope {
        for period in [Period::Day, Period::Month] {
            if !periods.iter().any(|(it, _)| *it == period) {
                periods.push((period, None));
            }
        }
    }
    let (of, tenant, name) = names.told(scope);
    let budget = |(period, most): (Period, Option<MicroDollars>)| {
        let standing = money.purse.standing(scope, period, now);
        Budget {
            of: of.to_owned(),
            tenant: tenant.clone(),
            name: name.clone(),
            agent: key.map(|it| it.agent.clone()),
            period: period.as_str().to_owned(),
            spent_micro_dollars: standing.spent.micro(),
            reserved_micro_dollars: standing.reserved.micro(),
            cap_micro_dollars: most.map(MicroDollars::micro),
            left_micro_dollars: most.map(|it| standing.left(it).micro()),
        }
    };
    periods.into_iter().map(budget).collect()
}

impl Names {
    /// Of these accounts. Persons are pseudonyms; those for whom there are keys are known.
    fn of(gate: &Gate, scopes: &[Scope]) -> Self {
        let mut names = Self { keys: HashMap::new(), persons: HashMap::new() };
        let is_met = |tenant: &TenantId| {
            scopes.iter().any(|it| matches!(it, Scope::Person(of, _) if of == tenant))
        };
        for key in gate.parts.store.agent_keys() {
            let tenant = TenantId::from(key.tenant.as_str());
            // Only of tenants that have spent: asking must not make a key for another.
            let token = is_met(&tenant).then(|| gate.log().token(&tenant, "Person", &key.person));
            if let Some(Ok(token)) = token {
                names.persons.insert((tenant, token.to_string()), key.person.clone());
            }
            names.keys.insert(key.line.clone(), key);
        }
        names
    }

    fn key(&self, scope: &Scope) -> Option<&AgentKey> {
        match scope {
            Scope::Key(line) => self.keys.get(line.as_str()),
            Scope::Tenant(_) | Scope::Person(..) | Scope::Agent(..) | Scope::Task(..) => None,
        }
    }

    /// Kind, tenant and name.
    fn told(&self, scope: &Scope) -> (&'static str, Option<String>, String) {
        match scope {
            Scope::Tenant(tenant) => ("tenant", Some(tenant.to_string()), tenant.to_string()),
            Scope::Person(tenant, token) => {
                let known = self.persons.get(&(tenant.clone(), token.to_string()));
                let name = known.cloned().unwrap_or_else(|| token.to_string());
                ("person", Some(tenant.to_string()), name)
            }
            Scope::Agent(tenant, agent) => ("agent", Some(tenant.to_string()), agent.to_string()),
            Scope::Key(line) => {
                let tenant = self.key(scope).map(|it| it.tenant.clone());
                ("key", tenant, line.to_string())
            }
            Scope::Task(tenant, token) => ("task", Some(tenant.to_string()), token.to_string()),
        }
    }
}
