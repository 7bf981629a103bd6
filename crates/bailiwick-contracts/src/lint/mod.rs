//! Lint: what is dangerous about a definition, alone and beside those of other servers.
