//! The tokens that a provider says a call took.

use super::fields::whole;
use super::operation::Operation;
use crate::json::Node;

/// Tokens of one call. What is cached is part of the input, in both dialects, and reasoning of the
/// output.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Usage {
    /// All that was read.
    pub input: u64,
    /// Of it, what came out of the provider's cache.
    pub cached: u64,
    /// Of it, what was put into the provider's cache.
    pub cache_write: u64,
    /// Of that, what is to be kept for an hour.
    pub cache_write_long: u64,
    /// Of the input, what stands for sound.
    pub audio_input: u64,
    /// All that was written.
    pub output: u64,
    /// Of it, what was written to think.
    pub reasoning: u64,
    /// Of it, what stands for sound.
    pub audio_output: u64,
}

fn tokens(object: Option<Node<'_>>, name: &str) -> Option<u64> {
    object?.member(name).and_then(whole)
}

/// What a `usage` object says; nothing where it counts nothing.
pub(super) fn read(operation: Operation, usage: Node<'_>) -> Option<Usage> {
    match operation {
        Operation::Chat | Operation::Embeddings => openai(
            usage,
            ["prompt_tokens", "completion_tokens"],
            ["prompt_tokens_details", "completion_tokens_details"],
        ),
        Operation::Responses => openai(
            usage,
            ["input_tokens", "output_tokens"],
            ["input_tokens_details", "output_tokens_details"],
        ),
        Operation::Messages => anthropic(usage),
        // Counting is not charged for.
        Operation::CountTokens => None,
    }
}

fn openai(usage: Node<'_>, counts: [&str; 2], details: [&str; 2]) -> Option<Usage> {
    let [input, output] = counts.map(|it| tokens(Some(usage), it));
    let [read, written] = details.map(|it| usage.member(it));
    input.or(output)?;
    Some(Usage {
        input: input.unwrap_or(0),
        cached: tokens(read, "cached_tokens").unwrap_or(0),
        cache_write: tokens(read, "cache_write_tokens").unwrap_or(0),
        cache_write_long: 0,
        audio_input: tokens(read, "audio_tokens").unwrap_or(0),
        output: output.unwrap_or(0),
        reasoning: tokens(written, "reasoning_tokens").unwrap_or(0),
        audio_output: tokens(written, "audio_tokens").unwrap_or(0),
    })
}

/// What Anthropic tells piece by piece: what a stream says later stands for what it said before.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Tally {
    plain: Option<u64>,
    cached: Option<u64>,
    cache_write: Option<u64>,
    cache_write_long: Option<u64>,
    output: Option<u64>,
    reasoning: Option<u64>,
    /// What it took to compact the conversation: charged, and not part of the other sums.
    compaction: Option<Usage>,
}

impl Tally {
    pub(super) fn take(&mut self, usage: Node<'_>) {
        let told = |name| tokens(Some(usage), name);
        let details = usage.member("output_tokens_details");
        self.plain = told("input_tokens").or(self.plain);
        self.cached = told("cache_read_input_tokens").or(self.cached);
        self.cache_write = told("cache_creation_input_tokens").or(self.cache_write);
        let written = usage.member("cache_creation");
        let long = tokens(written, "ephemeral_1h_input_tokens");
        self.cache_write_long = long.or(self.cache_write_long);
        self.output = told("output_tokens").or(self.output);
        self.reasoning = tokens(details, "thinking_tokens").or(self.reasoning);
        if let Some(iterations) = usage.member("iterations") {
            let is_one = |it: &Node<'_>| it.member("type").is_some_and(|it| it.says("compaction"));
            let compactions = iterations.elements().filter(is_one).filter_map(anthropic);
            self.compaction = compactions.reduce(Usage::and);
        }
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        self.plain.or(self.output)?;
        let [plain, cached, cache_write] =
            [self.plain, self.cached, self.cache_write].map(Option::unwrap_or_default);
        let own = Usage {
            input: plain.saturating_add(cached).saturating_add(cache_write),
            cached,
            cache_write,
            cache_write_long: self.cache_write_long.unwrap_or(0),
            audio_input: 0,
            output: self.output.unwrap_or(0),
            reasoning: self.reasoning.unwrap_or(0),
            audio_output: 0,
        };
        Some(own.and(self.compaction.unwrap_or_default()))
    }
}

fn anthropic(usage: Node<'_>) -> Option<Usage> {
    let mut tally = Tally::default();
    tally.take(usage);
    tally.usage()
}

impl Usage {
    /// Numbers from outside may be anything, and must not overflow.
    fn and(self, more: Self) -> Self {
        Self {
            input: self.input.saturating_add(more.input),
            cached: self.cached.saturating_add(more.cached),
            cache_write: self.cache_write.saturating_add(more.cache_write),
            cache_write_long: self.cache_write_long.saturating_add(more.cache_write_long),
            audio_input: self.audio_input.saturating_add(more.audio_input),
            output: self.output.saturating_add(more.output),
            reasoning: self.reasoning.saturating_add(more.reasoning),
            audio_output: self.audio_output.saturating_add(more.audio_output),
        }
    }
}
