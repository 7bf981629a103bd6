//! The inventory as Markdown, and as a page to print: one file, with nothing to fetch.

use bailiwick_contracts::{Filled, Row};
use bailiwick_core::Day;

use crate::commands::contracts::diff::shown;
use crate::output::say;

const STYLE: &str = "body{font:11px/1.4 system-ui,sans-serif;margin:2em}\
table{border-collapse:collapse;width:100%}\
th,td{border:1px solid #999;padding:.3em .5em;text-align:left;vertical-align:top;\
overflow-wrap:anywhere}th{background:#eee}td.missing{background:#fdd}td.guessed{background:#ffd}\
td.expired{background:#fdb}@media print{body{margin:0}thead{display:table-header-group}\
tr{break-inside:avoid}}";

fn columns(rows: &[Row]) -> Vec<&'static str> {
    rows.first().map_or_else(Vec::new, |row| row.cells.iter().map(|it| it.name).collect())
}

/// What a cell says, marked where nobody stands for it, and the class of the mark.
fn said(filled: &Filled) -> (String, &'static str) {
    let value = shown(filled.value());
    match filled {
        Filled::Said { .. } => (value, "said"),
        Filled::Guessed { .. } => (format!("{value} (not verified)"), "guessed"),
        Filled::Expired { since, .. } => (format!("{value} (expired on {since})"), "expired"),
        Filled::Missing => ("nobody says".into(), "missing"),
    }
}

pub(super) fn markdown(rows: &[Row]) {
    let cell = |text: &str| -> String {
        let is_mark = |it: char| r"\`*[]()!|<>&~".contains(it);
        text.chars().flat_map(|it| is_mark(it).then_some('\\').into_iter().chain([it])).collect()
    };
    let columns = columns(rows);
    say(format!("| server | tool | {} |", columns.join(" | ")));
    say(format!("|---|---|{}", "---|".repeat(columns.len())));
    for row in rows {
        let cells: Vec<_> = row.cells.iter().map(|it| cell(&said(&it.filled).0)).collect();
        say(format!("| {} | {} | {} |", row.server, cell(&shown(&row.tool)), cells.join(" | ")));
    }
}

pub(super) fn html(rows: &[Row], today: Day) {
    let heads: String = columns(rows).iter().map(|it| format!("<th>{it}</th>")).collect();
    say(format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Tools, {today}</title>\
         <style>{STYLE}</style>\n<h1>Tools that agents may reach, {today}</h1>\n<table>\n\
         <thead><tr><th>server</th><th>tool</th>{heads}</tr></thead>"
    ));
    for row in rows {
        let cells = row.cells.iter().map(|it| {
            let (text, class) = said(&it.filled);
            format!("<td class=\"{class}\">{}</td>", escaped(&text))
        });
        let cells: String = cells.collect();
        let (server, tool) = (escaped(&row.server), escaped(&shown(&row.tool)));
        say(format!("<tr><th>{server}</th><th>{tool}</th>{cells}</tr>"));
    }
    say("</table>\n</html>");
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_contract_is_text_on_the_page() {
        assert_eq!(escaped("<b a='\"&'>"), "&lt;b a=&#39;&quot;&amp;&#39;&gt;");
    }
}
