//! The moment that `--at` names: a day, or a time in UTC.

use proto::hash::Timestamp;
use proto::time::{DAY_S, Date};

/// Why a text names no moment that can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MomentError {
    #[error("this is neither a day such as 2026-05-03 nor a time such as 2026-05-03T14:00:00Z.")]
    BadForm,
    #[error("this moment has not come yet.")]
    ToCome,
}

/// Reads a moment that is not after `now`. A day means its last second, as far as it has come.
pub fn parse(text: &str, now: Timestamp) -> Result<Timestamp, MomentError> {
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let date = Date::parse(date).map_err(|_| MomentError::BadForm)?;
    let day = u64::try_from(date.day_number()).map_err(|_| MomentError::BadForm)?;
    let first = day.saturating_mul(DAY_S);
    let at = match time {
        Some(time) => first + second_of_day(time).ok_or(MomentError::BadForm)?,
        None if first <= now.0 => (first + DAY_S - 1).min(now.0),
        None => return Err(MomentError::ToCome),
    };
    if at <= now.0 { Ok(Timestamp(at)) } else { Err(MomentError::ToCome) }
}

/// `HH:MM:SSZ` or `HH:MMZ`.
fn second_of_day(time: &str) -> Option<u64> {
    let parts: Vec<&str> = time.strip_suffix('Z')?.split(':').collect();
    let number = |text: &str, end: u64| {
        let two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u64>().ok().filter(|number| two && *number < end)
    };
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (*hour, *minute, "00"),
        [hour, minute, second] => (*hour, *minute, *second),
        _ => return None,
    };
    Some(number(hour, 24)? * 3600 + number(minute, 60)? * 60 + number(second, 60)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_last_second_and_a_time_is_itself() {
        // 2026-05-03 14:00:00 UTC.
        let noon = 1_777_816_800;
        let midnight = noon - 14 * 3600;
        let later = Timestamp(noon + 10 * DAY_S);
        let read = |text: &str| parse(text, later).map(|at| at.0);
        assert_eq!(read("2026-05-03"), Ok(midnight + DAY_S - 1));
        assert_eq!(read("2026-05-03T14:00Z"), Ok(noon));
        assert_eq!(read("2026-05-03T14:00:59Z"), Ok(noon + 59));
        for bad in ["", "3 May", "2026-05-32", "2026-05-03T14:00:00", "2026-05-03T24:00Z"] {
            assert_eq!(read(bad), Err(MomentError::BadForm), "{bad}");
        }
        for bad in ["2026-05-03T+4:00Z", "2026-05-03T14Z", "1969-12-31", "2026-05-03T14:00:60Z"] {
            assert_eq!(read(bad), Err(MomentError::BadForm), "{bad}");
        }
        // Of a day that is not over, what has come of it.
        assert_eq!(parse("2026-05-03", Timestamp(noon)), Ok(Timestamp(noon)));
        assert_eq!(parse("2026-05-04", Timestamp(noon)), Err(MomentError::ToCome));
        assert_eq!(parse("2026-05-03T14:01Z", Timestamp(noon)), Err(MomentError::ToCome));
    }
}
