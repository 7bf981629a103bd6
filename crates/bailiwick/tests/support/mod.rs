//! What these tests share: a gateway in a folder of its own, an agent, a plain HTTP client.

pub(crate) mod agent;
pub(crate) mod house;
pub(crate) mod http;
pub(crate) mod process;
pub(crate) mod random;
