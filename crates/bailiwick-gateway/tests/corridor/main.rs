//! The whole corridor, over real sockets and real processes, in one process with the gateway: what
//! the caller is told, what the upstream saw, and what the log says of it afterwards.

#[cfg(test)]
mod agent;
#[cfg(test)]
mod batches;
#[cfg(test)]
mod certificate;
#[cfg(test)]
mod child;
#[cfg(test)]
mod debts;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod exits;
#[cfg(test)]
mod federated;
#[cfg(test)]
mod federated_questions;
#[cfg(test)]
mod federated_sessions;
#[cfg(test)]
mod fidelity;
#[cfg(test)]
mod following;
#[cfg(test)]
mod hidden;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hostile_clients;
#[cfg(test)]
mod house;
#[cfg(test)]
mod leave;
#[cfg(test)]
mod legs;
#[cfg(test)]
mod lossless;
#[cfg(test)]
mod modern;
#[cfg(test)]
mod modern_child;
#[cfg(test)]
mod older;
#[cfg(test)]
mod questions;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod resuming;
#[cfg(test)]
mod secure;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod timing;
#[cfg(test)]
mod upstream;
