//! Showing a change as a diff: only the lines that change, and no secret.

use super::plan::FilePlan;

/// The shortest value that is covered: covering `1` would cover every digit.
const SECRET_CHARS_MIN: usize = 6;

/// What changes in a file, hunk by hunk, in the form of a unified diff without context.
pub(crate) fn diff(plan: &FilePlan) -> Vec<String> {
    let name = plan.found.file.display();
    let mut lines = vec![format!("--- {name}"), format!("+++ {name}")];
    let values = plan.entries.iter().flat_map(|(entry, _)| &entry.secrets);
    let secrets: Vec<&String> =
        values.filter(|it| it.chars().count() >= SECRET_CHARS_MIN).collect();
    // Before it is cut into lines: a key may have many.
    let cover =
        |text: String| secrets.iter().fold(text, |text, it| text.replace(it.as_str(), "****"));
    for hunk in &plan.hunks {
        let before = plan.before.get(..hunk.at).unwrap_or_default();
        let number = before.matches('\n').count() + 1;
        lines.push(format!("@@ line {number} @@ {}", hunk.entry));
        // The rest of the first line shows which member it is, unless the file is one long line.
        let begin = before.rsplit('\n').next().unwrap_or_default();
        let begin = if begin.len() > 80 { "" } else { begin };
        for (sign, text) in [('-', &hunk.before), ('+', &hunk.after)] {
            let text = cover(format!("{begin}{text}"));
            lines.extend(text.lines().map(|it| format!("{sign}{it}")));
        }
    }
    lines
}
