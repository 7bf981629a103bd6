//! What arguments mean: tables of hostile and of honest spellings, and what random ones may do.

mod email;
mod money;
mod path;
mod shell;
mod sql;
mod sql_hostile;
mod sql_random;
mod url;

use std::collections::BTreeMap;

use bailiwick_contracts::{Argument, Meaning, Meant, NotMeant, meant};
use bailiwick_core::Value;

/// The only argument, when it holds this.
fn fits_value(meaning: &Meaning, value: Value) -> Result<Meant, NotMeant> {
    let said = Argument { is: Some(meaning.clone()), ..Argument::default() };
    let given = Value::Record(vec![("it".into(), value)]);
    meant(&[&BTreeMap::from([("it".to_owned(), said)])], &given)
}

fn fits(meaning: &Meaning, text: &str) -> Result<Meant, NotMeant> {
    fits_value(meaning, Value::Text(text.into()))
}

/// Every text passes.
fn all_fit(meaning: &Meaning, texts: &[&str]) {
    let refused = |text: &&&str| fits(meaning, text).is_err();
    let wrong: Vec<_> = texts.iter().filter(refused).map(|it| (it, fits(meaning, it))).collect();
    assert!(wrong.is_empty(), "refused: {wrong:#?}");
}

/// No text passes, and no refusal repeats what it refuses.
fn none_fits(meaning: &Meaning, texts: &[&str]) {
    let passed: Vec<_> = texts.iter().filter(|it| fits(meaning, it).is_ok()).collect();
    assert!(passed.is_empty(), "passed: {passed:#?}");
    for text in texts.iter().filter(|it| it.len() > 24) {
        let Err(misfit) = fits(meaning, text) else { continue };
        let said = misfit.to_string();
        assert!(!said.contains(text), "{said} repeats what was given");
    }
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|it| (*it).to_owned()).collect()
}
