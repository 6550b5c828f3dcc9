//! Certificate revocation lists (RFC 5280, section 5) that came with a time-stamp, and what a
//! revocation means for it (RFC 3161, section 4).
//!
//! Lists of other issuers, delta lists, indirect ones and those for some reasons only say nothing
//! here: whoever made the evidence could have left them out as well.

use der::asn1::ObjectIdentifier;
use der::oid::AssociatedOid;
use der::{Decode, Encode, Tag};
use x509_cert::crl::{CertificateList, RevokedCert};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlReason};
use x509_cert::time::Time;

use super::algorithm::{Allowed, Scheme};
use super::certificate::Certificate;
use super::parts::{Malformed, Part, outer, plain, whole};
use super::path::{Budget, Path, names};
use super::problem::TsaProblem;
use crate::hash::Timestamp;

const DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");

/// A revocation list with the bytes of its parts.
pub(super) struct List<'a> {
    signed: &'a [u8],
    scheme: Part<'a>,
    signature: &'a [u8],
    issuer: &'a [u8],
    fields: CertificateList,
}

impl<'a> List<'a> {
    /// Reads a list. Its signature is not checked.
    pub fn parse(raw: &'a [u8]) -> Result<List<'a>, Malformed> {
        let fields = CertificateList::from_der(raw)?;
        let mut parts = whole(raw)?.parts_of(Tag::Sequence)?;
        let body = parts.take(Tag::Sequence)?;
        let scheme = parts.take(Tag::Sequence)?;
        let signature = parts.take(Tag::BitString)?.bits()?;
        parts.finish()?;
        let mut body_parts = body.parts();
        body_parts.take(Tag::Integer)?;
        if body_parts.take(Tag::Sequence)?.raw != scheme.raw {
            return Err(Malformed);
        }
        let issuer = body_parts.take(Tag::Sequence)?.raw;
        Ok(List { signed: body.raw, scheme, signature, issuer, fields })
    }

    fn extensions(&self) -> impl Iterator<Item = &Extension> {
        self.fields.tbs_cert_list.crl_extensions.iter().flatten()
    }

    /// Whether the list is about this certificate, by all that it says of itself.
    fn is_about(&self, issued: &Certificate<'_>, issuer: &Certificate<'_>, leaf: bool) -> bool {
        let mut scope = true;
        for extension in self.extensions() {
            let value = extension.extn_value.as_bytes();
            scope &= match extension.extn_id {
                id if id == DISTRIBUTION_POINT => covers(value, leaf).unwrap_or(false),
                id if id == AuthorityKeyIdentifier::OID => AuthorityKeyIdentifier::from_der(value)
                    .is_ok_and(|id| {
                        issuer.has_key_id(id.key_identifier.as_ref().map(|id| id.as_bytes()))
                    }),
                _ => !extension.critical,
            };
        }
        let entries = self.fields.tbs_cert_list.revoked_certificates.iter().flatten();
        let mut entries = entries.flat_map(|entry| entry.crl_entry_extensions.iter().flatten());
        let readable =
            entries.all(|extension| !extension.critical || extension.extn_id == CrlReason::OID);
        scope && readable && self.issuer == issued.issuer && issuer.may_revoke()
    }

    fn entry(&self, certificate: &Certificate<'_>) -> Result<Option<&RevokedCert>, Malformed> {
        for entry in self.fields.tbs_cert_list.revoked_certificates.iter().flatten() {
            if entry.serial_number.to_der()? == certificate.serial {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }
}

/// Whether a list with this IssuingDistributionPoint is complete for certificates of authorities,
/// or of those above them.
fn covers(value: &[u8], leaf: bool) -> Result<bool, Malformed> {
    let mut parts = whole(value)?.parts_of(Tag::Sequence)?;
    parts.optional(outer(0))?;
    let users_only = parts.optional(plain(1))?.is_some();
    let authorities_only = parts.optional(plain(2))?.is_some();
    // What is left limits the list to some reasons, other issuers or attribute certificates.
    Ok(parts.is_empty() && if leaf { !authorities_only } else { !users_only })
}

/// Up to when nothing was revoked that would matter to a time-stamp of this time; none if there is
/// a certificate of which no list tells.
pub(super) fn check(
    path: &Path<'_, '_>,
    lists: &[List<'_>],
    stamped: Timestamp,
    judged: Timestamp,
    allowed: Allowed<'_>,
    budget: &mut Budget,
) -> Result<Option<Timestamp>, TsaProblem> {
    let mut known: Option<Timestamp> = Some(Timestamp(u64::MAX));
    for (index, (issued, issuer)) in path.steps().enumerate() {
        let mut newest = None;
        for list in lists.iter().filter(|list| list.is_about(issued, issuer, index == 0)) {
            let (Ok(scheme), Ok(key)) = (Scheme::read(list.scheme, None), issuer.key()) else {
                continue;
            };
            if names(&key, scheme).into_iter().any(|name| allowed.end(name, judged).is_err()) {
                continue;
            }
            if !budget.verifies(&key, scheme, list.signed, list.signature)? {
                return Err(TsaProblem::List);
            }
            if let Some(entry) = list.entry(issued)? {
                check_entry(entry, stamped)?;
            }
            newest = newest.max(Some(seconds(list.fields.tbs_cert_list.this_update)));
        }
        known = known.min(newest);
    }
    Ok(known)
}

/// RFC 3161, section 4: a certificate that was given up in good order keeps the time-stamps from
/// before; any other reason, or none, takes them all.
fn check_entry(entry: &RevokedCert, stamped: Timestamp) -> Result<(), TsaProblem> {
    let since = seconds(entry.revocation_date);
    let mut extensions = entry.crl_entry_extensions.iter().flatten();
    let reason = extensions.find(|extension| extension.extn_id == CrlReason::OID);
    let reason = reason.map(|extension| CrlReason::from_der(extension.extn_value.as_bytes()));
    let orderly = matches!(
        reason,
        Some(Ok(CrlReason::Unspecified
            | CrlReason::AffiliationChanged
            | CrlReason::Superseded
            | CrlReason::CessationOfOperation))
    );
    if orderly && stamped < since { Ok(()) } else { Err(TsaProblem::Revoked { since }) }
}

fn seconds(time: Time) -> Timestamp {
    Timestamp(time.to_unix_duration().as_secs())
}
