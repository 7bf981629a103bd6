//! The rules, one line each.

use serde::Serialize;

/// How much a remark weighs.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It must not be approved as it is.
    Error,
    /// Somebody must look at it.
    Warning,
    /// It is good to know.
    Note,
}

macro_rules! rules {
    ($($name:ident, $id:literal, $severity:ident, $poison:literal, $about:literal;)*) => {
        /// What is looked for.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Rule {
            $(#[doc = $about] $name,)*
        }

        impl Rule {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name by which it is told, which does not change.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// How much a remark of it weighs.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// Whether it looks for a definition that was written to mislead.
            pub const fn is_of_poison(self) -> bool {
                match self { $(Self::$name => $poison,)* }
            }

            /// What it looks for.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => $about,)* }
            }
        }
    };
}

rules! {
    HiddenTag, "hidden-tag", Error, true,
        "A text holds a tag or mark that speaks to a model and not to people.";
    HiddenCharacter, "hidden-character", Error, true,
        "A text or name holds characters that nobody sees.";
    Bidirectional, "bidirectional", Error, true,
        "A text or name holds characters that turn the direction of reading.";
    Padding, "padding", Warning, true,
        "A text has a gap so long that what follows is out of sight.";
    InstructionToModel, "instruction-to-model", Error, true,
        "A text gives orders to the model instead of saying what the tool does.";
    ArgumentTampering, "argument-tampering", Error, true,
        "A text wants what the user asked for to be changed.";
    CommandToModel, "command-to-model", Error, true,
        "A text wants a command to be run.";
    ExfiltrationPath, "exfiltration-path", Error, true,
        "A text wants data to be sent or put where they do not belong.";
    SensitivePath, "sensitive-path", Error, true,
        "A text names a file of keys, passwords or settings.";
    SpeaksOfOtherTools, "speaks-of-other-tools", Error, true,
        "A text says what to do with other tools.";
    Superlative, "superlative", Warning, true,
        "A name or text praises the tool, so that models prefer it.";
    ShadowedName, "shadowed-name", Warning, true,
        "Two servers have a tool of this name.";
    NearDuplicate, "near-duplicate", Warning, true,
        "A name is that of another server's tool but for its spelling or for praise.";
    ConfusableName, "confusable-name", Error, true,
        "A name mixes letters of two scripts that look alike.";
    Unpinned, "unpinned", Error, false,
        "The server is launched in whatever version there is that day.";
    FaultyContract, "faulty-contract", Error, false,
        "The contract cannot be read.";
    MilderThanDraft, "milder-than-draft", Warning, false,
        "The contract says `read`, and name, text or schema say otherwise.";
    UnknownTool, "unknown-tool", Warning, false,
        "The contract is about a tool that the server does not have.";
    NoContract, "no-contract", Note, false,
        "The contract says nothing of this tool.";
    Unverified, "unverified", Note, false,
        "Nobody has verified a cell of the contract.";
    FreeSql, "free-sql", Warning, false,
        "An argument takes any statement of a database.";
    FreeCommand, "free-command", Warning, false,
        "An argument takes any command.";
    FreeCode, "free-code", Warning, false,
        "An argument takes any program or expression.";
    FreePath, "free-path", Warning, false,
        "An argument takes any path.";
    FreeUrl, "free-url", Warning, false,
        "An argument takes any URL.";
    SecretArgument, "secret-argument", Warning, false,
        "An argument takes a secret, which the model would have to know.";
    FreePrompt, "free-prompt", Note, false,
        "An argument takes a prompt for another model.";
    MixedReadWrite, "mixed-read-write", Warning, false,
        "One tool reads and writes, by an argument.";
    NoSchema, "no-schema", Warning, false,
        "The tool does not say what its arguments are.";
    OpenProperties, "open-properties", Note, false,
        "Arguments that the schema does not name are allowed.";
    NoRequired, "no-required", Note, false,
        "The schema does not say which arguments must be there.";
    NoType, "no-type", Note, false,
        "An argument has no type.";
    NoMaxLength, "no-max-length", Note, false,
        "A text may have any length.";
    NoMaxItems, "no-max-items", Note, false,
        "A list may have any length.";
    NoDescription, "no-description", Note, false,
        "The tool does not say what it does.";
}
