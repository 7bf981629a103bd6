//! Remarks as SARIF 2.1.0, which code hosts and editors read.

use serde_json::{Value, json};

use super::{Place, Remark, Rule, Severity};

/// One run, with the rules that there are and what they remarked. A place in a contract is a line
/// of its file; one in a definition is a logical location, since it stands in no file.
pub fn sarif(version: &str, remarks: &[Remark]) -> Value {
    let rules: Vec<_> = Rule::ALL.iter().map(|it| described(*it)).collect();
    let results: Vec<_> = remarks.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "bailiwick", "version": version, "rules": rules } },
            "results": results,
        }],
    })
}

fn described(rule: Rule) -> Value {
    json!({
        "id": rule.id(),
        "shortDescription": { "text": rule.about() },
        "defaultConfiguration": { "level": level(rule) },
    })
}

fn result(remark: &Remark) -> Value {
    let name = match remark.tool.as_str() {
        "" => remark.server.clone(),
        tool => format!("{}/{tool}", remark.server),
    };
    let place = match &remark.place {
        Place::Contract(file, line) => json!({ "physicalLocation": {
            "artifactLocation": { "uri": file },
            "region": { "startLine": line },
        }}),
        Place::Definition(_) | Place::Launch => json!({ "logicalLocations": [{
            "name": name,
            "fullyQualifiedName": format!("{name}#{}", remark.place),
        }]}),
    };
    json!({
        "ruleId": remark.rule.id(),
        "level": level(remark.rule),
        "message": { "text": format!("{name}: {}", remark.message) },
        "locations": [place],
    })
}

const fn level(rule: Rule) -> &'static str {
    match rule.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
