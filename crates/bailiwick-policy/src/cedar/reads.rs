//! What a condition reads: the members of the context, the arguments of the call, the principal.
//! Only what some policy reads is ever built.

use cedar_policy_core::ast::{EntityUID, Expr, ExprKind, Literal, Var};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// The members of `context`, one bit each.
pub(crate) mod members {
    pub(crate) const CHAIN: u16 = 1;
    pub(crate) const PERSON: u16 = 1 << 1;
    pub(crate) const AGENT: u16 = 1 << 2;
    pub(crate) const TENANT: u16 = 1 << 3;
    pub(crate) const SERVER: u16 = 1 << 4;
    pub(crate) const NAME: u16 = 1 << 5;
    pub(crate) const TOOL: u16 = 1 << 6;
    pub(crate) const EFFECT: u16 = 1 << 7;
    pub(crate) const INPUT: u16 = 1 << 8;
    pub(crate) const RESOURCES: u16 = 1 << 9;
    pub(crate) const FINDINGS: u16 = 1 << 10;
    pub(crate) const NOW: u16 = 1 << 11;
    pub(crate) const TIME: u16 = 1 << 12;
    pub(crate) const ALL: u16 = (1 << 13) - 1;

    /// The bit of a member; `None` when the context has no such member.
    pub(crate) fn bit(name: &str) -> Option<u16> {
        Some(match name {
            "chain" => CHAIN,
            "person" => PERSON,
            "agent" => AGENT,
            "tenant" => TENANT,
            "server" => SERVER,
            "name" => NAME,
            "tool" => TOOL,
            "effect" => EFFECT,
            "input" => INPUT,
            "resources" => RESOURCES,
            "findings" => FINDINGS,
            "now" => NOW,
            "time" => TIME,
            _ => return None,
        })
    }
}

/// The arguments that some policy reads.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct InputReads {
    /// Some policy uses the arguments as a whole.
    pub(crate) whole: bool,
    /// The arguments that are read by name.
    pub(crate) names: FxHashSet<SmolStr>,
}

impl InputReads {
    /// Whether the argument has to be built.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.whole || self.names.contains(name)
    }

    /// Add what another condition reads.
    pub(crate) fn add(&mut self, other: &Self) {
        self.whole |= other.whole;
        self.names.extend(other.names.iter().cloned());
    }
}

/// What one condition reads.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Reads {
    /// The members of the context, by bit.
    pub(crate) members: u16,
    /// The arguments.
    pub(crate) input: InputReads,
    /// The arguments that are tested with `has`.
    pub(crate) guarded: FxHashSet<SmolStr>,
    /// Members of the context that there are none of.
    pub(crate) strange: Vec<SmolStr>,
    /// Whether the link matters.
    pub(crate) principal: bool,
}

impl Reads {
    /// What the expression reads.
    pub(crate) fn of(expr: &Expr) -> Self {
        let mut reads = Self::default();
        reads.walk(expr);
        reads
    }

    fn walk(&mut self, expr: &Expr) {
        match expr.expr_kind() {
            ExprKind::Var(Var::Principal) => self.principal = true,
            ExprKind::Var(Var::Context) => {
                self.members |= members::ALL;
                self.input.whole = true;
            }
            ExprKind::Var(Var::Action | Var::Resource)
            | ExprKind::Lit(_)
            | ExprKind::Slot(_)
            | ExprKind::Unknown(_) => {}
            ExprKind::GetAttr { expr, attr } => self.path(expr, attr, None, false),
            ExprKind::HasAttr { expr, attr } => self.path(expr, attr, None, true),
            ExprKind::ExtHasAttr { expr, attrs } => {
                self.path(expr, &attrs.head, attrs.tail.first(), true);
            }
            ExprKind::If { test_expr, then_expr, else_expr } => {
                [test_expr, then_expr, else_expr].into_iter().for_each(|it| self.walk(it));
            }
            ExprKind::And { left, right } | ExprKind::Or { left, right } => {
                self.walk(left);
                self.walk(right);
            }
            ExprKind::UnaryApp { arg, .. } => self.walk(arg),
            ExprKind::BinaryApp { arg1, arg2, .. } => {
                self.walk(arg1);
                self.walk(arg2);
            }
            ExprKind::ExtensionFunctionApp { args: items, .. } | ExprKind::Set(items) => {
                items.iter().for_each(|it| self.walk(it));
            }
            ExprKind::Like { expr, .. } | ExprKind::Is { expr, .. } => self.walk(expr),
            ExprKind::Record(members) => members.values().for_each(|it| self.walk(it)),
        }
    }

    /// `base.attr`, `base has attr` or `base has attr.next`.
    fn path(&mut self, base: &Expr, attr: &SmolStr, next: Option<&SmolStr>, has: bool) {
        if is_context(base) {
            match members::bit(attr) {
                Some(bit) => self.members |= bit,
                None => self.strange.push(attr.clone()),
            }
            match next {
                _ if attr != "input" => {}
                Some(name) => self.argument(name, has),
                // `context has input` needs the record and none of its members.
                None => self.input.whole |= !has,
            }
        } else if is_input(base) {
            self.members |= members::INPUT;
            self.argument(attr, has);
        } else {
            self.walk(base);
        }
    }

    fn argument(&mut self, name: &SmolStr, has: bool) {
        self.input.names.insert(name.clone());
        if has {
            self.guarded.insert(name.clone());
        }
    }
}

fn is_context(expr: &Expr) -> bool {
    matches!(expr.expr_kind(), ExprKind::Var(Var::Context))
}

/// Whether the expression is `context.input`.
fn is_input(expr: &Expr) -> bool {
    if let ExprKind::GetAttr { expr, attr } = expr.expr_kind() {
        return attr == "input" && is_context(expr);
    }
    false
}

/// The entities that an expression names.
pub(super) fn literals(expr: &Expr) -> impl Iterator<Item = &EntityUID> {
    expr.subexpressions().filter_map(|it| {
        if let ExprKind::Lit(Literal::EntityUID(uid)) = it.expr_kind() {
            Some(&**uid)
        } else {
            None
        }
    })
}
