//! Schemas: what a call and its answer must look like, compiled once for each pin.
