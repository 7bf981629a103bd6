//! Fitting: do the arguments of a call, and the structured content of its answer, keep to the
//! schemas that the tool's definition says? Servers do not see to that.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bailiwick_contracts::{Definition, Held, Pin, Schema};
use bailiwick_core::Value;

/// Of how many definitions the compiled schemas are kept, of one server.
const KEPT_MAX: usize = 1024;

/// The schemas of one definition. What cannot be compiled holds its tool.
struct Fitting {
    arguments: Option<Result<Schema, Held>>,
    answer: Option<Result<Schema, Held>>,
}

/// The schemas of a server's tools, each compiled once for its pin.
#[derive(Default)]
pub(crate) struct Fittings(RwLock<HashMap<Pin, Arc<Fitting>>>);

impl Fittings {
    /// Why the arguments of a call do not fit its tool, if they do not.
    pub(crate) fn misfit(
        &self,
        pin: Pin,
        definition: &Definition,
        arguments: &Value,
    ) -> Option<Box<str>> {
        let fitting = self.of(pin, definition);
        let held = |schema: &Option<Result<Schema, Held>>, which| {
            let why = schema.as_ref()?.as_ref().err()?;
            Some(format!("the tool is held, its {which} cannot be checked: {why}").into())
        };
        let held = held(&fitting.arguments, "inputSchema")
            .or_else(|| held(&fitting.answer, "outputSchema"));
        let schema = fitting.arguments.as_ref().and_then(|it| it.as_ref().ok());
        held.or_else(|| Some(schema?.check(arguments).err()?.to_string().into()))
    }

    /// Why a structured answer does not fit, if it does not.
    pub(crate) fn answer_misfit(
        &self,
        pin: Pin,
        definition: &Definition,
        content: &Value,
    ) -> Option<String> {
        match &self.of(pin, definition).answer {
            Some(Ok(schema)) => schema.check(content).err().map(|it| it.to_string()),
            Some(Err(why)) => Some(why.to_string()),
            None => None,
        }
    }

    fn of(&self, pin: Pin, definition: &Definition) -> Arc<Fitting> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&pin).cloned();
        known.unwrap_or_else(|| {
            let arguments = Some(definition.input_schema()).filter(|it| **it != Value::Null);
            let fitting = Arc::new(Fitting {
                arguments: arguments.map(Schema::of_arguments),
                answer: definition.output_schema().map(Schema::of_answer),
            });
            let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= KEPT_MAX {
                kept.clear();
            }
            kept.insert(pin, Arc::clone(&fitting));
            fitting
        })
    }
}
