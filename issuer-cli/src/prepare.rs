//! From documents to a signed batch: fields, commitments, the batch tree, the submission.
//!
//! A plan read back from disk goes through [`batch`] as well, so that the tree which receipts are
//! cut from is always the one whose root was signed.

use crate::chance;
use crate::collect::Candidate;
use crate::plan::{self, Claims, Head, Plan, Planned};
use proto::document::batch::{self, Batch, BatchError};
use proto::document::commitment;
use proto::document::{Content, Document, DocumentError, Field, FieldError};
use proto::hash::{Hash, LeafIndex, Timestamp};
use proto::ledger::{FederationId, IssuanceStatement, Place};
use proto::note::{KeyError, SigningKey};
use proto::time::Date;
use std::io;
use std::path;
use verifier::parallel;

/// Who signs, and where it counts.
#[derive(Debug, Clone, Copy)]
pub struct Seat<'a> {
    pub federation: FederationId,
    pub origin: &'a str,
    /// Index of the issuer entry in force.
    pub issuer: LeafIndex,
    pub key: &'a SigningKey,
}

/// Why no plan could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error(transparent)]
    Batch(#[from] BatchError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("The system gives no randomness, or the folder has no path: {0}.")]
    Io(#[from] io::Error),
    #[error("The plan does not give the batch that was signed; the file is damaged.")]
    OtherRoot,
}

/// A claim that cannot stand in a document: the name of its field and why.
#[derive(Debug, PartialEq, Eq)]
pub struct ClaimFault {
    pub field: String,
    pub why: ClaimError,
}

/// Why a claim is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error("The last day of validity has passed already.")]
    Past,
    #[error("An empty text says nothing. Leave it out, or fill it in.")]
    Empty,
}

/// Everything that is wrong with what is claimed of the documents, at once.
pub fn check(claims: &Claims, media_type: Option<&str>, today: Option<Date>) -> Vec<ClaimFault> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, why: ClaimError| {
        faults.push(ClaimFault { field: field.to_owned(), why });
    };
    for (name, value) in claims.pairs() {
        match Field::new(name, value) {
            Err(why) => fault(name, why.into()),
            Ok(_) if value.is_empty() && matches!(name, "unit" | "reference") => {
                fault(name, ClaimError::Empty);
            }
            Ok(_) => {}
        }
    }
    match (Date::parse(&claims.valid_until), today) {
        (Ok(last), Some(today)) if last < today => fault("valid-until", ClaimError::Past),
        _ => {}
    }
    let digest = proto::document::ContentDigest { sha256: Hash([0; 32]), length: 0, sha512: None };
    let media_type = media_type.unwrap_or(crate::media::UNKNOWN);
    if let Err(why) = Content::new(digest, media_type) {
        fault("media-type", why.into());
    }
    if faults.is_empty() {
        // What only the fields together can be wrong in: names that come twice, too many fields.
        if let Err(why) = document(claims, &digest, media_type) {
            faults.push(ClaimFault { field: "fields".to_owned(), why: why.into() });
        }
    }
    faults
}

impl Claims {
    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let fixed = [
            Some(("type", self.document_type.as_str())),
            Some(("unit", &self.unit)),
            Some(("valid-until", &self.valid_until)),
            self.date.as_deref().map(|date| ("date", date)),
            self.reference.as_deref().map(|reference| ("reference", reference)),
        ];
        let others = self.others.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        fixed.into_iter().flatten().chain(others)
    }
}

/// The document that these claims make of a file.
pub fn document(
    claims: &Claims,
    digest: &proto::document::ContentDigest,
    media_type: &str,
) -> Result<Document, DocumentError> {
    let content = Content::new(*digest, media_type)?;
    let mut fields = vec![Field::new("content", &content.to_string())?];
    for (name, value) in claims.pairs() {
        fields.push(Field::new(name, value)?);
    }
    Document::new(fields)
}

/// Plans one batch; `documents` are at most [`plan::DOCUMENTS`].
pub fn plan(
    documents: Vec<Candidate>,
    seat: &Seat<'_>,
    now: Timestamp,
) -> Result<Plan, PrepareError> {
    let height = batch::height_for(documents.len() as u64)
        .ok_or(BatchError::BadWidth { got: documents.len() })?;
    let places = chance::places(documents.len(), 1 << height)?;
    let documents = documents.into_iter().zip(places).map(|(candidate, place)| {
        Ok(Planned {
            path: path::absolute(&candidate.path)?,
            digest: candidate.digest,
            stamp: candidate.stamp,
            noted: candidate.noted,
            media_type: candidate.media_type,
            claims: candidate.claims,
            secret: chance::secret()?,
            place,
        })
    });
    let documents: Vec<Planned> = documents.collect::<io::Result<_>>()?;
    let head = Head {
        plan: plan::VERSION,
        federation: seat.federation.0,
        origin: seat.origin.to_owned(),
        key: [0; 32],
        issuer: 0,
        root: [0; 32],
        height,
        submission: Vec::new(),
        padding: chance::secret()?,
        created: now.0,
        documents: documents.len(),
        embed: false,
        claims: None,
    };
    let mut plan = Plan { head, documents };
    plan.head.root = tree(&plan)?.root().0;
    sign(&mut plan, seat)?;
    Ok(plan)
}

/// Signs the plan's root for this seat: at first, and when the key was rotated before the batch
/// was entered.
pub fn sign(plan: &mut Plan, seat: &Seat<'_>) -> Result<(), KeyError> {
    let place = Place { federation: seat.federation, origin: seat.origin };
    let batch_root = plan.head.root();
    let statement = IssuanceStatement { issuer: seat.issuer, batch_root, height: plan.head.height };
    plan.head.submission = statement.sign(&place, seat.key)?.to_bytes();
    plan.head.issuer = seat.issuer.0;
    plan.head.key = *seat.key.verifier_key().ed25519_public_key().ok_or(KeyError::WrongType)?;
    Ok(())
}

/// The batch of a plan, if it is the one that was signed.
pub fn batch(plan: &Plan) -> Result<Batch, PrepareError> {
    let batch = tree(plan)?;
    if batch.root() == plan.head.root() { Ok(batch) } else { Err(PrepareError::OtherRoot) }
}

fn tree(plan: &Plan) -> Result<Batch, PrepareError> {
    let leaf = |document: &Planned| {
        let fields = self::document(&document.claims, &document.digest, &document.media_type)?;
        Ok::<_, DocumentError>(batch::batch_leaf(&commitment::commit(&fields, &document.secret)))
    };
    let count = plan.documents.len();
    let of = parallel::map(count, parallel::cores(), || (), |(), i| leaf(&plan.documents[i]));
    let width = batch::width(plan.head.height).unwrap_or(0) as u32;
    let mut leaves: Vec<Option<Hash>> = vec![None; width as usize];
    for (document, leaf) in plan.documents.iter().zip(of) {
        // Two documents in one place, or one outside, is a plan that was tampered with.
        match leaves.get_mut(document.place as usize) {
            Some(place @ None) => *place = Some(leaf?),
            _ => return Err(PrepareError::OtherRoot),
        }
    }
    let seed = &plan.head.padding;
    let leaves: Vec<Hash> = (0..width)
        .zip(leaves)
        .map(|(place, leaf)| leaf.unwrap_or_else(|| plan::padding_leaf(seed, place)))
        .collect();
    Ok(Batch::new(&leaves)?)
}

#[cfg(test)]
pub(crate) mod tests;
