//! What a token and its certificates say of where the rest of the evidence is: for whoever makes
//! the evidence. All of it is a claim.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use x509_cert::ext::pkix::name::GeneralName;

use super::certificate::Certificate;
use super::revocation::List;
use super::token::Token;

/// The certificates in a token, DER; none if it is no token.
pub fn certificates(token: &[u8]) -> Vec<Vec<u8>> {
    let token = Token::parse(token).map(|token| token.certificates);
    token.unwrap_or_default().into_iter().map(<[u8]>::to_vec).collect()
}

/// The http addresses at which a certificate says that its issuer's revocation lists are; none if
/// it is no certificate.
pub fn list_addresses(certificate: &[u8]) -> Vec<String> {
    let Ok(certificate) = Certificate::parse(certificate) else { return Vec::new() };
    let address = |name| match name {
        GeneralName::UniformResourceIdentifier(address) => Some(address.to_string()),
        _ => None,
    };
    let addresses = certificate.list_places().into_iter().filter_map(address);
    addresses.filter(|text| text.starts_with("http://")).collect()
}

/// Whether these bytes are a certificate that evidence can hold.
pub fn is_certificate(der: &[u8]) -> bool {
    Certificate::parse(der).is_ok()
}

/// Whether these bytes are a revocation list that evidence can hold.
pub fn is_list(der: &[u8]) -> bool {
    List::parse(der).is_ok()
}
