//! Nothing rewrites a call once it is made: what was decided is what goes out.

use bailiwick_core::{Call, Cleared, Interpreted, Permit};

fn a_call(call: &mut Call, what: Interpreted) {
    call.0.what = what;
}

fn a_permitted_call(permit: &mut Permit, call: Call) {
    permit.screened.call = call;
}

fn a_cleared_call(cleared: Cleared, call: Call) {
    *cleared.call() = call;
}

fn main() {}
