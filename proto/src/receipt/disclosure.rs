//! The fields in a receipt: all of them with one secret, or some with their salts and a proof.

use alloc::vec::Vec;

use super::ReceiptError;
use crate::document::commitment::{commit, commitment, field_leaf, salt};
use crate::document::disclosure::{prove_fields, root_of_fields};
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
                let leaf = |shown: &ShownField| field_leaf(&shown.salt, &shown.field);
                let leaves: Vec<(u32, Hash)> =
                    fields.iter().map(|shown| (shown.index, leaf(shown))).collect();
                Ok(commitment(*count, &root_of_fields(*count, &leaves, proof)?))
            }
        }
    }

    /// The same document with only these fields shown, and the four that are never hidden.
    pub fn redact(&self, shown: &[u32]) -> Result<Disclosure, ReceiptError> {
        let Disclosure::Full { secret, fields } = self else { return Err(ReceiptError::Redacted) };
        let document = Document::new(fields.clone())?;
        let fixed = FIXED_NAMES.len();
        let count = self.count();
        if shown.iter().any(|index| *index >= count) {
            return Err(ReceiptError::BadNumber);
        }
        let kept: Vec<(u32, &Field)> = (0u32..)
            .zip(fields)
            .enumerate()
            .filter(|(place, (index, _))| *place < fixed || shown.contains(index))
            .map(|(_, field)| field)
            .collect();
        let indexes: Vec<u32> = kept.iter().map(|(index, _)| *index).collect();
        let proof = prove_fields(&document, secret, &indexes).ok_or(ReceiptError::BadNumber)?;
        let show = |(index, field): (u32, &Field)| {
            let salt = salt(secret, index);
            ShownField { index, field: field.clone(), salt }
        };
        Ok(Disclosure::Redacted { count, fields: kept.into_iter().map(show).collect(), proof })
    }
}
