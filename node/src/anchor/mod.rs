//! Outside anchors: the federation root goes to clocks that no authority runs, and their evidence
//! comes back.
//!
//! [`outside`] is what every clock is to the node, [`ledger`] what became of each root. [`tsa`]
//! is a clock.

pub mod bitcoin;
pub mod calendars;
#[cfg(feature = "evm")]
pub mod evm;
pub mod keeper;
pub mod ledger;
mod measure;
pub mod notes;
pub mod outside;
pub mod plan;
pub mod share;
pub mod tsa;
pub mod view;
