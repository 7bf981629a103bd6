//! The types and servers that a policy mentions, for the lint: a name that nothing has is no error
//! in Cedar, it only never matches.

use cedar_policy_core::ast::{
    EntityType, EntityUID, Expr, ExprKind, PrincipalOrResourceConstraint as Constraint,
};

use super::names::CLASS_TYPE;
use super::parse::ParsedPolicy;
use super::reads::literals;
use super::store::Store;

/// What one policy mentions.
#[derive(Debug, Default)]
pub(crate) struct Mentions<'a> {
    /// The types that are neither of the model nor in the operator's file.
    pub(crate) strange_types: Vec<String>,
    /// The servers, also those that a thing's or an action's name begins with.
    pub(crate) servers: Vec<&'a str>,
}

impl Store {
    /// What the policy mentions.
    pub(crate) fn mentions<'a>(&self, policy: &'a ParsedPolicy) -> Mentions<'a> {
        Mentions {
            strange_types: policy
                .types()
                .filter(|it| !self.has_type(it))
                .map(ToString::to_string)
                .collect(),
            servers: policy.uids().filter_map(|it| self.server_of(it)).collect(),
        }
    }

    /// The types that a policy may name, for people.
    pub(crate) fn type_names(&self) -> impl Iterator<Item = &str> {
        self.kinds().filter(|it| *it != CLASS_TYPE)
    }

    /// Whether anything may have this type: something that is listed, or that an attribute names.
    fn has_type(&self, kind: &EntityType) -> bool {
        let names = |value: &Expr| literals(value).any(|it| it.entity_type() == kind);
        self.types().in_order().contains(&kind)
            || self.knows(&kind.to_string())
            || self.listed().any(|entity| {
                let values = entity.attrs().chain(entity.tags());
                values.into_iter().any(|(_, value)| names(&Expr::from(value.clone())))
            })
    }

    fn server_of<'a>(&self, uid: &'a EntityUID) -> Option<&'a str> {
        let (types, kind) = (self.types(), uid.entity_type());
        let id: &str = uid.eid().as_ref();
        if *kind == types.server || *kind == types.client {
            return Some(id);
        }
        let things = [
            &types.tool,
            &types.prompt,
            &types.document,
            &types.template,
            &types.method,
            &types.model,
        ];
        let is_tools = *kind == types.action && !self.has_action(id);
        if !is_tools && !things.contains(&kind) {
            return None;
        }
        id.split_once('/').map(|(server, _)| server)
    }
}

impl ParsedPolicy {
    /// Every type that the policy names, in its scope and in its condition.
    fn types(&self) -> impl Iterator<Item = &EntityType> {
        let scope = [&self.principal, &self.resource].into_iter().filter_map(of_scope);
        let condition = self.condition.iter().flat_map(|expr| expr.subexpressions());
        let tested = condition.filter_map(of_test);
        self.uids().map(EntityUID::entity_type).chain(scope).chain(tested)
    }
}

fn of_scope(constraint: &Constraint) -> Option<&EntityType> {
    match constraint {
        Constraint::Is(kind) | Constraint::IsIn(kind, _) => Some(kind),
        Constraint::Any | Constraint::Eq(_) | Constraint::In(_) => None,
    }
}

fn of_test(expr: &Expr) -> Option<&EntityType> {
    if let ExprKind::Is { entity_type, .. } = expr.expr_kind() { Some(entity_type) } else { None }
}
