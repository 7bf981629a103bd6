//! Keys on terms, and kills: what operators do on the command line, in force on a gateway that runs,
//! and on one that starts later.

mod keys;
mod kills;
