//! The stories: real processes, real keys, real disk. One file each; its head lists the steps.

mod byte_changed;
mod no_socket;
mod offline;
mod outage;
mod readme;
mod town;
mod two_nodes;
