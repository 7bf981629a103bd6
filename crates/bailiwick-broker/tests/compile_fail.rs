//! What must not be done with a secret does not compile. Each case is a file; beside it stands
//! what the compiler says.

#[test]
fn a_secret_leaves_only_against_a_clearance() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
