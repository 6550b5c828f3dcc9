//! What is attested about a message, and where more can be asked for.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{OtsError, wire};
use crate::bytes::Reader;
use crate::limits;

const PENDING: [u8; 8] = [0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e];
const BITCOIN: [u8; 8] = [0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01];

/// The address of a calendar: letters, digits and `-._/:`, so that nothing can hide in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Uri(String);

impl Uri {
    /// Checks the characters and the length.
    pub fn new(uri: &str) -> Result<Uri, OtsError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/:".contains(&byte);
        if uri.len() <= limits::OTS_URI_BYTES && uri.bytes().all(allowed) {
            Ok(Uri(uri.to_string()))
        } else {
            Err(OtsError::Uri)
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An attestation. Nothing in it is proven by being there.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Attestation {
    /// The message is the Merkle root of the Bitcoin block at this height.
    Bitcoin {
        /// Height of the block.
        height: u64,
    },
    /// A calendar has the message and will attest to it later.
    Pending(Uri),
    /// Something that is not looked at here, kept as it is: Litecoin, Ethereum, what comes later.
    Other(Carried),
}

/// An attestation that is not looked at.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Carried {
    tag: [u8; 8],
    payload: Vec<u8>,
}

impl Attestation {
    /// Reads what stands behind the zero byte.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Attestation, OtsError> {
        let tag = reader.array()?;
        let payload = wire::read_bytes(reader)?;
        if payload.len() > limits::OTS_PAYLOAD_BYTES {
            return Err(OtsError::Payload { got: payload.len() });
        }
        let mut content = Reader::new(payload);
        let attestation = match tag {
            BITCOIN => Attestation::Bitcoin { height: wire::read_integer(&mut content)? },
            PENDING => {
                let uri = wire::read_bytes(&mut content)?;
                let uri = core::str::from_utf8(uri).map_err(|_| OtsError::Uri)?;
                Attestation::Pending(Uri::new(uri)?)
            }
            _ => return Ok(Attestation::Other(Carried { tag, payload: payload.to_vec() })),
        };
        content.finish()?;
        Ok(attestation)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut payload = Vec::new();
        let (tag, payload) = match self {
            Attestation::Bitcoin { height } => {
                wire::write_integer(&mut payload, *height);
                (&BITCOIN, &payload)
            }
            Attestation::Pending(uri) => {
                wire::write_bytes(&mut payload, uri.as_str().as_bytes());
                (&PENDING, &payload)
            }
            Attestation::Other(Carried { tag, payload }) => (tag, payload),
        };
        out.extend_from_slice(tag);
        wire::write_bytes(out, payload);
    }

    fn tag(&self) -> &[u8; 8] {
        match self {
            Attestation::Bitcoin { .. } => &BITCOIN,
            Attestation::Pending(_) => &PENDING,
            Attestation::Other(carried) => &carried.tag,
        }
    }
}

impl PartialOrd for Attestation {
    fn partial_cmp(&self, other: &Attestation) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The order in which they are written: by tag, then by content.
impl Ord for Attestation {
    fn cmp(&self, other: &Attestation) -> core::cmp::Ordering {
        let content = || match (self, other) {
            (Attestation::Bitcoin { height: a }, Attestation::Bitcoin { height: b }) => a.cmp(b),
            (Attestation::Pending(a), Attestation::Pending(b)) => a.cmp(b),
            (Attestation::Other(a), Attestation::Other(b)) => a.cmp(b),
            _ => core::cmp::Ordering::Equal, // their tags differ
        };
        self.tag().cmp(other.tag()).then_with(content)
    }
}
