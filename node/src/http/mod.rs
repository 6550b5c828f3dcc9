//! HTTP: the route table, limits and time-outs.

pub mod listen;
