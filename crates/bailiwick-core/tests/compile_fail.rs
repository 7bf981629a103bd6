//! What the types of the kernel must not allow does not compile. Each case is a file; beside it
//! stands what the compiler says.

#[test]
fn the_corridor_has_no_side_door() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
