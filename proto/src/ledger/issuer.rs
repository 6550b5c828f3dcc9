//! The issuer entry: who may issue which types with which key.
//!
//! ```text
//! u8 version 1, u8 kind 1, u64 id, u64 replaces, u8 retired,
//! u8 + name, u8 algorithm 1, key[32], u16 count of (u8 + document type)     <- signed part
//! admin signature[64], unless retired: key signature[64]
//! ```
//!
//! The id is the index of the issuer's first entry. In that first entry both indexes are 64 set
//! bits.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::bytes::{Reader, Writer};
use crate::document::field::{is_document_type, is_plain};
use crate::hash::LeafIndex;
use crate::limits;
use crate::note::{KeyError, SigningKey, ed25519};

use super::entry::{self, EntryError};
use super::place::{Place, Signed};
use super::state::IssuerState;

const ED25519: u8 = 1;

/// The earlier entry of the same issuer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Previous {
    /// Index of the issuer's first entry.
    pub id: LeafIndex,
    /// Index of the entry in force that the new one replaces.
    pub replaces: LeafIndex,
}

/// The part of an issuer entry that is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssuerStatement {
    previous: Option<Previous>,
    retired: bool,
    name: String,
    key: [u8; 32],
    scope: Vec<String>,
}

/// An issuer entry with its signatures, none of them checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issuer {
    /// The signed part.
    pub statement: IssuerStatement,
    /// By the administration key of the log.
    pub admin_signature: [u8; 64],
    /// By the key itself; absent exactly if the issuer is retired.
    pub key_signature: Option<[u8; 64]>,
}

impl IssuerStatement {
    /// An issuer's first entry, or with `previous` one that changes its name, key or scope. The
    /// scope is sorted here.
    pub fn new(
        previous: Option<Previous>,
        name: &str,
        key: &[u8; 32],
        scope: &[&str],
    ) -> Result<IssuerStatement, EntryError> {
        let mut scope: Vec<String> = scope.iter().map(|scope| scope.to_string()).collect();
        scope.sort();
        let statement =
            IssuerStatement { previous, retired: false, name: name.to_string(), key: *key, scope };
        statement.check()?;
        Ok(statement)
    }

    /// The entry that retires this issuer: it repeats name, key and scope.
    pub fn retire(issuer: &IssuerState) -> IssuerStatement {
        IssuerStatement {
            previous: Some(Previous { id: issuer.id, replaces: issuer.entry }),
            retired: true,
            name: issuer.name.clone(),
            key: issuer.key,
            scope: issuer.scope.clone(),
        }
    }

    /// The issuer's earlier entry; none in the first one.
    pub fn previous(&self) -> Option<Previous> {
        self.previous
    }

    /// Whether the issuer is retired by this entry.
    pub fn retired(&self) -> bool {
        self.retired
    }

    /// The name that people see.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The issuer's Ed25519 public key.
    pub fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// The document types that the issuer may issue, sorted.
    pub fn scope(&self) -> &[String] {
        &self.scope
    }

    /// Whether a document type is in the scope.
    pub fn covers(&self, document_type: &str) -> bool {
        self.scope.iter().any(|scope| scope == document_type)
    }

    /// The bytes that are signed, before label and place.
    pub fn to_bytes(&self) -> Vec<u8> {
        let max = LeafIndex(u64::MAX);
        let (id, replaces) = self.previous.map_or((max, max), |p| (p.id, p.replaces));
        let mut writer = Writer::new();
        writer.u8(entry::VERSION).u8(entry::ISSUER).u64(id.0).u64(replaces.0);
        writer.u8(u8::from(self.retired));
        // Name, count and types are short: `check` ran before.
        let short = |text: &str| u8::try_from(text.len()).unwrap_or(u8::MAX);
        writer.u8(short(&self.name)).bytes(self.name.as_bytes());
        writer.u8(ED25519).bytes(&self.key);
        writer.u16(u16::try_from(self.scope.len()).unwrap_or(u16::MAX));
        for scope in &self.scope {
            writer.u8(short(scope)).bytes(scope.as_bytes());
        }
        writer.into_bytes()
    }

    /// Reads what [`IssuerStatement::to_bytes`] writes. No signature is checked.
    pub fn parse(bytes: &[u8]) -> Result<IssuerStatement, EntryError> {
        let mut reader = Reader::new(bytes);
        match entry::read_head(&mut reader)? {
            entry::ISSUER => {}
            found => return Err(EntryError::UnknownKind { found }),
        }
        let statement = IssuerStatement::read(&mut reader)?;
        reader.finish()?;
        Ok(statement)
    }

    fn read(reader: &mut Reader<'_>) -> Result<IssuerStatement, EntryError> {
        let previous = match (entry::read_optional(reader)?, entry::read_optional(reader)?) {
            (Some(id), Some(replaces)) => Some(Previous { id, replaces }),
            (None, None) => None,
            _ => return Err(EntryError::BadPrevious),
        };
        let retired = match reader.u8()? {
            0 => false,
            1 => true,
            _ => return Err(EntryError::BadChoice),
        };
        let text = |bytes| core::str::from_utf8(bytes).map(String::from);
        let name = text(reader.prefixed8()?).map_err(|_| EntryError::BadName)?;
        match reader.u8()? {
            ED25519 => {}
            found => return Err(EntryError::UnknownAlgorithm { found }),
        }
        let key = reader.array()?;
        let count = usize::from(reader.u16()?);
        if count > limits::ISSUER_SCOPE {
            return Err(EntryError::BadScope);
        }
        let mut scope = Vec::with_capacity(count);
        for _ in 0..count {
            scope.push(text(reader.prefixed8()?).map_err(|_| EntryError::BadScope)?);
        }
        let statement = IssuerStatement { previous, retired, name, key, scope };
        statement.check()?;
        Ok(statement)
    }

    fn check(&self) -> Result<(), EntryError> {
        let number = |index: LeafIndex| index.0 <= limits::JSON_INTEGER;
        match self.previous {
            // Nothing is there to be retired by a first entry.
            None if self.retired => return Err(EntryError::BadPrevious),
            Some(p) if p.replaces < p.id => return Err(EntryError::BadPrevious),
            Some(p) if !number(p.replaces) => return Err(EntryError::NumberTooLarge),
            _ => {}
        }
        let good_length = (1..=limits::ISSUER_NAME_BYTES).contains(&self.name.len());
        if !good_length || !is_plain(&self.name) || self.name.trim() != self.name {
            return Err(EntryError::BadName);
        }
        ed25519::public_key(&self.key).map_err(EntryError::BadKey)?;
        let sorted = self.scope.is_sorted_by(|a, b| a < b);
        let good_count = (1..=limits::ISSUER_SCOPE).contains(&self.scope.len());
        if !sorted || !good_count || !self.scope.iter().all(|scope| is_document_type(scope)) {
            return Err(EntryError::BadScope);
        }
        Ok(())
    }
}

impl Issuer {
    /// Retires an issuer, with the administration key.
    pub fn retire(
        place: &Place<'_>,
        issuer: &IssuerState,
        admin: &SigningKey,
    ) -> Result<Issuer, KeyError> {
        let statement = IssuerStatement::retire(issuer);
        let admin_signature = Signed::IssuerByAdmin.sign(place, &statement.to_bytes(), admin)?;
        Ok(Issuer { statement, admin_signature, key_signature: None })
    }

    /// The bytes of the entry.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.statement.to_bytes();
        bytes.extend_from_slice(&self.admin_signature);
        if let Some(signature) = &self.key_signature {
            bytes.extend_from_slice(signature);
        }
        bytes
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Issuer, EntryError> {
        let statement = IssuerStatement::read(reader)?;
        let admin_signature = reader.array()?;
        let key_signature = if statement.retired { None } else { Some(reader.array()?) };
        Ok(Issuer { statement, admin_signature, key_signature })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Entry;
    use crate::note::KeyType;

    fn key() -> [u8; 32] {
        let key = SigningKey::from_seed("k", KeyType::Ed25519, &[3; 32]).unwrap();
        *key.verifier_key().ed25519_public_key().unwrap()
    }

    fn statement() -> IssuerStatement {
        IssuerStatement::new(None, "School office", &key(), &["b", "a.certificate"]).unwrap()
    }

    #[test]
    fn one_spelling() {
        let mut all = alloc::vec![statement()];
        let previous = Previous { id: LeafIndex(3), replaces: LeafIndex(9) };
        all.push(IssuerStatement { previous: Some(previous), ..statement() });
        all.push(IssuerStatement { retired: true, previous: Some(previous), ..statement() });
        for statement in all {
            let bytes = statement.to_bytes();
            assert_eq!(IssuerStatement::parse(&bytes), Ok(statement.clone()));
            let key_signature = (!statement.retired).then_some([2; 64]);
            let issuer = Issuer { statement, admin_signature: [1; 64], key_signature };
            let bytes = issuer.to_bytes();
            assert_eq!(Entry::parse(&bytes), Ok(Entry::Issuer(issuer)));
            for end in 0..bytes.len() {
                assert!(Entry::parse(&bytes[..end]).is_err(), "{end}");
            }
            assert!(Entry::parse(&[&bytes[..], &[0]].concat()).is_err());
        }
    }

    #[test]
    fn parts_are_checked() {
        let previous = |id, replaces| Previous { id: LeafIndex(id), replaces: LeafIndex(replaces) };
        let new = |name: &str, key: &[u8; 32], scope: &[&str]| {
            IssuerStatement::new(None, name, key, scope).map_err(|e| e.code())
        };
        let long = "n".repeat(201);
        for name in ["", " n", "n ", "a\nb", "\u{202e}n", &long] {
            assert_eq!(new(name, &key(), &["a"]), Err("issuer-name-bad"), "{name:?}");
        }
        for scope in [&[][..], &["a", "a"], &["A"], &[""], &["a"; 65]] {
            assert_eq!(new("n", &key(), scope), Err("scope-bad"), "{scope:?}");
        }
        // The identity element: anybody can sign for it.
        let mut weak = [0; 32];
        weak[0] = 1;
        assert_eq!(new("n", &weak, &["a"]), Err("key-weak"));
        assert_eq!(new("n", &[0xff; 32], &["a"]), Err("key-bad"));
        for (statement, want) in [
            (IssuerStatement { retired: true, ..statement() }, "entry-malformed"),
            (IssuerStatement { previous: Some(previous(9, 3)), ..statement() }, "entry-malformed"),
            (
                IssuerStatement { previous: Some(previous(1, 1 << 60)), ..statement() },
                "entry-malformed",
            ),
            (
                IssuerStatement { previous: Some(previous(u64::MAX, 1)), ..statement() },
                "entry-malformed",
            ),
            (
                IssuerStatement { scope: alloc::vec!["b".into(), "a".into()], ..statement() },
                "scope-bad",
            ),
        ] {
            let refused = IssuerStatement::parse(&statement.to_bytes()).unwrap_err();
            assert_eq!(refused.code(), want);
        }
    }

    #[test]
    fn the_scope_decides_by_whole_types() {
        assert!(statement().covers("b") && statement().covers("a.certificate"));
        assert!(!statement().covers("a") && !statement().covers(""));
    }
}
