//! `bailiwick log forecast`: how the log grows, and when it will be full.

use serde_json::json;

use crate::commands::admin::Admin;
use crate::commands::settings;
use crate::output::{self, Common, Outcome, YES, no, say};

pub(super) fn run(common: &Common) -> Outcome {
    let settings = settings::load(common)?;
    let forecast = match Admin::reach(&settings)? {
        Admin::Running(gateway) => gateway.call("GET", "/admin/v1/log/forecast", &json!(null))?,
        Admin::Here(local) => {
            let it = local.log.forecast()?;
            local.close()?;
            bailiwick_gateway::Growth::from(it)
        }
    };
    if common.json {
        output::json(&forecast)?;
    } else {
        say(format!("used        {} MiB", forecast.used_bytes >> 20));
        say(format!("free        {} MiB", forecast.free_bytes >> 20));
        if forecast.bytes_per_record == 0 {
            say("full in     there are too few records to tell");
        } else {
            say(format!("a record    {} bytes of late", forecast.bytes_per_record));
            say(format!("a day       {} MiB at that pace", forecast.bytes_per_day >> 20));
            match forecast.days_left {
                Some(days) => say(format!("full in     {days} days")),
                None => say("full in     it does not grow"),
            }
        }
    }
    if forecast.warning { no() } else { YES }
}
