//! An upstream takes a clearance. A call, a screened one, a permit, or a permit on record is none.

use bailiwick_core::{Call, Cleared, Permit, PermitOnRecord, Screened};

fn upstream(_: Cleared) {}

fn a_call(call: Call) {
    upstream(call);
}

fn a_screened_call(screened: Screened) {
    upstream(screened);
}

fn a_permit(permit: Permit) {
    upstream(permit);
}

fn a_permit_on_record(permit: PermitOnRecord) {
    upstream(permit);
}

fn main() {}
