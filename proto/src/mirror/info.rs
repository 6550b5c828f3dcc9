//! The body of 202 and 409 answers to `add-entries` (tlog-mirror#processing).
//!
//! ```text
//! <size of a pending checkpoint, decimal>
//! <next entry, decimal>
//! <ticket, base64, may be empty>
//! ```

use alloc::{string::String, vec::Vec};

use thiserror::Error;

use crate::hash::{LeafIndex, TreeSize};
use crate::limits;
use crate::text::{self, Lines, TextError};

/// `Content-Type` of the body.
pub const CONTENT_TYPE: &str = "text/x.tlog.mirror-info";

/// Why bytes are no such body.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("The mirror's answer is malformed: {0}")]
pub struct MirrorInfoError(#[from] pub TextError);

/// Where a mirror is and how to go on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MirrorInfo {
    /// The size to send as `upload_end`.
    pub size: TreeSize,
    /// The index to send as `upload_start`.
    pub next: LeafIndex,
    /// Bytes to send back.
    pub ticket: Vec<u8>,
}

impl MirrorInfo {
    /// Reads a body.
    pub fn parse(bytes: &[u8]) -> Result<MirrorInfo, MirrorInfoError> {
        let mut lines = Lines::new(text::lines_utf8(bytes, limits::MIRROR_INFO_BYTES)?);
        let size = text::decimal_up_to(lines.line()?, limits::TREE_SIZE)?;
        let next = text::decimal_up_to(lines.line()?, limits::TREE_SIZE)?;
        let ticket = text::base64_decode(lines.line()?)?;
        lines.finish()?;
        let (limit, got) = (limits::TICKET_BYTES, ticket.len());
        if got > limit {
            return Err(TextError::TooLong { limit, got }.into());
        }
        Ok(MirrorInfo { size: TreeSize(size), next: LeafIndex(next), ticket })
    }

    /// The body that [`MirrorInfo::parse`] reads.
    pub fn to_body(&self) -> String {
        let ticket = text::base64_encode(&self.ticket);
        alloc::format!("{}\n{}\n{ticket}\n", self.size, self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_back() {
        for ticket in [&b""[..], b"ticket", &[0; limits::TICKET_BYTES]] {
            let info = MirrorInfo { size: TreeSize(70), next: LeafIndex(7), ticket: ticket.into() };
            assert_eq!(MirrorInfo::parse(info.to_body().as_bytes()), Ok(info));
        }
        let empty = MirrorInfo { size: TreeSize(0), next: LeafIndex(0), ticket: Vec::new() };
        assert_eq!(empty.to_body(), "0\n0\n\n");
    }

    #[test]
    fn what_is_no_body() {
        for body in [
            "",
            "1\n1\n",
            "1\n1\n\n\n",
            "1\n01\n\n",
            "1\n1\nA\n",
            "1\n1\n",
            "+1\n1\n\n",
            "1\r\n1\n\n",
        ] {
            assert!(MirrorInfo::parse(body.as_bytes()).is_err(), "{body:?}");
        }
        let ticket = alloc::vec![0; limits::TICKET_BYTES + 1];
        let info = MirrorInfo { size: TreeSize(1), next: LeafIndex(1), ticket };
        assert!(MirrorInfo::parse(info.to_body().as_bytes()).is_err());
    }
}
