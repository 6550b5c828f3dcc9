//! TSTInfo (RFC 3161, section 2.4.2): what a time-stamp says.

use der::Tag;
use der::asn1::ObjectIdentifier;

use super::algorithm::Digest;
use super::parts::{Malformed, Part, Parts, outer, plain, whole};
use super::problem::{TokenFault, TsaProblem};
use crate::hash::Timestamp;
use crate::time::{DAY_S, Date};

/// What a time-stamp says, unchecked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Info<'a> {
    pub policy: ObjectIdentifier,
    pub digest: Digest,
    pub imprint: &'a [u8],
    /// genTime, parts of a second dropped.
    pub time: Timestamp,
    /// The latest time that genTime and its accuracy allow, in whole seconds.
    pub latest: Timestamp,
    /// The nonce, without leading zeros.
    pub nonce: Option<&'a [u8]>,
    /// The name of the authority, a GeneralName.
    pub authority: Option<Part<'a>>,
}

impl<'a> Info<'a> {
    /// Reads a TSTInfo.
    pub fn parse(bytes: &'a [u8]) -> Result<Info<'a>, TsaProblem> {
        let mut parts = whole(bytes)?.parts_of(Tag::Sequence)?;
        if parts.take(Tag::Integer)?.number()? != 1 {
            return Err(TokenFault::Version.into());
        }
        let policy = parts.take(Tag::ObjectIdentifier)?.oid()?;
        let mut imprint = parts.take(Tag::Sequence)?.parts();
        let digest = Digest::read(imprint.next()?)?;
        let hashed = imprint.next()?.bytes()?;
        imprint.finish()?;
        parts.take(Tag::Integer)?;
        let (time, fraction) = time(parts.take(Tag::GeneralizedTime)?.value())?;
        let accuracy = parts.optional(Tag::Sequence)?.map_or(Ok(0), accuracy)?;
        // Absent means false, which DER then leaves out.
        let ordering = parts.optional(Tag::Boolean)?.map(|part| part.value());
        if ordering.is_some_and(|value| value != [0xff]) {
            return Err(Malformed.into());
        }
        let nonce = parts.optional(Tag::Integer)?.map(Part::unsigned).transpose()?;
        let authority = match parts.optional(outer(0))? {
            Some(name) => Some(whole(name.value())?),
            None => None,
        };
        if let Some(extensions) = parts.optional(outer(1))? {
            check_extensions(extensions.parts())?;
        }
        parts.finish()?;
        let after = u64::from(fraction).saturating_add(accuracy);
        let latest = Timestamp(time.0.saturating_add(after));
        Ok(Info { policy, digest, imprint: hashed, time, latest, nonce, authority })
    }
}

/// No extension is known here, so none may be critical.
fn check_extensions(mut extensions: Parts<'_>) -> Result<(), TsaProblem> {
    while !extensions.is_empty() {
        let mut extension = extensions.take(Tag::Sequence)?.parts();
        extension.take(Tag::ObjectIdentifier)?;
        if extension.optional(Tag::Boolean)?.is_some() {
            return Err(TokenFault::Extension.into());
        }
        extension.take(Tag::OctetString)?;
        extension.finish()?;
    }
    Ok(())
}

/// The seconds of an Accuracy, parts of a second rounded up.
fn accuracy(part: Part<'_>) -> Result<u64, Malformed> {
    let mut parts = part.parts();
    let seconds = parts.optional(Tag::Integer)?.map_or(Ok(0), |part| part.number())?;
    let millis = parts.optional(plain(0))?;
    let micros = parts.optional(plain(1))?;
    parts.finish()?;
    let fraction = millis.is_some() || micros.is_some();
    Ok(u64::from(seconds).saturating_add(u64::from(fraction)))
}

/// The seconds of a genTime, and whether a part of a second follows: `YYYYMMDDhhmmss[.s...]Z`, the
/// fraction without trailing zeros.
fn time(text: &[u8]) -> Result<(Timestamp, bool), Malformed> {
    let text = core::str::from_utf8(text).map_err(|_| Malformed)?;
    let text = text.strip_suffix('Z').ok_or(Malformed)?;
    let (whole, fraction) = match text.split_once('.') {
        Some((_, fraction)) if fraction.is_empty() || fraction.ends_with('0') => {
            return Err(Malformed);
        }
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) || !fraction.is_none_or(digits) {
        return Err(Malformed);
    }
    let number = |from: usize, to: usize| -> Result<u16, Malformed> {
        whole.get(from..to).and_then(|digits| digits.parse().ok()).ok_or(Malformed)
    };
    let small = |from| number(from, from.saturating_add(2));
    let byte = |number: u16| u8::try_from(number).map_err(|_| Malformed);
    let date = Date::new(number(0, 4)?, byte(small(4)?)?, byte(small(6)?)?);
    let day = date.map_err(|_| Malformed)?.day_number();
    let (hour, minute, second) = (small(8)?, small(10)?, small(12)?);
    if hour > 23 || minute > 59 || second > 59 {
        return Err(Malformed);
    }
    let day = u64::try_from(day).map_err(|_| Malformed)?.saturating_mul(DAY_S);
    let hour = u64::from(hour).saturating_mul(3600);
    let minute = u64::from(minute).saturating_mul(60);
    let seconds = day.saturating_add(hour).saturating_add(minute).saturating_add(second.into());
    Ok((Timestamp(seconds), fraction.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_spelling() {
        assert_eq!(time(b"19700101000001Z"), Ok((Timestamp(1), false)));
        assert_eq!(time(b"20260503140000.123Z"), Ok((Timestamp(1_777_816_800), true)));
        for bad in [
            "20260503140000",
            "20260503140000.Z",
            "20260503140000.10Z",
            "202605031400Z",
            "20260503140000+0100",
            "20260230140000Z",
            "20260503240000Z",
            "20260503146000Z",
            "20260503140060Z",
            "19691231235959Z",
            "2026050314000.5Z",
            "20260503140000.1.2Z",
            "20260503140000,1Z",
            "+026050314000 Z",
        ] {
            assert_eq!(time(bad.as_bytes()), Err(Malformed), "{bad}");
        }
    }
}
