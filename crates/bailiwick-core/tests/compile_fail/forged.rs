//! Only the step that makes a value can make it.

use bailiwick_core::{
    Appended, Call, Cleared, Denial, Identified, Inspected, Pending, Permit, PermitOnRecord,
    Principal, Released,
};

fn identified(principal: Principal) -> Identified {
    Identified(std::sync::Arc::new(principal))
}

fn pending(call: Call, appended: Appended) -> Pending {
    Pending::new(call, appended, Default::default())
}

fn released(denial: Denial, appended: Appended) -> Released {
    Released::refused(denial, appended)
}

fn permit() -> Permit {
    Permit {}
}

fn permit_on_record() -> PermitOnRecord {
    PermitOnRecord {}
}

fn inspected() -> Inspected {
    Inspected {}
}

fn by_default() -> (Cleared, Released) {
    (Cleared::default(), Released::default())
}

fn main() {}
