//! Formats, trees, ledger rules and the verdict of Beleg; pure, without clock, socket, file or randomness.
#![no_std]
extern crate alloc;
