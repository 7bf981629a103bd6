//! What is wrong with tools as their servers define them, and with the contracts about them: one
//! list of remarks, each with its rule, its place, and what to do.
//!
//! Definitions are hostile texts. Whatever they say is looked at in linear time and to a limit.

mod catalogue;
mod contracts;
mod cues;
mod hidden;
mod launches;
mod poison;
mod rules;
mod sarif;
mod schema;
mod score;
mod settled;
#[cfg(test)]
mod tests;
mod texts;

use std::fmt;

pub use rules::{Rule, Severity};
pub use sarif::sarif;
pub use score::{Score, scores};

use crate::definition::Definition;

/// One server, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its name.
    pub server: &'a str,
    /// Its tools.
    pub definitions: &'a [Definition],
    /// Its contract: the file, and the text in it.
    pub contract: Option<(&'a str, &'a str)>,
    /// How it is launched: the program and its arguments. Empty where it is at an address.
    pub launch: &'a [String],
}

/// Something that is to be looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Remark {
    /// By which rule.
    pub rule: Rule,
    /// Of which server.
    pub server: String,
    /// Of which tool; empty where it is about the server.
    pub tool: String,
    /// Where.
    pub place: Place,
    /// What it is, and what to do.
    pub message: String,
}

/// Where something stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Place {
    /// In a tool's definition, as a JSON pointer.
    Definition(String),
    /// In a contract: the file, and the line, counted from one.
    Contract(String, usize),
    /// In the configuration of the server.
    Launch,
}

/// The most remarks about one tool.
const REMARKS_MAX: usize = 200;

/// Everything that the rules remark, server by server, tool by tool, the worst first.
pub fn lint(subjects: &[Subject<'_>]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let catalogue = catalogue::Catalogue::of(subjects);
    for subject in subjects {
        launches::look(subject, &mut remarks);
        contracts::look(subject, &mut remarks);
        let settled = settled::Settled::of(subject);
        for definition in subject.definitions {
            let mut of_tool = Vec::new();
            let mut into = Notes { subject, definition, remarks: &mut of_tool };
            let texts = texts::of(definition);
            hidden::look(&texts, &mut into);
            poison::look(&texts, &mut into);
            catalogue.look(&texts, &mut into);
            schema::look(&mut into);
            of_tool.retain(|it| !settled.has(it));
            of_tool.sort_by_key(|it| it.rule.severity());
            of_tool.truncate(REMARKS_MAX);
            remarks.append(&mut of_tool);
        }
    }
    remarks
}

/// Where remarks about one tool go.
struct Notes<'a> {
    subject: &'a Subject<'a>,
    definition: &'a Definition,
    remarks: &'a mut Vec<Remark>,
}

impl Notes<'_> {
    /// Remark something at a place in the definition; of one rule and place, once.
    fn remark(&mut self, rule: Rule, at: &str, message: impl Into<String>) {
        let place = Place::Definition(at.to_owned());
        let is_known = |it: &Remark| it.rule == rule && it.place == place;
        if self.remarks.len() < 4 * REMARKS_MAX && !self.remarks.iter().any(is_known) {
            self.remarks.push(Remark {
                rule,
                server: self.subject.server.to_owned(),
                tool: self.definition.name().to_owned(),
                place,
                message: message.into(),
            });
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Definition(at) => f.write_str(at),
            Self::Contract(file, line) => write!(f, "{file}:{line}"),
            Self::Launch => f.write_str("command"),
        }
    }
}
