//! Policy text to parsed policies, each with its place in the text.

use std::sync::Arc;

use cedar_policy_core::ast::{
    ActionConstraint, Effect, EntityUID, Expr, PrincipalOrResourceConstraint, Template,
};
use cedar_policy_core::parser::err::ParseError;
use cedar_policy_core::parser::parse_policyset;
use miette::Diagnostic as _;

use super::names::{DISCOVER, EFFECT_GROUPS};

/// What is wrong with a text, and where.
#[derive(Debug)]
pub(crate) struct Fault {
    /// The byte at which it begins.
    pub(crate) offset: usize,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
}

/// One policy as its text says it.
#[derive(Debug)]
pub(crate) struct ParsedPolicy {
    /// Whether it forbids.
    pub(crate) forbid: bool,
    /// The byte at which it begins.
    pub(crate) offset: usize,
    /// Its text.
    pub(crate) text: String,
    /// Its annotations: name, value and the byte at which the value stands.
    pub(crate) annotations: Vec<(String, String, usize)>,
    /// Whether it is a template, with slots to fill.
    pub(crate) slots: bool,
    pub(super) principal: PrincipalOrResourceConstraint,
    pub(super) action: ActionConstraint,
    pub(super) resource: PrincipalOrResourceConstraint,
    pub(super) condition: Option<Arc<Expr>>,
}

/// What the lint asks of a scope.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ScopeShape {
    /// It says nothing: the policy is weighed for every question.
    pub(crate) open: bool,
    /// It covers the action of the verb `discover`.
    pub(crate) discovers: bool,
    /// It asks for a tool's action on a resource that is a server: no question is so.
    pub(crate) tool_on_server: bool,
}

/// Every policy of a text, in the order of the text.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn policies(text: &str) -> Result<Vec<ParsedPolicy>, Vec<Fault>> {
    let set =
        parse_policyset(text).map_err(|errors| errors.iter().map(fault).collect::<Vec<_>>())?;
    let mut parsed: Vec<_> = set.all_templates().map(|it| parsed(it, text)).collect();
    parsed.sort_by_key(|it| it.offset);
    Ok(parsed)
}

fn fault(error: &ParseError) -> Fault {
    let label = error.labels().and_then(|mut labels| labels.next());
    let offset = label.as_ref().map_or(0, miette::LabeledSpan::offset);
    let expected = label.as_ref().and_then(|label| label.label()).map(str::to_owned);
    let help = error.help().map(|help| help.to_string()).or(expected);
    Fault { offset, message: error.to_string(), help }
}

fn parsed(template: &Template, text: &str) -> ParsedPolicy {
    let offset = template.loc().map_or(0, cedar_policy_core::parser::Loc::start);
    let end = template.loc().map_or(text.len(), cedar_policy_core::parser::Loc::end);
    ParsedPolicy {
        forbid: template.effect() == Effect::Forbid,
        offset,
        text: text.get(offset..end).unwrap_or(text).to_owned(),
        annotations: template
            .annotations()
            .map(|(name, annotation)| {
                let at = annotation.loc.as_ref().map_or(offset, |loc| loc.start());
                (name.to_string(), annotation.val.to_string(), at)
            })
            .collect(),
        slots: template.slots().next().is_some(),
        principal: template.principal_constraint().as_inner().clone(),
        action: template.action_constraint().clone(),
        resource: template.resource_constraint().as_inner().clone(),
        condition: template.non_scope_constraints_arc().cloned(),
    }
}

impl ParsedPolicy {
    /// What the lint asks of its scope.
    pub(crate) fn shape(&self) -> ScopeShape {
        let any_action = matches!(self.action, ActionConstraint::Any);
        let actions: Vec<&str> = self.action_uids().map(|uid| uid.eid().as_ref()).collect();
        let on_tools = !actions.is_empty()
            && actions.iter().all(|it| it.contains('/') || EFFECT_GROUPS.contains(it));
        let on_server = matches!(self.resource, PrincipalOrResourceConstraint::Eq(_))
            && self
                .resource
                .get_euid()
                .is_some_and(|uid| uid.entity_type().name().to_string() == "Server");
        ScopeShape {
            open: any_action
                && self.principal == PrincipalOrResourceConstraint::Any
                && self.resource == PrincipalOrResourceConstraint::Any,
            discovers: any_action || actions.contains(&DISCOVER),
            tool_on_server: on_tools && on_server,
        }
    }

    /// Every entity that the policy names, in its scope and in its condition.
    pub(super) fn uids(&self) -> impl Iterator<Item = &EntityUID> {
        let scope = self.principal.get_euid().into_iter().chain(self.resource.get_euid());
        let condition = self.condition.iter().flat_map(|expr| super::reads::literals(expr));
        scope.map(Arc::as_ref).chain(self.action_uids()).chain(condition)
    }

    fn action_uids(&self) -> impl Iterator<Item = &EntityUID> {
        match &self.action {
            ActionConstraint::Any => [].iter(),
            ActionConstraint::Eq(uid) => std::slice::from_ref(uid).iter(),
            ActionConstraint::In(uids) => uids.iter(),
        }
        .map(Arc::as_ref)
    }

    /// The actions that the policy names: their words.
    pub(crate) fn action_words(&self) -> Vec<String> {
        self.uids()
            .filter(|uid| uid.is_action())
            .map(|uid| AsRef::<str>::as_ref(uid.eid()).to_owned())
            .collect()
    }

    /// Whether it names an entity of a type that is ours alone.
    pub(crate) fn names_a_class(&self) -> bool {
        self.uids().any(|uid| uid.entity_type().to_string() == super::names::CLASS_TYPE)
    }
}
