//! The tree of a timestamp: a message, what is attested about it, and where operations lead.
//!
//! The functions that go down the tree call themselves; every tree is at most
//! [`limits::OTS_DEPTH`] operations deep, whatever its bytes or its parts say.

use alloc::vec::Vec;

use super::{Attestation, Op, OtsError};
use crate::bytes::Reader;
use crate::limits;

/// In front of every part but the last one of a message.
const MORE: u8 = 0xff;
/// In front of an attestation.
const ATTESTATION: u8 = 0;

/// A timestamp of one message; it has at least one attestation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timestamp {
    pub(super) message: Vec<u8>,
    /// Sorted, each once.
    pub(super) attestations: Vec<Attestation>,
    /// Sorted by operation, each once.
    pub(super) branches: Vec<(Op, Timestamp)>,
}

impl Timestamp {
    /// A message about which this is attested.
    pub fn new(message: &[u8], attestation: Attestation) -> Result<Timestamp, OtsError> {
        let leaf = Timestamp {
            message: message.to_vec(),
            attestations: [attestation].to_vec(),
            branches: Vec::new(),
        };
        leaf.checked()
    }

    /// The timestamp of a message from which these operations lead to the message of `end`.
    pub fn leading_to(end: Timestamp, message: &[u8], ops: &[Op]) -> Result<Timestamp, OtsError> {
        if ops.len() > limits::OTS_DEPTH {
            return Err(OtsError::TooDeep);
        }
        let mut messages = Vec::new();
        let mut reached = message.to_vec();
        for op in ops {
            op.check()?;
            let next = op.apply(&reached)?;
            messages.push(core::mem::replace(&mut reached, next));
        }
        if reached != end.message {
            return Err(OtsError::OtherMessage);
        }
        let steps = ops.iter().zip(messages).rev();
        let whole = steps.fold(end, |end, (op, message)| Timestamp {
            message,
            attestations: Vec::new(),
            branches: [(op.clone(), end)].to_vec(),
        });
        whole.checked()
    }

    /// Reads the timestamp of `message`. Nothing that it attests is checked.
    pub fn parse(bytes: &[u8], message: &[u8]) -> Result<Timestamp, OtsError> {
        let limit = limits::BITCOIN_EVIDENCE_BYTES;
        if bytes.len() > limit {
            return Err(OtsError::TooLarge { got: bytes.len(), limit });
        }
        if message.len() > limits::OTS_MESSAGE_BYTES {
            return Err(OtsError::Message { got: message.len() });
        }
        let mut reader = Reader::new(bytes);
        let timestamp = read(&mut reader, message.to_vec(), 0, &mut 0)?;
        reader.finish()?;
        Ok(timestamp)
    }

    /// The bytes, as the reference implementation writes them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    /// The message.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Every attestation with the message that it is about.
    pub fn attestations(&self) -> Vec<(&[u8], &Attestation)> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'a>(&'a self, found: &mut Vec<(&'a [u8], &'a Attestation)>) {
        found.extend(self.attestations.iter().map(|it| (&self.message[..], it)));
        for (_, next) in &self.branches {
            next.collect(found);
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut left = self.attestations.len().saturating_add(self.branches.len());
        let mut mark = |out: &mut Vec<u8>| {
            left = left.saturating_sub(1);
            if left > 0 {
                out.push(MORE);
            }
        };
        for attestation in &self.attestations {
            mark(out);
            out.push(ATTESTATION);
            attestation.write(out);
        }
        for (op, next) in &self.branches {
            mark(out);
            op.write(out);
            next.write(out);
        }
    }

    /// Itself, if it keeps the bounds that `parse` keeps.
    pub(super) fn checked(self) -> Result<Timestamp, OtsError> {
        if self.message.len() > limits::OTS_MESSAGE_BYTES {
            return Err(OtsError::Message { got: self.message.len() });
        }
        let (mut ops, mut depth) = (0usize, 0usize);
        // Not by calls: only what comes out of here is known to be shallow.
        let mut level = [&self].to_vec();
        while !level.is_empty() {
            level = level.iter().flat_map(|it| it.branches.iter().map(|(_, next)| next)).collect();
            ops = ops.saturating_add(level.len());
            depth = depth.saturating_add(1);
            if ops > limits::OTS_OPS {
                return Err(OtsError::TooManyOps);
            }
            if depth > limits::OTS_DEPTH.saturating_add(1) {
                return Err(OtsError::TooDeep);
            }
        }
        let (got, limit) = (self.to_bytes().len(), limits::BITCOIN_EVIDENCE_BYTES);
        if got > limit { Err(OtsError::TooLarge { got, limit }) } else { Ok(self) }
    }
}

fn read(
    reader: &mut Reader<'_>,
    message: Vec<u8>,
    depth: usize,
    ops: &mut usize,
) -> Result<Timestamp, OtsError> {
    let mut timestamp = Timestamp { message, attestations: Vec::new(), branches: Vec::new() };
    loop {
        let first = reader.u8()?;
        let tag = if first == MORE { reader.u8()? } else { first };
        if tag == ATTESTATION {
            let attestation = Attestation::read(reader)?;
            let follows = timestamp.attestations.last().is_none_or(|last| *last < attestation);
            if !follows || !timestamp.branches.is_empty() {
                return Err(OtsError::Order);
            }
            timestamp.attestations.push(attestation);
        } else {
            let op = Op::read(tag, reader)?;
            if timestamp.branches.last().is_some_and(|(last, _)| *last >= op) {
                return Err(OtsError::Order);
            }
            if depth >= limits::OTS_DEPTH {
                return Err(OtsError::TooDeep);
            }
            *ops = ops.saturating_add(1);
            if *ops > limits::OTS_OPS {
                return Err(OtsError::TooManyOps);
            }
            let made = op.apply(&timestamp.message)?;
            let next = read(reader, made, depth.saturating_add(1), ops)?;
            timestamp.branches.push((op, next));
        }
        if first != MORE {
            return Ok(timestamp);
        }
    }
}
