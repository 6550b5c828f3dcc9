//! What the command line and the page share: how a document is put to `proto::verify`, what can be
//! in the way of that, and the JSON in which both answer.
//!
//! The names and codes of the JSON are promised in docs/verifying.md: members are added, never
//! renamed or taken away. Nothing here reads a file, prints, or knows the time; nothing here
//! decides a verdict.
#![no_std]

extern crate alloc;

mod anchors;
mod claims;
mod content;
mod layers;
mod obstacle;
mod paper;
mod view;

pub use anchors::{AnchorView, anchor_words};
pub use claims::{BitcoinLayer, EvidenceLayer, EvmLayer, ProblemLayer, StampLayer, TsaLayer};
pub use content::{ContentDigester, judge_content};
pub use layers::{AnchorLayer, CheckpointView, EntryView, LayersView, StatusLayer};
pub use obstacle::Obstacle;
pub use paper::{SheetView, compare};
pub use view::{FieldView, Judged, VerdictView, hidden_places, left_out, status_word};
