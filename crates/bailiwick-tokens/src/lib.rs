//! How many tokens a text is, where its provider does not tell: with the model's own tokenizer
//! when it is public and known, by the bytes otherwise.
//!
//! A crate of its own for its weight: two vocabularies are 2 MB in the program, and some 35 MiB of
//! memory and half a second once the first text is counted with them. Nothing here does I/O.

use std::sync::OnceLock;

use tiktoken::{CoreBpe, encoding, model_to_encoding};

/// How many tokens a text is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Count {
    /// So many.
    pub tokens: u64,
    /// Whether they were counted with the model's own tokenizer. What a provider adds around a
    /// text, a few tokens for each message, is in no count.
    pub exact: bool,
}

/// The longest text that is counted exactly, in bytes. A hostile one of this length takes a quarter
/// of a second.
pub const EXACT_MAX_BYTES: usize = 256 * 1024;

/// How many tokens `text` is for `model`. The first count with a vocabulary takes half a second, a
/// long text may take a quarter: do not call it on a worker that serves others.
pub fn count(model: &str, text: &str) -> Count {
    let tokenizer = tokenizer(model).filter(|_| text.len() <= EXACT_MAX_BYTES);
    match tokenizer {
        Some(tokenizer) => Count { tokens: whole(tokenizer.count(text)), exact: true },
        None => Count { tokens: estimate(whole(text.len())), exact: false },
    }
}

/// Whether the tokenizer of a model is known. It is not loaded to tell that.
pub fn knows(model: &str) -> bool {
    matches!(model_to_encoding(model), Some("o200k_base" | "o200k_harmony" | "cl100k_base"))
}

/// About how many tokens so many bytes of text are: one for each 3.2. Prose and code have fewer,
/// scripts of few speakers may have more.
pub const fn estimate(bytes: u64) -> u64 {
    (bytes / 16 * 5).saturating_add((bytes % 16 * 5).div_ceil(16))
}

/// The most tokens that so many bytes of text can be: a token has a byte at least, in every
/// vocabulary. Ciphers, base64, code and scripts of few speakers come near to it.
pub const fn most(bytes: u64) -> u64 {
    bytes
}

/// The tokenizer of a model. Only vocabularies that their maker published under a free licence are
/// in the program; naming no other function keeps the others out of it.
fn tokenizer(model: &str) -> Option<&'static CoreBpe> {
    static O200K: OnceLock<CoreBpe> = OnceLock::new();
    static CL100K: OnceLock<CoreBpe> = OnceLock::new();
    match model_to_encoding(model)? {
        // The second has the tokens of the first, and others that no text can spell.
        "o200k_base" | "o200k_harmony" => Some(O200K.get_or_init(encoding::o200k_base)),
        "cl100k_base" => Some(CL100K.get_or_init(encoding::cl100k_base)),
        _ => None,
    }
}

fn whole(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_counted_as_their_vendor_counts_them() {
        let check = |model, text, tokens| {
            assert_eq!(count(model, text), Count { tokens, exact: true }, "{model}: {text}");
            assert!(knows(model));
        };
        // The examples of OpenAI's guide to counting tokens.
        for (text, cl100k, o200k) in [
            ("", 0, 0),
            ("tiktoken is great!", 6, 6),
            ("antidisestablishmentarianism", 6, 6),
            ("2 + 2 = 4", 7, 7),
            ("お誕生日おめでとう", 9, 8),
        ] {
            for model in ["gpt-4", "gpt-4-0613", "gpt-3.5-turbo", "text-embedding-3-small"] {
                check(model, text, cl100k);
            }
            for model in ["gpt-4o", "gpt-4o-2024-08-06", "o3-mini", "gpt-5", "ft:gpt-4o:x::y"] {
                check(model, text, o200k);
            }
        }
    }

    #[test]
    fn other_models_and_long_texts_are_estimated() {
        let check = |model, text: &str, tokens| {
            assert_eq!(count(model, text), Count { tokens, exact: false }, "{model}");
        };
        for model in ["claude-sonnet-4-5", "mistral-large", "llama3", "deepseek-chat", "", "gpt"] {
            assert!(!knows(model), "{model}");
            check(model, "", 0);
            check(model, "a", 1);
            check(model, "sixteen letters.", 5);
            check(model, "seventeen letters", 6);
        }
        // Known, and too long to be counted.
        assert!(knows("gpt-4o"));
        check("gpt-4o", &"a ".repeat(EXACT_MAX_BYTES / 2 + 16), 81_930);
    }

    #[test]
    fn estimates_reach_as_far_as_bytes_do() {
        assert_eq!(estimate(u64::MAX), u64::MAX / 16 * 5 + 5);
        assert_eq!((0..33).map(estimate).collect::<Vec<_>>(), {
            (0..33u64).map(|bytes| (bytes * 10).div_ceil(32)).collect::<Vec<_>>()
        });
    }

    /// Texts of which vocabularies know little.
    fn dense() -> impl Strategy<Value = String> {
        prop_oneof![
            ".{0,200}",
            "[A-Za-z0-9+/]{0,200}={0,2}",
            "[a-z]{0,200}",
            "[{}()<>;:=!&|^%$#@~*\\\\'\"\n\t ]{0,200}",
            "[\u{4e00}-\u{9fff}\u{3040}-\u{30ff}\u{ac00}-\u{d7a3}]{0,100}",
            "[\u{12000}-\u{123ff}\u{1f300}-\u{1faff}\u{1200}-\u{137f}]{0,100}",
        ]
    }

    #[test]
    fn dense_texts_are_more_tokens_than_are_estimated() {
        for text in ["\u{12000}\u{12001}\u{12002}", "x9$Q7#zV!k2", "\u{9f98}\u{9750}\u{9f49}"] {
            let count = count("gpt-4", text).tokens;
            assert!(count > estimate(text.len() as u64), "{text}: {count}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_text_has_more_tokens_than_it_can(text in dense()) {
            for model in ["gpt-4o", "gpt-4"] {
                let count = count(model, &text);
                prop_assert!(count.exact && count.tokens <= most(text.len() as u64));
            }
        }
    }
}
