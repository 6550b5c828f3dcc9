//! Bringing a log's entries to one peer's mirror (tlog-mirror, client side).
//!
//! [`Pusher::push`] goes from wherever the peer is to the checkpoint of an [`Offer`] and comes back
//! with the peer's two cosignatures, both verified. It guesses that the peer is where the last push
//! left it; the peer's 409 and 202 answers correct the guess. It keeps no promise of its own: what
//! it sends is durable already, and what it forgets the peer's next answer tells again.

use std::sync::Arc;

use bytes::Bytes;
use flate2::Compression;
use proto::checkpoint::SignedCheckpoint;
use proto::cosignature::{self, CosignatureError};
use proto::federation::Operator;
use proto::hash::{LeafIndex, TreeSize};
use proto::limits;
use proto::mirror::add_entries::{self, PACKAGES_PER_REQUEST};
use proto::mirror::{Header, MirrorInfo};
use proto::note::{self, NoteSignature};
use proto::witness::AddCheckpoint;
use proto::witness::add_checkpoint::parse_size_body;

use crate::client::{Answer, Body, Client, ClientError};
use crate::gzip;
use crate::replica::{ReadError, TileReader};

/// Bytes of packages after which a request ends, however few there are.
const REQUEST_BYTES: usize = 4 * 1024 * 1024;
/// Answers that contradict what was just agreed before the pusher gives up for now.
const MAX_CONFLICTS: u32 = 6;
/// Bodies smaller than this are not compressed: the time costs more than the bytes.
const GZIP_BYTES: usize = 64 * 1024;
/// Signature lines, a size or a mirror-info body.
const ANSWER_BYTES: usize = limits::NOTE_BYTES;

/// Why a peer did not cosign.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// No answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The peer refuses.
    #[error("{call} was answered with {status}: {text}")]
    Refused {
        /// Which call.
        call: &'static str,
        /// The HTTP status.
        status: u16,
        /// The start of the answer.
        text: String,
    },
    /// The peer has a larger checkpoint of this log than the log itself.
    #[error("the peer holds a checkpoint of size {peer}, larger than this log's {own}")]
    Ahead {
        /// The peer's size.
        peer: TreeSize,
        /// This log's.
        own: TreeSize,
    },
    /// The answers go round in a circle or cannot be read.
    #[error("{call}: the peer's answer makes no sense: {text}")]
    Nonsense {
        /// Which call.
        call: &'static str,
        /// The start of the answer.
        text: String,
    },
    /// A cosignature that does not verify, or only one of two.
    #[error("the peer's cosignatures do not count: {0}")]
    Cosignature(#[from] CosignatureError),
    /// The own log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A blocking task did not run: the process is about to stop.
    #[error("this node is about to stop")]
    Stopping,
}

/// A checkpoint that the log stands by, with the requests that most peers will need.
pub struct Offer {
    signed: SignedCheckpoint,
    reader: Arc<TileReader>,
    /// Where the peers are if they have all of the round before.
    from: TreeSize,
    add_checkpoint: Bytes,
    add_entries: Request,
}

/// A part of an upload.
#[derive(Clone)]
struct Request {
    bytes: Bytes,
    gzip: bool,
}

impl Offer {
    /// Prepares the requests for peers that have the tree of size `from`. Reads files.
    pub fn new(
        signed: SignedCheckpoint,
        reader: Arc<TileReader>,
        from: TreeSize,
    ) -> Result<Offer, PushError> {
        let add_checkpoint = add_checkpoint(&reader, &signed, from)?;
        let add_entries = add_entries(&reader, &signed, LeafIndex(from.0), &[])?;
        Ok(Offer { signed, reader, from, add_checkpoint, add_entries })
    }

    /// The checkpoint.
    pub fn signed(&self) -> &SignedCheckpoint {
        &self.signed
    }

    /// Its size.
    pub fn size(&self) -> TreeSize {
        self.signed.checkpoint().size()
    }

    async fn add_checkpoint_from(&self, old: TreeSize) -> Result<Bytes, PushError> {
        if old == self.from {
            return Ok(self.add_checkpoint.clone());
        }
        let (reader, signed) = (Arc::clone(&self.reader), self.signed.clone());
        blocking(move || add_checkpoint(&reader, &signed, old)).await
    }

    async fn add_entries_from(
        &self,
        start: LeafIndex,
        ticket: Vec<u8>,
    ) -> Result<Request, PushError> {
        if start.0 == self.from.0 && ticket.is_empty() {
            return Ok(self.add_entries.clone());
        }
        let (reader, signed) = (Arc::clone(&self.reader), self.signed.clone());
        blocking(move || add_entries(&reader, &signed, start, &ticket)).await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PushError> + Send + 'static,
) -> Result<T, PushError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(PushError::Stopping))
}

fn add_checkpoint(
    reader: &TileReader,
    signed: &SignedCheckpoint,
    old: TreeSize,
) -> Result<Bytes, PushError> {
    let proof = reader.prove_consistency(old, signed.checkpoint().size())?;
    let request = AddCheckpoint { old, proof, checkpoint: signed.clone() };
    Ok(request.to_bytes().into())
}

/// The first packages of an upload: at most 32, and few large ones.
fn add_entries(
    reader: &TileReader,
    signed: &SignedCheckpoint,
    start: LeafIndex,
    ticket: &[u8],
) -> Result<Request, PushError> {
    let (origin, end) = (signed.checkpoint().origin(), signed.checkpoint().size());
    // The range is one of this log and the ticket is the peer's own, so neither can be malformed.
    let malformed = |_| PushError::Stopping;
    let header = Header::new(origin, start, end, ticket).map_err(malformed)?;
    let mut bytes = header.to_bytes().map_err(malformed)?;
    for range in header.packages().take(PACKAGES_PER_REQUEST) {
        let entries = reader.entries(LeafIndex(range.start), LeafIndex(range.end))?;
        let proof = reader.prove_subtree(range.subtree().map_err(ReadError::Proof)?, end)?;
        bytes.extend(range.to_bytes(&entries, &proof).map_err(malformed)?);
        if bytes.len() >= REQUEST_BYTES {
            break;
        }
    }
    Ok(compress(bytes))
}

/// Compresses what is large and shrinks: entries are mostly hashes and signatures, which do not.
fn compress(bytes: Vec<u8>) -> Request {
    let plain = |bytes: Vec<u8>| Request { bytes: bytes.into(), gzip: false };
    let Some(sample) = bytes.get(..GZIP_BYTES / 4).filter(|_| bytes.len() >= GZIP_BYTES) else {
        return plain(bytes);
    };
    let gzip = |bytes: &[u8]| gzip::pack(bytes, Compression::fast()).ok();
    if gzip(sample).is_none_or(|small| small.len() * 4 > sample.len() * 3) {
        return plain(bytes);
    }
    match gzip(&bytes) {
        Some(small) => Request { bytes: small.into(), gzip: true },
        None => plain(bytes),
    }
}

/// Brings one log to one peer.
pub struct Pusher {
    client: Client,
    peer: Operator,
    /// The peer's pending checkpoint and next entry, as far as known.
    pending: TreeSize,
    next: LeafIndex,
    ticket: Vec<u8>,
}

impl Pusher {
    /// A pusher to this operator's mirror, which is taken to have the tree of size `at`.
    pub fn new(client: Client, peer: Operator, at: TreeSize) -> Pusher {
        Pusher { client, peer, pending: at, next: LeafIndex(at.0), ticket: Vec::new() }
    }

    /// The operator.
    pub fn operator(&self) -> &str {
        &self.peer.name
    }

    /// Entries that the peer is known to have.
    pub fn next(&self) -> LeafIndex {
        self.next
    }

    /// One push to the end, or to the first thing that goes wrong. `newer` is asked between two
    /// requests whether a newer checkpoint waits: then this one is left (`Ok(None)`).
    pub async fn push(
        &mut self,
        offer: &Offer,
        newer: impl Fn() -> bool,
    ) -> Result<Option<Vec<NoteSignature>>, PushError> {
        let outcome = self.push_on(offer, newer).await;
        if matches!(&outcome, Err(error) if !matches!(error, PushError::Client(_))) {
            // The guess may be what was wrong: the next push asks where the peer is.
            self.pending = TreeSize(0);
        }
        outcome
    }

    async fn push_on(
        &mut self,
        offer: &Offer,
        newer: impl Fn() -> bool,
    ) -> Result<Option<Vec<NoteSignature>>, PushError> {
        let mut conflicts = 0;
        loop {
            if self.pending < offer.size() {
                conflicts += u32::from(!self.add_checkpoint(offer).await?);
            } else if self.pending > offer.size() {
                return Err(PushError::Ahead { peer: self.pending, own: offer.size() });
            } else {
                let start = self.next;
                match self.add_entries(offer).await? {
                    Some(lines) => return self.verify(offer, &lines).map(Some),
                    None => conflicts += u32::from(self.next <= start),
                }
            }
            if conflicts > MAX_CONFLICTS {
                let text = format!("pending {}, next entry {}", self.pending, self.next);
                return Err(PushError::Nonsense { call: "add-entries", text });
            }
            if newer() {
                return Ok(None);
            }
        }
    }

    /// Whether the peer has the checkpoint pending now; if not, it said where it is.
    async fn add_checkpoint(&mut self, offer: &Offer) -> Result<bool, PushError> {
        const CALL: &str = "add-checkpoint";
        let bytes = offer.add_checkpoint_from(self.pending).await?;
        let body = Body { bytes, content_type: "text/plain; charset=utf-8", gzip: false };
        let answer = self.client.post("/add-checkpoint", body, ANSWER_BYTES).await?;
        match answer.status {
            200 => {
                self.pending = offer.size();
                Ok(true)
            }
            409 => {
                let size = parse_size_body(&answer.body);
                self.pending = size.map_err(|_| nonsense(CALL, &answer))?;
                self.next = LeafIndex(self.next.0.min(self.pending.0));
                Ok(false)
            }
            _ => Err(refused(CALL, &answer)),
        }
    }

    /// The peer's signature lines, if it has everything now; if not, it said where it is.
    async fn add_entries(&mut self, offer: &Offer) -> Result<Option<Vec<u8>>, PushError> {
        const CALL: &str = "add-entries";
        let ticket = std::mem::take(&mut self.ticket);
        let Request { bytes, gzip } = offer.add_entries_from(self.next, ticket).await?;
        let body = Body { bytes, content_type: add_entries::CONTENT_TYPE, gzip };
        let answer = self.client.post("/add-entries", body, ANSWER_BYTES).await?;
        match answer.status {
            200 => {
                self.next = LeafIndex(offer.size().0);
                Ok(Some(answer.body.to_vec()))
            }
            202 | 409 => {
                let info = MirrorInfo::parse(&answer.body).map_err(|_| nonsense(CALL, &answer))?;
                if info.next.0 > offer.size().0 {
                    let peer = TreeSize(info.next.0);
                    return Err(PushError::Ahead { peer, own: offer.size() });
                }
                (self.pending, self.next, self.ticket) = (info.size, info.next, info.ticket);
                Ok(None)
            }
            _ => Err(refused(CALL, &answer)),
        }
    }

    /// Both cosignatures, or nothing: an operator counts only if both verify.
    fn verify(&self, offer: &Offer, lines: &[u8]) -> Result<Vec<NoteSignature>, PushError> {
        let unreadable = |_| PushError::Nonsense {
            call: "add-entries",
            text: "the answer holds no signature lines".to_owned(),
        };
        let lines = note::parse_signature_lines(lines).map_err(unreadable)?;
        let mut counted = Vec::new();
        for key in [&self.peer.cosigner_ed25519, &self.peer.cosigner_ml_dsa] {
            // Lines of unknown keys are ignored (tlog-witness#add-checkpoint).
            let line = lines.iter().find(|line| line.names(key));
            let line = line.ok_or(CosignatureError::OtherKey)?;
            cosignature::verify_line(key, offer.signed.checkpoint(), line)?;
            counted.push(line.clone());
        }
        Ok(counted)
    }
}

fn refused(call: &'static str, answer: &Answer) -> PushError {
    PushError::Refused { call, status: answer.status, text: answer.excerpt() }
}

fn nonsense(call: &'static str, answer: &Answer) -> PushError {
    PushError::Nonsense { call, text: answer.excerpt() }
}

#[cfg(test)]
mod tests;
