//! Tests of the real binary, as people and agents meet it: one room for each subject.

#[cfg(test)]
mod adopting;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod confining;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod contracting;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod killing;
#[cfg(test)]
mod life;
#[cfg(test)]
mod models;
#[cfg(test)]
mod observing;
#[cfg(test)]
mod operators;
#[cfg(test)]
mod packaging;
#[cfg(test)]
mod racing;
#[cfg(test)]
mod real_servers;
#[cfg(test)]
mod soaking;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod support;
#[cfg(test)]
mod wrapping;
