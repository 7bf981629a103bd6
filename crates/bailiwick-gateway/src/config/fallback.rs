//! Which models are asked when the one that a name stands for gives no answer.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_core::ServerId;

/// The most models that one name falls back to, those counted to which others of them do.
const FALLBACKS_MAX: usize = 8;

/// A provider, and its name for a model.
pub(super) type Model = (ServerId, String);

/// What names are looked up in.
pub(super) struct Sections<'a> {
    /// Of each other name, the model, and what is asked next.
    pub(super) names: BTreeMap<&'a str, (Model, &'a [String])>,
    pub(super) providers: BTreeSet<&'a str>,
}

impl Sections<'_> {
    /// The models that a name falls back to, first ones first: behind each name what that one falls
    /// back to itself.
    ///
    /// # Errors
    /// What is wrong: a name that nothing has, a circle, or too many.
    pub(super) fn fallbacks(&self, name: &str) -> Result<Vec<Model>, String> {
        // What has just failed is not asked again, by whichever name.
        let own = self.names.get(name).map(|(model, _)| model.clone());
        let mut found: Vec<Model> = own.into_iter().collect();
        let behind = found.len();
        self.follow(&mut vec![name], &mut found)?;
        Ok(found.split_off(behind))
    }

    /// `path` leads from the first name to the one that is looked at.
    fn follow<'a>(&'a self, path: &mut Vec<&'a str>, found: &mut Vec<Model>) -> Result<(), String>
    where
        Self: 'a,
    {
        let Some((_, fallback)) = path.last().and_then(|it| self.names.get(*it)) else {
            return Ok(());
        };
        for next in *fallback {
            let model = self.model(next)?;
            if path.contains(&&**next) {
                path.push(next);
                return Err(format!("fallback goes in a circle: {}", path.join(" -> ")));
            }
            if !found.contains(&model) {
                found.push(model);
            }
            // The first is the one that all these stand in for.
            if found.len() > FALLBACKS_MAX + 1 {
                return Err(format!("fallback leads to more than {FALLBACKS_MAX} models"));
            }
            path.push(next);
            self.follow(path, found)?;
            path.pop();
        }
        Ok(())
    }

    fn model(&self, name: &str) -> Result<Model, String> {
        if let Some((model, _)) = self.names.get(name) {
            return Ok(model.clone());
        }
        let spelled = name.split_once('/').filter(|(it, _)| self.providers.contains(*it));
        let (provider, model) = spelled.ok_or_else(|| {
            format!("fallback: `{name}` is neither in [models] nor `provider/model`")
        })?;
        Ok((provider.into(), model.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_followed_and_circles_are_not() {
        let said = [
            ("a", "1", vec!["b", "p/9", "c"]),
            ("b", "2", vec!["c"]),
            ("c", "3", vec![]),
            ("round", "4", vec!["about"]),
            ("about", "5", vec!["b", "round"]),
            ("again", "2", vec!["p/2", "same"]),
            ("same", "2", vec!["c"]),
            ("lost", "6", vec!["q/1"]),
            ("many", "7", "p/1 p/2 p/3 p/4 p/5 p/6 p/8 p/9 p/10".split(' ').collect()),
        ];
        let said = said.map(|(name, model, fallback)| {
            let fallback: Vec<String> = fallback.into_iter().map(str::to_owned).collect();
            (name, ("p".into(), model.to_owned()), fallback)
        });
        let names = said.iter().map(|(name, model, it)| (*name, (model.clone(), &it[..])));
        let sections = Sections { names: names.collect(), providers: BTreeSet::from(["p"]) };
        let models = |name: &str| {
            let found = sections.fallbacks(name)?;
            Ok::<String, String>(found.iter().map(|it| &*it.1).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(models("a").unwrap(), "2 3 9");
        assert_eq!(models("c").unwrap(), "");
        assert_eq!(models("again").unwrap(), "3");
        assert_eq!(
            models("round").unwrap_err(),
            "fallback goes in a circle: round -> about -> round"
        );
        assert!(models("lost").unwrap_err().contains("`q/1` is neither"));
        assert!(models("many").unwrap_err().contains("more than 8"));
    }
}
