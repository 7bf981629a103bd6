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
use rustc_hash::FxHashSet;

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
    pub(super) expr: Arc<Expr>,
    /// The members of the context that it reads.
    pub(crate) members: u16,
    /// Whether it mentions the principal.
    pub(crate) per_link: bool,
    /// Whether it looks at computed parents.
    pub(crate) parents: bool,
}

/// Makes conditions ready. Equal subexpressions of a set become one, because sets repeat
/// themselves and what is shared stays in the processor's cache.
pub(crate) struct Preparation<'a> {
    store: &'a Store,
    known: FxHashSet<Arc<Expr>>,
}

impl<'a> Preparation<'a> {
    /// For a set that is evaluated against this store.
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store, known: FxHashSet::default() }
    }

    /// The condition of a policy, and what it reads; `None` when its scope is all of it.
    pub(crate) fn condition(&mut self, policy: &ParsedPolicy) -> Option<(Condition, Reads)> {
        let original = policy.condition.as_deref()?;
        let reads = Reads::of(original);
        let expr = self.rebuild(original);
        let parents = expr.subexpressions().any(|it| matches!(it.expr_kind(), ExprKind::Slot(_)));
        let (members, per_link) = (reads.members, reads.principal);
        Some((Condition { expr, members, per_link, parents }, reads))
    }

    /// The same expression with computed parents, and without source locations: copying those is
    /// a large part of what evaluation costs.
    fn rebuild(&mut self, expr: &Expr) -> Arc<Expr> {
        let kind = match expr.expr_kind() {
            ExprKind::Lit(Literal::EntityUID(uid)) => {
                ExprKind::Lit(Literal::EntityUID(Arc::new(self.store.canonical(uid))))
            }
            kind @ (ExprKind::Lit(_)
            | ExprKind::Var(_)
            | ExprKind::Slot(_)
            | ExprKind::Unknown(_)) => kind.clone(),
            ExprKind::If { test_expr, then_expr, else_expr } => ExprKind::If {
                test_expr: self.rebuild(test_expr),
                then_expr: self.rebuild(then_expr),
                else_expr: self.rebuild(else_expr),
            },
            ExprKind::And { left, right } => {
                ExprKind::And { left: self.rebuild(left), right: self.rebuild(right) }
            }
            ExprKind::Or { left, right } => {
                ExprKind::Or { left: self.rebuild(left), right: self.rebuild(right) }
            }
            ExprKind::UnaryApp { op, arg } => {
                ExprKind::UnaryApp { op: *op, arg: self.rebuild(arg) }
            }
            ExprKind::BinaryApp { op: BinaryOp::In, arg1, arg2 } => {
                let (element, group) = (self.rebuild(arg1), self.rebuild(arg2));
                return self.membership(&element, &group);
            }
            ExprKind::BinaryApp { op, arg1, arg2 } => {
                ExprKind::BinaryApp { op: *op, arg1: self.rebuild(arg1), arg2: self.rebuild(arg2) }
            }
            ExprKind::ExtensionFunctionApp { fn_name, args } => {
                let args = self.rebuild_all(args);
                ExprKind::ExtensionFunctionApp { fn_name: fn_name.clone(), args }
            }
            ExprKind::GetAttr { expr, attr } => {
                ExprKind::GetAttr { expr: self.rebuild(expr), attr: attr.clone() }
            }
            ExprKind::HasAttr { expr, attr } => {
                ExprKind::HasAttr { expr: self.rebuild(expr), attr: attr.clone() }
            }
            ExprKind::ExtHasAttr { expr, attrs } => {
                ExprKind::ExtHasAttr { expr: self.rebuild(expr), attrs: attrs.clone() }
            }
            ExprKind::Like { expr, pattern } => {
                ExprKind::Like { expr: self.rebuild(expr), pattern: pattern.clone() }
            }
            ExprKind::Is { expr, entity_type } => {
                ExprKind::Is { expr: self.rebuild(expr), entity_type: entity_type.clone() }
            }
            ExprKind::Set(items) => ExprKind::Set(self.rebuild_all(items)),
            ExprKind::Record(members) => {
                let again = members.iter().map(|(name, it)| {
                    let it = self.rebuild(it);
                    (name.clone(), Arc::unwrap_or_clone(it))
                });
                ExprKind::Record(Arc::new(again.collect()))
            }
        };
        self.shared(kind)
    }

    fn rebuild_all(&mut self, items: &[Expr]) -> Arc<Vec<Expr>> {
        Arc::new(items.iter().map(|it| Arc::unwrap_or_clone(self.rebuild(it))).collect())
    }

    fn shared(&mut self, kind: ExprKind) -> Arc<Expr> {
        let expr = ExprBuilder::with_data(()).with_expr_kind(kind);
        if let Some(known) = self.known.get(&expr) {
            return Arc::clone(known);
        }
        let expr = Arc::new(expr);
        self.known.insert(Arc::clone(&expr));
        expr
    }

    /// `element in group`, looking at the computed parents too.
    fn membership(&mut self, element: &Arc<Expr>, group: &Arc<Expr>) -> Arc<Expr> {
        let stored = self.binary(BinaryOp::In, element, group);
        let kind = element.expr_kind();
        if let ExprKind::Var(Var::Action) = kind {
            let within = self.within(class_slot(), group);
            return self.either(stored, within);
        }
        if let ExprKind::Var(Var::Resource) = kind {
            let within = self.within(server_slot(), group);
            return self.either(stored, within);
        }
        if never_computed(kind, self.store.types()) {
            return stored;
        }
        let action = self.same_and_within(element, Var::Action, class_slot(), group);
        let resource = self.same_and_within(element, Var::Resource, server_slot(), group);
        let first = self.either(stored, action);
        self.either(first, resource)
    }

    /// `element == var && slot in group`
    fn same_and_within(
        &mut self,
        element: &Arc<Expr>,
        var: Var,
        slot: SlotId,
        group: &Arc<Expr>,
    ) -> Arc<Expr> {
        let var = self.shared(ExprKind::Var(var));
        let left = self.binary(BinaryOp::Eq, element, &var);
        let right = self.within(slot, group);
        self.shared(ExprKind::And { left, right })
    }

    fn within(&mut self, slot: SlotId, group: &Arc<Expr>) -> Arc<Expr> {
        let slot = self.shared(ExprKind::Slot(slot));
        self.binary(BinaryOp::In, &slot, group)
    }

    fn either(&mut self, left: Arc<Expr>, right: Arc<Expr>) -> Arc<Expr> {
        self.shared(ExprKind::Or { left, right })
    }

    fn binary(&mut self, op: BinaryOp, arg1: &Arc<Expr>, arg2: &Arc<Expr>) -> Arc<Expr> {
        let (arg1, arg2) = (Arc::clone(arg1), Arc::clone(arg2));
        self.shared(ExprKind::BinaryApp { op, arg1, arg2 })
    }
}

/// Whether the expression cannot be an entity with a computed parent.
fn never_computed(kind: &ExprKind, types: &Types) -> bool {
    if let ExprKind::Lit(Literal::EntityUID(uid)) = kind {
        return !types.has_computed_parent(uid.entity_type());
    }
    matches!(kind, ExprKind::Var(Var::Principal))
}
