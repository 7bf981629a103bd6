//! Servers that are launched in whatever version there is that day.

use super::{Place, Remark, Rule, Subject};
use crate::launch::unpinned;

pub(super) fn look(subject: &Subject<'_>, remarks: &mut Vec<Remark>) {
    if let Some(found) = unpinned(subject.launch) {
        remarks.push(Remark {
            rule: Rule::Unpinned,
            server: subject.server.to_owned(),
            tool: String::new(),
            place: Place::Launch,
            message: format!("`{}` is what there is that day: {}", found.package, found.advice()),
        });
    }
}
