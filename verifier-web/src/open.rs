//! What is looked into: sealed PDFs and parts of dossiers, and what can be in the way.

use crate::host::{Blob, Host};
use crate::refusal::Refusal;
use check::{ContentDigester, Obstacle};
use proto::document::ContentDigest;
use proto::dossier::{Dossier, DossierError};
use seal::Opened;
use std::ops::Range;

/// The most bytes that a sealed file has.
pub(crate) const SEALED: usize = seal::limits::ORIGINAL_BYTES + seal::limits::UPDATE_BYTES;

/// What was in the way, and what is known of it.
pub(crate) struct Hindrance {
    pub obstacle: Obstacle,
    pub message: String,
}

impl From<Refusal> for Hindrance {
    fn from(refusal: Refusal) -> Hindrance {
        Hindrance { obstacle: Obstacle::FileUnreadable, message: refusal.message }
    }
}

pub(crate) fn hindrance(obstacle: Obstacle, message: impl ToString) -> Hindrance {
    Hindrance { obstacle, message: message.to_string() }
}

/// Where the original stands in a sealed PDF, and the receipt that it carries.
pub(crate) struct Carried {
    pub original: Range<usize>,
    pub receipt: Vec<u8>,
}

/// A sealed PDF as a whole, and what it carries; none if it carries no seal.
pub(crate) fn sealed(
    host: &mut dyn Host,
    file: Blob,
) -> Result<Option<(Vec<u8>, Carried)>, Hindrance> {
    if file.length > SEALED as u64 || file.head(host, 5)? != b"%PDF-" {
        return Ok(None);
    }
    let bytes = file.whole(host, SEALED)?;
    Ok(opened(&bytes)?.map(|carried| (bytes, carried)))
}

pub(crate) fn opened(bytes: &[u8]) -> Result<Option<Carried>, Hindrance> {
    match seal::open(bytes) {
        Opened::NotSealed => Ok(None),
        Opened::Sealed { original, receipt } => Ok(Some(Carried { original, receipt })),
        Opened::Damaged(damage) => Err(hindrance(Obstacle::SealChanged, damage)),
        Opened::UnknownVersion => {
            Err(hindrance(Obstacle::SealVersion, "The seal is of a version not known here."))
        }
    }
}

/// A whole part of a dossier, compared with its list.
pub(crate) fn part(
    host: &mut dyn Host,
    file: Blob,
    dossier: &Dossier,
    at: usize,
    limit: usize,
) -> Result<Vec<u8>, Hindrance> {
    let part = &dossier.parts[at];
    if part.member.size() > limit {
        let message = Refusal::too_large(limit).message;
        return Err(hindrance(Obstacle::ReceiptUnreadable, message));
    }
    let bytes = file.at(host, part.member.content(), part.member.size())?;
    part.member.check_crc(crc32fast::hash(&bytes))?;
    part.check(proto::hash::sha256(&bytes))?;
    Ok(bytes)
}

/// The digest of a part of a dossier, compared with its list.
pub(crate) fn part_digest(
    host: &mut dyn Host,
    file: Blob,
    dossier: &Dossier,
    at: usize,
    with_sha512: bool,
) -> Result<ContentDigest, Hindrance> {
    let part = &dossier.parts[at];
    let (mut digester, mut crc32) = (ContentDigester::new(with_sha512), crc32fast::Hasher::new());
    let start = part.member.content();
    file.each(host, start..start + part.member.size() as u64, |_, bytes| {
        crc32.update(bytes);
        digester.update(bytes);
    })?;
    let digest = digester.finish();
    part.member.check_crc(crc32.finalize())?;
    part.check(digest.sha256)?;
    Ok(digest)
}

impl From<DossierError> for Hindrance {
    fn from(error: DossierError) -> Hindrance {
        let obstacle = match error {
            DossierError::Content => Obstacle::DossierChanged,
            _ => Obstacle::DossierRefused,
        };
        hindrance(obstacle, error)
    }
}
