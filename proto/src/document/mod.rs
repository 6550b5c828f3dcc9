//! A document as Beleg sees it: named fields, their salted tree, the commitment, the batch.
//!
//! `rs_merkle` builds these small trees and their proofs. What comes from outside is checked by our
//! own code, which checks lengths first and never panics. The bytes of the document itself never
//! come here: a field holds their digest.

pub mod batch;
pub mod commitment;
mod content;
pub mod disclosure;
pub mod field;

pub use content::{Content, ContentDigest};
pub use field::{Document, DocumentError, Field, FieldError};
