//! Drafts: what a tool does, guessed from its name, its description and its schema, with grounds.
