//! `cargo xtask soak`: the optimised binary in a world that goes wrong all the time, for as long as
//! is wished.

use std::path::Path;

use crate::process::{self, run};

/// The test that is the world.
const TEST: &str = "soaking::heavy_nothing_is_left_of_what_has_ended";
const MINUTES: u64 = 30;

/// Runs the world. It tells the seed of its choices, and what the gateway holds at each rest.
pub(crate) fn soak(root: &Path, words: &[&str]) -> Result<bool, String> {
    let minutes = match *words {
        [] => MINUTES,
        ["--minutes", count] => match count.parse() {
            Ok(minutes @ 1..=1440) => minutes,
            Ok(_) | Err(_) => return Err(format!("{count} is no number of minutes of a day")),
        },
        _ => return Err("soak takes --minutes N or nothing".into()),
    };
    run(process::cargo(root).args(["build", "--release", "--package", "bailiwick"]))?;
    let mut world = process::cargo(root);
    world.args(["test", "--package", "bailiwick", "--test", "binary", "--", "--nocapture", TEST]);
    world.env("BAILIWICK_BIN", process::target_dir(root).join("release/bailiwick"));
    run(world.env("BAILIWICK_SOAK_SECONDS", (minutes * 60).to_string()))?;
    Ok(true)
}
