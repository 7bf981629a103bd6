//! A condition made ready for evaluation: without its scope, which the index proves, and with the
//! parents that the question computes.
//!
//! The action and the resource of a question have parents that no entities file holds: a tool's
//! action is in the groups of its effect, and a tool is in its server. Rather than build a store
//! of entities for each question, every `e in s` is rewritten so that it also looks at the
//! computed parent, which the evaluator takes from a slot:
//!
//! ```text
//! action in s      ->  action in s || ?resource in s            (?resource holds the class)
//! resource in s    ->  resource in s || ?principal in s         (?principal holds the server)
//! e in s           ->  e in s || (e == action && ?resource in s) || (e == resource && ..)
//! ```
//!
//! Slots are free for this because templates are refused. Errors stay what they were: the first
//! alternative is the original expression.

use std::sync::Arc;

use cedar_policy_core::ast::{BinaryOp, Expr, ExprBuilder, ExprKind, Literal, SlotId, Var};
use cedar_policy_core::expr_builder::ExprBuilder as _;

use super::names::Types;
use super::parse::ParsedPolicy;
use super::reads::Reads;
use super::store::Store;

/// The slot that holds the server of the question's resource.
pub(super) fn server_slot() -> SlotId {
    SlotId::principal()
}

/// The slot that holds the class of the question's action.
pub(super) fn class_slot() -> SlotId {
    SlotId::resource()
}

/// A condition, ready.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(super) expr: Expr,
    /// What it reads.
    pub(crate) reads: Reads,
    /// Whether it looks at computed parents.
    pub(crate) parents: bool,
}

impl Condition {
    /// The condition of a policy; `None` when its scope is all of it.
    pub(crate) fn new(policy: &ParsedPolicy, store: &Store) -> Option<Self> {
        let original = policy.condition.as_deref()?;
        let expr = rebuild(original, store.types());
        let parents = expr.subexpressions().any(|it| matches!(it.expr_kind(), ExprKind::Slot(_)));
        Some(Self { expr, reads: Reads::of(original), parents })
    }
}

/// The same expression with computed parents, and without source locations: copying those is a
/// large part of what evaluation costs.
fn rebuild(expr: &Expr, types: &Types) -> Expr {
    let again = |it: &Arc<Expr>| Arc::new(rebuild(it, types));
    let all = |items: &[Expr]| Arc::new(items.iter().map(|it| rebuild(it, types)).collect());
    node(match expr.expr_kind() {
        kind @ (ExprKind::Lit(_) | ExprKind::Var(_) | ExprKind::Slot(_) | ExprKind::Unknown(_)) => {
            kind.clone()
        }
        ExprKind::If { test_expr, then_expr, else_expr } => ExprKind::If {
            test_expr: again(test_expr),
            then_expr: again(then_expr),
            else_expr: again(else_expr),
        },
        ExprKind::And { left, right } => ExprKind::And { left: again(left), right: again(right) },
        ExprKind::Or { left, right } => ExprKind::Or { left: again(left), right: again(right) },
        ExprKind::UnaryApp { op, arg } => ExprKind::UnaryApp { op: *op, arg: again(arg) },
        ExprKind::BinaryApp { op: BinaryOp::In, arg1, arg2 } => {
            return membership(again(arg1), again(arg2), types);
        }
        ExprKind::BinaryApp { op, arg1, arg2 } => binary(*op, again(arg1), again(arg2)),
        ExprKind::ExtensionFunctionApp { fn_name, args } => {
            ExprKind::ExtensionFunctionApp { fn_name: fn_name.clone(), args: all(args) }
        }
        ExprKind::GetAttr { expr, attr } => {
            ExprKind::GetAttr { expr: again(expr), attr: attr.clone() }
        }
        ExprKind::HasAttr { expr, attr } => {
            ExprKind::HasAttr { expr: again(expr), attr: attr.clone() }
        }
        ExprKind::ExtHasAttr { expr, attrs } => {
            ExprKind::ExtHasAttr { expr: again(expr), attrs: attrs.clone() }
        }
        ExprKind::Like { expr, pattern } => {
            ExprKind::Like { expr: again(expr), pattern: pattern.clone() }
        }
        ExprKind::Is { expr, entity_type } => {
            ExprKind::Is { expr: again(expr), entity_type: entity_type.clone() }
        }
        ExprKind::Set(items) => ExprKind::Set(all(items)),
        ExprKind::Record(members) => ExprKind::Record(Arc::new(
            members.iter().map(|(name, it)| (name.clone(), rebuild(it, types))).collect(),
        )),
    })
}

/// `element in group`, looking at the computed parents too.
fn membership(element: Arc<Expr>, group: Arc<Expr>, types: &Types) -> Expr {
    let stored = binary(BinaryOp::In, Arc::clone(&element), Arc::clone(&group));
    let class = ExprKind::Slot(class_slot());
    let server = ExprKind::Slot(server_slot());
    let within = |slot| binary(BinaryOp::In, Arc::new(node(slot)), Arc::clone(&group));
    let same = |var, slot| {
        let itself = binary(BinaryOp::Eq, Arc::clone(&element), Arc::new(node(ExprKind::Var(var))));
        ExprKind::And { left: Arc::new(node(itself)), right: Arc::new(node(within(slot))) }
    };
    let kind = element.expr_kind();
    let alternatives = if let ExprKind::Var(Var::Action) = kind {
        vec![within(class)]
    } else if let ExprKind::Var(Var::Resource) = kind {
        vec![within(server)]
    } else if never_computed(kind, types) {
        vec![]
    } else {
        vec![same(Var::Action, class), same(Var::Resource, server)]
    };
    alternatives.into_iter().fold(node(stored), |left, right| {
        node(ExprKind::Or { left: Arc::new(left), right: Arc::new(node(right)) })
    })
}

/// Whether the expression cannot be an entity with a computed parent.
fn never_computed(kind: &ExprKind, types: &Types) -> bool {
    if let ExprKind::Lit(Literal::EntityUID(uid)) = kind {
        return !types.has_computed_parent(uid.entity_type());
    }
    matches!(kind, ExprKind::Var(Var::Principal))
}

const fn binary(op: BinaryOp, arg1: Arc<Expr>, arg2: Arc<Expr>) -> ExprKind {
    ExprKind::BinaryApp { op, arg1, arg2 }
}

fn node(kind: ExprKind) -> Expr {
    ExprBuilder::with_data(()).with_expr_kind(kind)
}
