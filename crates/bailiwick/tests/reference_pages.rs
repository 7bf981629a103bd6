//! The schemas that are checked in are those that the binary prints, so that they never drift.

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    #[test]
    fn the_schemas_checked_in_are_those_of_the_structs() {
        let binary = std::env::var_os("BAILIWICK_BIN")
            .unwrap_or_else(|| env!("CARGO_BIN_EXE_bailiwick").into());
        let here = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it");
        for of in ["configuration", "contract"] {
            let printed =
                Command::new(&binary).args(["check", "--schema", of]).output().expect("it runs");
            assert!(printed.status.success());
            let file = Path::new(&here).join(format!("../../docs/{of}.schema.json"));
            let there = std::fs::read_to_string(&file).expect("it is checked in");
            let printed = String::from_utf8(printed.stdout).expect("it is UTF-8");
            assert_eq!(printed, there, "docs/{of}.schema.json: run `cargo xtask docs`");
        }
    }
}
