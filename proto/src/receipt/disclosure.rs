//! The fields in a receipt: all of them with one secret, or some with their salts and a proof.

use alloc::vec::Vec;

use super::ReceiptError;
use crate::document::commitment::{commit, commitment, field_leaf, salt};
use crate::document::disclosure::{narrow_proof, prove_fields, root_of_fields};
use crate::document::field::{FIXED_NAMES, check_fixed, check_unique};
use crate::document::{Document, DocumentError, Field};
use crate::hash::Hash;

/// A field that a redacted receipt shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownField {
    /// Its place.
    pub index: u32,
    /// Name and value.
    pub field: Field,
    /// Its salt.
    pub salt: [u8; 32],
}

/// The fields and what leads from them to the commitment.
#[derive(Clone, PartialEq, Eq)]
pub enum Disclosure {
    /// Every field.
    Full {
        /// From which all salts come. Whoever has it can guess hidden values.
        secret: [u8; 32],
        /// The fields in their order.
        fields: Vec<Field>,
    },
    /// Some fields.
    Redacted {
        /// How many fields the document has.
        count: u32,
        /// Those that are shown, in their order.
        fields: Vec<ShownField>,
        /// The proof of those that are hidden.
        proof: Vec<Hash>,
    },
}

impl core::fmt::Debug for Disclosure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Neither secret nor values belong into a log.
        let shown = self.shown().count();
        write!(f, "Disclosure {{ {shown} of {} fields }}", self.count())
    }
}

impl Disclosure {
    /// How many fields the document has.
    pub fn count(&self) -> u32 {
        match self {
            Disclosure::Full { fields, .. } => u32::try_from(fields.len()).unwrap_or(u32::MAX),
            Disclosure::Redacted { count, .. } => *count,
        }
    }

    /// The fields that are shown, each with its place.
    pub fn shown(&self) -> impl Iterator<Item = (u32, &Field)> + Clone {
        let (full, redacted) = match self {
            Disclosure::Full { fields, .. } => (fields.as_slice(), &[][..]),
            Disclosure::Redacted { fields, .. } => (&[][..], fields.as_slice()),
        };
        (0u32..).zip(full).chain(redacted.iter().map(|shown| (shown.index, &shown.field)))
    }

    /// Whether a field is hidden.
    pub fn is_redacted(&self) -> bool {
        matches!(self, Disclosure::Redacted { .. })
    }

    /// Checks that the fields that may never be hidden are shown in their places, and that no name
    /// comes twice.
    pub fn check_fields(&self) -> Result<(), DocumentError> {
        let indexes = self.shown().map(|(index, _)| index).take(FIXED_NAMES.len());
        let names = self.shown().map(|(_, field)| field.name());
        for (fixed, (want, index)) in FIXED_NAMES.into_iter().zip((0u32..).zip(indexes)) {
            if want != index {
                return Err(DocumentError::FixedField(fixed));
            }
        }
        check_fixed(names.clone())?;
        check_unique(names)
    }

    /// The commitment that the fields lead to. It proves nothing by itself.
    pub fn commitment(&self) -> Result<Hash, ReceiptError> {
        match self {
            Disclosure::Full { secret, fields } => {
                Ok(commit(&Document::new(fields.clone())?, secret))
            }
            Disclosure::Redacted { count, fields, proof } => {
                Ok(commitment(*count, &root_of_fields(*count, &leaves(fields), proof)?))
            }
        }
    }

    /// The same document with only these fields shown, and the four that are never hidden. The
    /// secret is gone from it: whoever gets it has the salts of what it shows and no other.
    pub fn redact(&self, shown: &[u32]) -> Result<Disclosure, ReceiptError> {
        let count = self.count();
        if shown.iter().any(|index| *index >= count) {
            return Err(ReceiptError::BadNumber);
        }
        self.check_fields()?;
        let fixed = u32::try_from(FIXED_NAMES.len()).unwrap_or(u32::MAX);
        let kept = |index: u32| index < fixed || shown.contains(&index);
        let indexes: Vec<u32> =
            self.shown().map(|(index, _)| index).filter(|index| kept(*index)).collect();
        if shown.iter().any(|index| !indexes.contains(index)) {
            return Err(ReceiptError::AlreadyHidden);
        }
        let (fields, proof) = match self {
            Disclosure::Full { secret, fields } => {
                let document = Document::new(fields.clone())?;
                let proof =
                    prove_fields(&document, secret, &indexes).ok_or(ReceiptError::BadNumber)?;
                let show = |(index, field): (u32, &Field)| {
                    let salt = salt(secret, index);
                    ShownField { index, field: field.clone(), salt }
                };
                (self.shown().filter(|(index, _)| kept(*index)).map(show).collect(), proof)
            }
            Disclosure::Redacted { fields, proof, .. } => {
                let proof = narrow_proof(count, &leaves(fields), proof, &indexes)?;
                (fields.iter().filter(|shown| kept(shown.index)).cloned().collect(), proof)
            }
        };
        Ok(Disclosure::Redacted { count, fields, proof })
    }
}

fn leaves(fields: &[ShownField]) -> Vec<(u32, Hash)> {
    fields.iter().map(|shown| (shown.index, field_leaf(&shown.salt, &shown.field))).collect()
}
