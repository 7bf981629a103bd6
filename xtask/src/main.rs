//! The drivers of this repository: `cargo xtask help` tells what they do.

mod bench;
mod docs;
mod fuzz;
mod peers;
mod process;
mod soak;
mod test;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask tidy                            the shape of the repository against its rules
cargo xtask test [--ci]                     every test; with --ci nothing may be skipped
cargo xtask bench NAME [--json] | --list    one benchmark, as a table or as one flat object
cargo xtask docs [--check]                  the pages made from the configuration's structs
cargo xtask fuzz [--seconds N] [TARGET]     the fuzz targets, or one of them
cargo xtask soak [--minutes N]              servers die and agents go away: is anything left of it
";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Result<bool, String> {
    match words {
        ["tidy"] => tidy::run(&root()?),
        ["test", rest @ ..] => test::test(&root()?, rest),
        ["bench", rest @ ..] => bench::bench(&root()?, rest),
        ["docs", rest @ ..] => docs::docs(&root()?, rest),
        ["fuzz", rest @ ..] => fuzz::fuzz(&root()?, rest),
        ["soak", rest @ ..] => soak::soak(&root()?, rest),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(true)
        }
        [other, ..] => Err(format!("no such verb: {other}\n{HELP}")),
    }
}

/// The root of the work tree, asked for at run time: a path compiled in would be that of the
/// checkout in which the binary was built.
pub(crate) fn root() -> Result<PathBuf, String> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .ok_or("CARGO_MANIFEST_DIR is not set: run me by `cargo xtask`")?;
    let root = PathBuf::from(here).parent().map(PathBuf::from);
    root.ok_or_else(|| "the folder xtask has no parent".to_owned())
}
