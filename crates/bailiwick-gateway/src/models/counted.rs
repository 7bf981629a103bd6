//! What a call took where its provider does not tell: counted with the model's own tokenizer, off
//! the workers that serve others.

use bailiwick_tokens::{EXACT_MAX_BYTES, count, estimate, knows};
use bailiwick_wire::llm::{Operation, spoken, texts};
use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::upstream::ProviderCall;

/// How many count at a time. Whoever finds no place is counted by bytes: it waits for nobody.
static PLACES: Semaphore = Semaphore::const_new(4);

/// What was written so far, kept to be counted when it is over.
#[derive(Debug)]
pub(crate) struct Written(Option<String>);

/// Tokens that were counted; absent where bytes must do.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) input: Option<u64>,
    pub(crate) output: Option<u64>,
}

impl Written {
    /// Of an answer of this model: nothing is kept where its tokenizer is not known.
    pub(crate) fn of(model: &str) -> Self {
        Self(knows(model).then(String::new))
    }

    /// A whole answer of this model.
    pub(super) fn whole(model: &str, operation: Operation, answer: &[u8]) -> Self {
        let mut written = Self::of(model);
        if written.0.is_some() {
            texts(operation, answer).iter().for_each(|it| written.hear(&it.text));
        }
        written
    }

    /// How many bytes are kept.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.as_ref().map_or(0, |it| it.len() as u64)
    }

    /// One more piece. What gets too long to be counted is not kept.
    pub(crate) fn hear(&mut self, piece: &str) {
        match &mut self.0 {
            Some(text) if text.len() + piece.len() <= EXACT_MAX_BYTES => text.push_str(piece),
            Some(_) | None => self.0 = None,
        }
    }
}

impl Counted {
    /// With so many bytes of output more, which were not counted.
    pub(crate) fn with(self, bytes: u64) -> Self {
        Self { output: self.output.map(|it| it.saturating_add(estimate(bytes))), ..self }
    }

    /// Count what was asked and what was written.
    pub(crate) async fn of(call: &ProviderCall, ask: &Bytes, written: Written) -> Self {
        let (Some(text), Ok(_place)) = (written.0, PLACES.try_acquire()) else {
            return Self::default();
        };
        let (model, operation, ask) = (call.route.model.clone(), call.operation, ask.clone());
        let counting = tokio::task::spawn_blocking(move || {
            let exact = |text: &str| {
                let count = count(&model, text);
                count.exact.then_some(count.tokens)
            };
            let spoken = operation.and_then(|it| spoken(it, &ask));
            Self { input: spoken.and_then(|it| exact(&it)), output: exact(&text) }
        });
        counting.await.unwrap_or_default()
    }
}
