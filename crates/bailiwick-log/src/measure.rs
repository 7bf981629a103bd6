//! Measuring the log: how fast it takes records, and how fast the machine could at best.
