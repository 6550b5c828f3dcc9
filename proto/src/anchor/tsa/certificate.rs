//! Certificates (RFC 5280): the parts that matter for a time-stamp, and what one certificate may
//! do.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use der::asn1::ObjectIdentifier;
use der::{Decode, Tag};
use x509_cert::Certificate as X509;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage, KeyUsage,
    SubjectKeyIdentifier,
};

use super::algorithm::Scheme;
use super::key::Key;
use super::parts::{Malformed, Part, outer, whole};
use super::problem::{PathFault, TsaProblem};
use crate::hash::Timestamp;

const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const CERTIFICATE_POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");
const ANY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");

/// A certificate with the bytes of its parts.
#[derive(Clone, Debug)]
pub(super) struct Certificate<'a> {
    pub raw: &'a [u8],
    signed: &'a [u8],
    scheme: Part<'a>,
    signature: &'a [u8],
    pub serial: &'a [u8],
    pub issuer: &'a [u8],
    pub subject: &'a [u8],
    key: Part<'a>,
    fields: X509,
}

impl<'a> Certificate<'a> {
    /// Reads a certificate. Its signature is not checked.
    pub fn parse(raw: &'a [u8]) -> Result<Certificate<'a>, Malformed> {
        let fields = X509::from_der(raw)?;
        let mut parts = whole(raw)?.parts_of(Tag::Sequence)?;
        let body = parts.take(Tag::Sequence)?;
        let scheme = parts.take(Tag::Sequence)?;
        let signature = parts.take(Tag::BitString)?.bits()?;
        parts.finish()?;
        let mut body_parts = body.parts();
        body_parts.optional(outer(0))?;
        let serial = body_parts.take(Tag::Integer)?.raw;
        // Both say how it is signed (RFC 5280, section 4.1.1.2).
        if body_parts.take(Tag::Sequence)?.raw != scheme.raw {
            return Err(Malformed);
        }
        let issuer = body_parts.take(Tag::Sequence)?.raw;
        body_parts.take(Tag::Sequence)?;
        let subject = body_parts.take(Tag::Sequence)?.raw;
        let key = body_parts.take(Tag::Sequence)?;
        let signed = body.raw;
        let certificate =
            Certificate { raw, signed, scheme, signature, serial, issuer, subject, key, fields };
        certificate.check_extensions()?;
        Ok(certificate)
    }

    /// No extension stands twice (RFC 5280, section 4.2), and those that are used can be read.
    fn check_extensions(&self) -> Result<(), Malformed> {
        let mut ids: Vec<_> = self.extensions().map(|(id, _)| id).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        if ids.len() != count {
            return Err(Malformed);
        }
        self.extension::<BasicConstraints>()?;
        self.extension::<KeyUsage>()?;
        self.extension::<ExtendedKeyUsage>()?;
        self.extension::<SubjectKeyIdentifier>()?;
        self.extension::<AuthorityKeyIdentifier>()?;
        Ok(())
    }

    fn extensions(&self) -> impl Iterator<Item = (ObjectIdentifier, bool)> {
        let extensions = self.fields.tbs_certificate().extensions();
        extensions.into_iter().flatten().map(|extension| (extension.extn_id, extension.critical))
    }

    /// An extension, and whether it is critical.
    fn extension<'b, T>(&'b self) -> Result<Option<(bool, T)>, Malformed>
    where
        T: Decode<'b> + der::oid::AssociatedOid,
    {
        let mut extensions = self.fields.tbs_certificate().extensions().into_iter().flatten();
        let Some(found) = extensions.find(|extension| extension.extn_id == T::OID) else {
            return Ok(None);
        };
        let value = T::from_der(found.extn_value.as_bytes()).map_err(|_| Malformed)?;
        Ok(Some((found.critical, value)))
    }

    /// An extension that [`Certificate::parse`] has read already.
    fn read<'b, T: Decode<'b> + der::oid::AssociatedOid>(&'b self) -> Option<(bool, T)> {
        self.extension().ok().flatten()
    }

    /// Its key.
    pub fn key(&self) -> Result<Key, TsaProblem> {
        Key::read(self.key)
    }

    /// How it is signed, what is signed, and the signature.
    pub fn signature(&self) -> Result<(Scheme, &'a [u8], &'a [u8]), TsaProblem> {
        Ok((Scheme::read(self.scheme, None)?, self.signed, self.signature))
    }

    /// The last second in which it is valid.
    pub fn end(&self) -> Timestamp {
        let validity = self.fields.tbs_certificate().validity();
        Timestamp(validity.not_after.to_unix_duration().as_secs())
    }

    /// Whether it is valid at this time.
    pub fn valid_at(&self, time: Timestamp) -> bool {
        let validity = self.fields.tbs_certificate().validity();
        let start = Timestamp(validity.not_before.to_unix_duration().as_secs());
        start <= time && time <= self.end()
    }

    /// Its subject as a person reads it (RFC 4514).
    pub fn subject_name(&self) -> String {
        let name = self.fields.tbs_certificate().subject().to_string();
        name.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect()
    }

    /// Whether every critical extension is one that is looked at. Policies are: any is taken.
    pub fn check_critical(&self) -> Result<(), TsaProblem> {
        use der::oid::AssociatedOid;
        let known = [
            BasicConstraints::OID,
            KeyUsage::OID,
            ExtendedKeyUsage::OID,
            SUBJECT_ALT_NAME,
            CERTIFICATE_POLICIES,
        ];
        match self.extensions().any(|(id, critical)| critical && !known.contains(&id)) {
            true => Err(TsaProblem::Path(PathFault::Extension)),
            false => Ok(()),
        }
    }

    /// Whether it is one for time-stamps and nothing else (RFC 3161, section 2.3).
    pub fn check_usage(&self) -> Result<(), TsaProblem> {
        let extended = self.read::<ExtendedKeyUsage>();
        let alone =
            extended.is_some_and(|(critical, usage)| critical && usage.0 == [TIME_STAMPING]);
        let signs = self
            .read::<KeyUsage>()
            .is_none_or(|(_, usage)| usage.digital_signature() || usage.non_repudiation());
        if alone && signs { Ok(()) } else { Err(TsaProblem::Usage) }
    }

    /// Whether it may issue a certificate with so many issuing certificates `below` it. A root's
    /// place is given by the federation: it may leave out what makes a certificate an issuer.
    pub fn may_issue(&self, below: usize, root: bool) -> bool {
        let constraints = self.read::<BasicConstraints>().map_or(root, |(_, constraints)| {
            let most = constraints.path_len_constraint.map(usize::from);
            constraints.ca && most.is_none_or(|most| below <= most)
        });
        let usage = self.read::<KeyUsage>().is_none_or(|(_, usage)| usage.key_cert_sign());
        let purpose = self.read::<ExtendedKeyUsage>().is_none_or(|(_, usage)| {
            usage.0.contains(&TIME_STAMPING) || usage.0.contains(&ANY_USAGE)
        });
        constraints && usage && purpose
    }

    /// Whether it may sign revocation lists.
    pub fn may_revoke(&self) -> bool {
        self.read::<KeyUsage>().is_none_or(|(_, usage)| usage.crl_sign())
    }

    /// Whether its name and key identifier are those that another certificate gives for its issuer.
    pub fn is_named_by(&self, issued: &Certificate<'_>) -> bool {
        let named = issued.read::<AuthorityKeyIdentifier>().and_then(|(_, id)| id.key_identifier);
        self.subject == issued.issuer && self.has_key_id(named.as_ref().map(|id| id.as_bytes()))
    }

    /// Whether this is its key identifier, as far as both are known.
    pub fn has_key_id(&self, id: Option<&[u8]>) -> bool {
        let own = self.read::<SubjectKeyIdentifier>();
        match (own, id) {
            (Some((_, own)), Some(id)) => own.0.as_bytes() == id,
            _ => true,
        }
    }

    /// Whether its subject, or one of its alternative names, is this GeneralName.
    pub fn is_called(&self, name: Part<'_>) -> Result<bool, Malformed> {
        if let Ok(directory) = name.parts_of(outer(4)) {
            let mut directory = directory;
            if directory.next()?.raw == self.subject {
                return Ok(true);
            }
        }
        let mut extensions = self.fields.tbs_certificate().extensions().into_iter().flatten();
        let Some(names) = extensions.find(|extension| extension.extn_id == SUBJECT_ALT_NAME) else {
            return Ok(false);
        };
        let mut names = whole(names.extn_value.as_bytes())?.parts_of(Tag::Sequence)?;
        while !names.is_empty() {
            if names.next()?.raw == name.raw {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Where its issuer's revocation lists are.
    pub fn list_places(&self) -> Vec<GeneralName> {
        let points = self.read::<CrlDistributionPoints>().map_or_else(Vec::new, |(_, list)| list.0);
        let names = points.into_iter().filter_map(|point| match point.distribution_point {
            Some(DistributionPointName::FullName(names)) => Some(names),
            _ => None,
        });
        names.flatten().collect()
    }
}
