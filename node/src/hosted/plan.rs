//! The plan of a batch: everything that is needed to finish it, on disk before it is submitted.
//!
//! One JSON object. It holds the documents' secrets, so only its owner may read it, and it is
//! destroyed when its receipts can no longer be asked for.

use proto::document::batch::{self, Batch, BatchError};
use proto::document::commitment::commit;
use proto::document::{Document, DocumentError, Field};
use proto::federation::Federation;
use proto::hash::{Hash, LeafIndex, Timestamp, sha256_parts};
use proto::ledger::{IssuanceStatement, Place};
use proto::note::{KeyError, SigningKey};
use proto::receipt::answer::IssuanceAnswer;
use proto::receipt::{Receipt, ReceiptError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use super::desk::Order;

const VERSION: u8 = 1;
const PADDING_LABEL: &[u8] = b"beleg-node/padding/v1\0";
/// Documents of a batch.
pub const DOCUMENTS: usize = 1_024;

/// A batch that is begun.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    plan: u8,
    #[serde(with = "hex::serde")]
    federation: [u8; 32],
    origin: String,
    /// The entry in force when it was signed.
    pub issuer: u64,
    #[serde(with = "hex::serde")]
    root: [u8; 32],
    height: u8,
    /// What the log is given, byte for byte.
    #[serde(with = "hex::serde")]
    pub submission: Vec<u8>,
    /// From which the padding leaves are made.
    #[serde(with = "hex::serde")]
    padding: [u8; 32],
    /// When it was begun, POSIX seconds.
    pub created: u64,
    /// The documents.
    pub documents: Vec<Planned>,
}

/// A document of a batch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// The hash of its idempotency key.
    #[serde(with = "hex::serde")]
    key: [u8; 32],
    /// The id of the token that it came with.
    pub token: String,
    fields: Vec<(String, String)>,
    /// From which the salts of its fields are made.
    #[serde(with = "hex::serde")]
    secret: [u8; 32],
    /// Its leaf in the batch tree.
    pub place: u32,
}

/// Why there is no plan, or none that can be finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The fields make no document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The leaves make no batch.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// The key cannot sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The answer belongs to another batch.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// No random bytes.
    #[error("the operating system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// Not what was written.
    #[error("the plan does not give the batch that was signed")]
    OtherRoot,
}

/// Who signs, and where it counts.
#[derive(Clone, Copy, Debug)]
pub struct Seat<'a> {
    /// Where.
    pub place: Place<'a>,
    /// The issuer's entry in force.
    pub issuer: LeafIndex,
    /// The issuer's key.
    pub key: &'a SigningKey,
}

impl Plan {
    /// Plans a batch of at most [`DOCUMENTS`].
    pub fn new(orders: &[Arc<Order>], seat: &Seat<'_>, now: Timestamp) -> Result<Plan, PlanError> {
        let count = orders.len();
        let height = batch::height_for(count as u64).ok_or(BatchError::BadWidth { got: count })?;
        let places = shuffled(1 << height)?;
        let mut documents = Vec::with_capacity(count);
        for (order, place) in orders.iter().zip(places) {
            documents.push(Planned {
                key: order.key.0,
                token: order.token.clone(),
                fields: order.document.fields().iter().map(pair).collect(),
                secret: random()?,
                place,
            });
        }
        let mut plan = Plan {
            plan: VERSION,
            federation: seat.place.federation.0,
            origin: seat.place.origin.to_owned(),
            issuer: 0,
            root: [0; 32],
            height,
            submission: Vec::new(),
            padding: random()?,
            created: now.0,
            documents,
        };
        plan.root = plan.tree()?.root().0;
        plan.sign(seat)?;
        Ok(plan)
    }

    /// Signs the root: at first, and again if the issuer's entry was replaced before the log took
    /// the batch.
    pub fn sign(&mut self, seat: &Seat<'_>) -> Result<(), KeyError> {
        let (batch_root, height) = (self.root(), self.height);
        let statement = IssuanceStatement { issuer: seat.issuer, batch_root, height };
        self.submission = statement.sign(&seat.place, seat.key)?.to_bytes();
        self.issuer = seat.issuer.0;
        Ok(())
    }

    /// The root of its batch tree, by which it is known.
    pub fn root(&self) -> Hash {
        Hash(self.root)
    }

    /// Whether it was made for this log.
    pub fn is_for(&self, place: &Place<'_>) -> bool {
        (self.federation, self.origin.as_str()) == (place.federation.0, place.origin)
    }

    /// The batch, if it is the one that was signed.
    pub fn batch(&self) -> Result<Batch, PlanError> {
        let batch = self.tree()?;
        if batch.root() == self.root() { Ok(batch) } else { Err(PlanError::OtherRoot) }
    }

    /// The receipt of one of its documents.
    pub fn receipt(
        &self,
        document: &Planned,
        batch: &Batch,
        answer: &IssuanceAnswer,
        federation: &Federation,
    ) -> Result<Receipt, PlanError> {
        let (fields, place) = (document.document()?, u64::from(document.place));
        Ok(answer.receipt(federation, &fields, &document.secret, batch, place)?)
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Texts and numbers always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads the file; `None` if it is none.
    pub fn parse(bytes: &[u8]) -> Option<Plan> {
        let plan: Plan = serde_json::from_slice(bytes).ok()?;
        let sound = plan.plan == VERSION && (1..=DOCUMENTS).contains(&plan.documents.len());
        sound.then_some(plan)
    }

    fn tree(&self) -> Result<Batch, PlanError> {
        let width = batch::width(self.height).and_then(|width| u32::try_from(width).ok());
        let width = width.ok_or(PlanError::OtherRoot)?;
        let padding =
            |place: u32| sha256_parts(&[PADDING_LABEL, &self.padding, &place.to_be_bytes()]);
        let mut leaves: Vec<Hash> = (0..width).map(padding).collect();
        for document in &self.documents {
            let leaf = leaves.get_mut(document.place as usize).ok_or(PlanError::OtherRoot)?;
            *leaf = batch::batch_leaf(&document.commitment()?);
        }
        Ok(Batch::new(&leaves)?)
    }
}

impl Planned {
    /// The hash of its idempotency key.
    pub fn key(&self) -> Hash {
        Hash(self.key)
    }

    /// What was said of it.
    pub fn document(&self) -> Result<Document, DocumentError> {
        let fields = self.fields.iter().map(|(name, value)| Field::new(name, value));
        Document::new(fields.collect::<Result<_, _>>()?)
    }

    /// The commitment to its fields.
    pub fn commitment(&self) -> Result<Hash, DocumentError> {
        Ok(commit(&self.document()?, &self.secret))
    }

    /// The value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

fn pair(field: &Field) -> (String, String) {
    (field.name().to_owned(), field.value().to_owned())
}

fn random() -> Result<[u8; 32], getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// All places of a batch in random order: sorted by random numbers so long that no two are equal.
fn shuffled(width: u32) -> Result<Vec<u32>, getrandom::Error> {
    let mut keyed = Vec::with_capacity(width as usize);
    for place in 0..width {
        let mut key = [0u8; 16];
        getrandom::fill(&mut key)?;
        keyed.push((key, place));
    }
    keyed.sort_unstable();
    Ok(keyed.into_iter().map(|(_, place)| place).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::document::{Content, ContentDigest};
    use proto::ledger::FederationId;
    use proto::note::KeyType;
    use std::collections::BTreeSet;

    fn orders(count: u8) -> Vec<Arc<Order>> {
        let order = |i: u8| {
            let digest = ContentDigest { sha256: Hash([i; 32]), length: 3, sha512: None };
            let content = Content::new(digest, "text/plain").unwrap();
            let document = Document::build(&content, "permit", "Office", None, Vec::new());
            let (key, token) = (Hash([i; 32]), "t".to_owned());
            Arc::new(Order { key, token, document: document.unwrap() })
        };
        (0..count).map(order).collect()
    }

    fn plan(count: u8) -> Plan {
        let key = SigningKey::from_seed("office", KeyType::Ed25519, &[9; 32]).unwrap();
        let place = Place { federation: FederationId([1; 32]), origin: "town.example/log" };
        let seat = Seat { place, issuer: LeafIndex(4), key: &key };
        Plan::new(&orders(count), &seat, Timestamp(5)).unwrap()
    }

    #[test]
    fn a_plan_is_read_back_and_gives_the_batch_that_was_signed() {
        for count in [1, 16, 17] {
            let plan = plan(count);
            let read = Plan::parse(&plan.to_bytes()).unwrap();
            assert_eq!(read, plan);
            let batch = read.batch().unwrap();
            assert_eq!((batch.root(), batch.height()), (plan.root(), 4 + (count > 16) as u8));
            for (planned, order) in plan.documents.iter().zip(orders(count)) {
                assert_eq!(planned.document().unwrap(), order.document);
            }
        }
    }

    #[test]
    fn a_plan_that_was_changed_is_noticed() {
        let good = plan(2);
        let text = String::from_utf8(good.to_bytes()).unwrap();
        for (from, to) in [("Office", "office"), ("\"height\":4", "\"height\":5")] {
            let changed = Plan::parse(text.replace(from, to).as_bytes()).unwrap();
            assert!(matches!(changed.batch(), Err(PlanError::OtherRoot)), "{from}");
        }
        let mut outside = good.clone();
        outside.documents[0].place = 16;
        assert!(matches!(outside.batch(), Err(PlanError::OtherRoot)));
        for (from, to) in [("\"plan\":1", "\"plan\":2"), ("\"created\"", "\"made\""), ("}", "")] {
            assert!(Plan::parse(text.replace(from, to).as_bytes()).is_none(), "{from}");
        }
    }

    #[test]
    fn places_are_shuffled_and_secrets_fresh() {
        let places: BTreeSet<u32> = (0..64).map(|_| plan(1).documents[0].place).collect();
        // One document in 16 places, 64 times: fewer than 8 places come up once in 10^13 runs.
        assert!(places.len() >= 8, "{places:?}");
        let mut all = shuffled(1_024).unwrap();
        assert_ne!(all, (0..1_024).collect::<Vec<u32>>());
        all.sort_unstable();
        assert_eq!(all, (0..1_024).collect::<Vec<u32>>());
        let plan = plan(2);
        assert_ne!(plan.documents[0].secret, plan.documents[1].secret);
    }
}
