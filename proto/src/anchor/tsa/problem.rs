//! Why a chain of time-stamps proves nothing.

use der::asn1::ObjectIdentifier;
use thiserror::Error;

use super::chain::ChainError;
use super::parts::Malformed;
use crate::hash::Timestamp;
use crate::time::{self, Date};

/// Why a chain of time-stamps proves nothing.
///
/// Some of it is no fault of the evidence: what the federation does not name, what has grown old,
/// and what lies ahead of the clock. [`TsaProblem::is_false`] tells those apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum TsaProblem {
    /// The bytes are not in our form.
    #[error("{0}")]
    Form(#[from] ChainError),
    /// A token, certificate or revocation list is not what its specification says.
    #[error("A part of the time-stamp is not in the form that its specification asks for.")]
    Malformed,
    /// More signatures than are checked for one piece of evidence.
    #[error("The time-stamp asks for more signatures to be checked than this program checks.")]
    TooMuch,
    /// A token that is not a time-stamp, or breaks a rule for time-stamps.
    #[error("The token is not a time-stamp: {0}")]
    Token(TokenFault),
    /// The time-stamp is over something else.
    #[error("The time-stamp is over something else, not over this.")]
    Imprint,
    /// A time-stamp is dated before the one that it renews.
    #[error("A time-stamp is dated before the one that it renews.")]
    Order,
    /// The signature over the time-stamp is wrong.
    #[error("The signature of the time-stamp does not verify.")]
    Signature,
    /// The signer's certificate may not sign time-stamps.
    #[error("The certificate that signed the time-stamp is not one for time-stamps alone.")]
    Usage,
    /// A step between the signer's certificate and the root is wrong.
    #[error("The certificates do not lead to the authority's root: {0}")]
    Path(PathFault),
    /// A certificate was revoked.
    #[error("A certificate of the time-stamp was revoked on {}.", time::utc(*since))]
    Revoked {
        /// Since when.
        since: Timestamp,
    },
    /// A certificate revocation list has a wrong signature.
    #[error("A certificate revocation list is not signed by the authority that it names.")]
    List,
    /// The certificates lead to no root that the federation names.
    #[error("The time-stamp is of an authority that the federation does not name.")]
    UnknownAuthority,
    /// An algorithm that this program does not have.
    #[error("The time-stamp uses an algorithm that this program does not know ({oid}).")]
    UnknownAlgorithm {
        /// Its object identifier.
        oid: ObjectIdentifier,
    },
    /// An algorithm that the federation does not name.
    #[error("The time-stamp uses {name}, which the federation does not count.")]
    AlgorithmNotAllowed {
        /// Its name.
        name: &'static str,
    },
    /// An algorithm had ended before the time-stamp was renewed.
    #[error("{name} counts until {until}, and the time-stamp was not renewed by then.")]
    AlgorithmEnded {
        /// Its name.
        name: &'static str,
        /// The last day on which it counts.
        until: Date,
    },
    /// A certificate had ended before the time-stamp was renewed.
    #[error(
        "A certificate of the time-stamp ended on {}, and it was not renewed by then.",
        time::utc(*ended)
    )]
    Aged {
        /// When the certificate ended.
        ended: Timestamp,
    },
    /// The time-stamp lies ahead of the clock.
    #[error("The time-stamp is of {}, which is ahead of this clock.", time::utc(*stamped))]
    Ahead {
        /// The time of the time-stamp.
        stamped: Timestamp,
    },
}

/// How a token breaks the rules for time-stamps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum TokenFault {
    /// It is no CMS SignedData, or signs something other than a TSTInfo.
    #[error("it signs something else.")]
    Content,
    /// A version that is not the one of its specification.
    #[error("a version number is wrong.")]
    Version,
    /// Not exactly one signer.
    #[error("it does not have exactly one signer.")]
    Signers,
    /// A signed attribute is missing, stands twice or has a wrong value.
    #[error("its signed attributes are wrong.")]
    Attributes,
    /// It has attributes that no signature covers.
    #[error("it has attributes that nobody signed.")]
    UnsignedAttributes,
    /// It names its signer's certificate by SHA-1 alone (RFC 2634), not as RFC 5816 does.
    #[error("it names its certificate by SHA-1 alone.")]
    SigningCertificateV1,
    /// The certificate that it names is not there, or is another than it says.
    #[error("the certificate that it names is not there.")]
    Signer,
    /// It names an authority that its certificate does not name.
    #[error("it names another authority than its certificate.")]
    Authority,
    /// A critical extension that this program does not know.
    #[error("it has a critical extension that this program does not know.")]
    Extension,
}

/// What is wrong between a certificate and the root.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum PathFault {
    /// A signature of a certificate is wrong.
    #[error("a signature does not verify.")]
    Signature,
    /// A certificate was issued by one that may not issue it.
    #[error("one was issued by a certificate that may not issue it.")]
    Issuer,
    /// A certificate was not valid when the time-stamp was made.
    #[error("one was not valid at the time of the time-stamp.")]
    Validity,
    /// A critical extension that this program does not process.
    #[error("one has a critical extension that this program does not know.")]
    Extension,
    /// More certificates in between than are followed.
    #[error("there are too many of them.")]
    Length,
}

impl TsaProblem {
    /// The stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            TsaProblem::Form(_) | TsaProblem::Malformed | TsaProblem::TooMuch => "anchor-tsa-form",
            TsaProblem::Token(_) => "anchor-tsa-token",
            TsaProblem::Imprint => "anchor-tsa-imprint",
            TsaProblem::Order => "anchor-tsa-order",
            TsaProblem::Signature => "anchor-tsa-signature",
            TsaProblem::Usage => "anchor-tsa-usage",
            TsaProblem::Path(_) => "anchor-tsa-path",
            TsaProblem::Revoked { .. } => "anchor-tsa-revoked",
            TsaProblem::List => "anchor-tsa-list",
            TsaProblem::UnknownAuthority => "anchor-tsa-unknown",
            TsaProblem::UnknownAlgorithm { .. } | TsaProblem::AlgorithmNotAllowed { .. } => {
                "anchor-tsa-algorithm"
            }
            TsaProblem::AlgorithmEnded { .. } | TsaProblem::Aged { .. } => "anchor-tsa-aged",
            TsaProblem::Ahead { .. } => "anchor-tsa-ahead",
        }
    }

    /// Whether the evidence is false; if not, nothing can be said from what is known here and now.
    pub fn is_false(&self) -> bool {
        !matches!(
            self,
            TsaProblem::UnknownAuthority
                | TsaProblem::UnknownAlgorithm { .. }
                | TsaProblem::AlgorithmNotAllowed { .. }
                | TsaProblem::AlgorithmEnded { .. }
                | TsaProblem::Aged { .. }
                | TsaProblem::Ahead { .. }
        )
    }
}

impl From<Malformed> for TsaProblem {
    fn from(_: Malformed) -> TsaProblem {
        TsaProblem::Malformed
    }
}

impl From<TokenFault> for TsaProblem {
    fn from(fault: TokenFault) -> TsaProblem {
        TsaProblem::Token(fault)
    }
}
