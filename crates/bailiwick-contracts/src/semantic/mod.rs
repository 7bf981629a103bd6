//! Meanings: arguments that are more than a text or a number, and what they may say.
