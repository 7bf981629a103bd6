//! Prints the log's figures on the disk of the given directory, for a look while working on it.

use std::time::Duration;

use bailiwick_log::Options;
use bailiwick_log::measure::{Plan, flood, limit, limit_batched, paced};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base = std::env::args().nth(1).ok_or("which directory?")?;
    let plan = |name: &str| Plan {
        dir: std::path::Path::new(&base).join(name),
        record_bytes: 1024,
        duration: Duration::from_secs(5),
        threads: 2,
        options: Options::default(),
    };
    let flooded = flood(&plan("flood"))?;
    println!("flood  {flooded:?}");
    println!("limit  {:?}", limit(&plan("limit"))?);
    for batch in [64, 1024] {
        println!("limit batched {batch} {:?}", limit_batched(&plan("limit"), batch)?);
    }
    println!("paced 50k {:?}", paced(&plan("paced50"), 50_000)?);
    println!("paced 10k {:?}", paced(&plan("paced10"), 10_000)?);
    Ok(())
}
