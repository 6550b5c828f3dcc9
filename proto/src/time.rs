//! Dates and times without a clock: `2026-05-03` to a day number and back, months, and POSIX
//! seconds to a text that a person reads.
//!
//! Days are counted in the Gregorian calendar from 1970-01-01, years 1 to 9999. Leap seconds do not
//! exist here, as POSIX has it.

use alloc::{format, string::String};
use core::fmt;

use thiserror::Error;

use crate::hash::Timestamp;

/// Seconds of a day.
pub const DAY_S: u64 = 86_400;

/// 9999-12-31.
const LAST_DAY: i64 = 2_932_896;

/// Why a text is not a date.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum DateError {
    /// The text is not four digits, two digits, two digits with hyphens between.
    #[error("A date is written YYYY-MM-DD, for example 2026-05-03.")]
    BadForm,
    /// There is no such day.
    #[error("There is no such day in the calendar.")]
    NoSuchDay,
}

/// A day of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day with these numbers, if there is one in the years 1 to 9999.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Date, DateError> {
        let year_exists = (1..=9999).contains(&year);
        if year_exists && day >= 1 && day <= days_in_month(year, month) {
            Ok(Date { year, month, day })
        } else {
            Err(DateError::NoSuchDay)
        }
    }

    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Result<Date, DateError> {
        let form = text.len() == 10
            && text.bytes().enumerate().all(|(i, byte)| match i {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !form {
            return Err(DateError::BadForm);
        }
        let mut parts = text.split('-');
        let mut part = || parts.next().and_then(|digits| digits.parse::<u16>().ok());
        let (year, month, day) = (part(), part(), part());
        let small = |n: Option<u16>| n.and_then(|n| u8::try_from(n).ok()).ok_or(DateError::BadForm);
        Date::new(year.ok_or(DateError::BadForm)?, small(month)?, small(day)?)
    }

    /// The year.
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, 1 to 31.
    pub fn day(self) -> u8 {
        self.day
    }

    /// Days since 1970-01-01; earlier days are negative.
    #[expect(clippy::arithmetic_side_effects, reason = "years 1 to 9999 stay far inside 64 bits")]
    pub fn day_number(self) -> i64 {
        // Years start in March, so that the leap day is the last of its year.
        let month = i64::from(self.month);
        let year = i64::from(self.year) - i64::from(month <= 2);
        let shifted = (month + 9) % 12;
        let day_of_year = (153 * shifted + 2) / 5 + i64::from(self.day) - 1;
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
            - 719_468
    }

    /// The day with this number, if it is in the years 1 to 9999.
    #[expect(clippy::arithmetic_side_effects, reason = "the day number is bounded first")]
    pub fn from_day_number(number: i64) -> Option<Date> {
        if !(-719_162..=LAST_DAY).contains(&number) {
            return None;
        }
        let days = number + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = u8::try_from(day_of_year - (153 * shifted + 2) / 5 + 1).ok()?;
        let month = u8::try_from((shifted + 2) % 12 + 1).ok()?;
        let year = u16::try_from(year_of_era + era * 400 + i64::from(month <= 2)).ok()?;
        Date::new(year, month, day).ok()
    }

    /// The day in which this time falls, in UTC; none after the year 9999.
    pub fn of(time: Timestamp) -> Option<Date> {
        i64::try_from(time.0 / DAY_S).ok().and_then(Date::from_day_number)
    }

    /// The first second after this day, in UTC; 0 for days before 1970.
    ///
    /// A document that is valid until a day is valid on that day.
    pub fn end(self) -> Timestamp {
        let next = u64::try_from(self.day_number().saturating_add(1)).unwrap_or(0);
        Timestamp(next.saturating_mul(DAY_S))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A month of the calendar, by which lists of anchors are kept: `2026-05`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Month {
    /// Its first day.
    first: Date,
}

impl Month {
    /// The month in which this time falls, in UTC; none after the year 9999.
    pub fn of(time: Timestamp) -> Option<Month> {
        Date::of(time).map(|date| Month { first: Date { day: 1, ..date } })
    }

    /// Reads `YYYY-MM`.
    pub fn parse(text: &str) -> Result<Month, DateError> {
        Ok(Month { first: Date::parse(&format!("{text}-01"))? })
    }

    /// The month before; none before the year 1.
    pub fn before(self) -> Option<Month> {
        let number = self.first.day_number().checked_sub(1)?;
        Date::from_day_number(number).map(|date| Month { first: Date { day: 1, ..date } })
    }

    /// The month after; none after the year 9999.
    pub fn after(self) -> Option<Month> {
        let Date { year, month, .. } = self.first;
        let days = i64::from(days_in_month(year, month));
        let number = self.first.day_number().checked_add(days)?;
        Date::from_day_number(number).map(|first| Month { first })
    }

    /// Its first second, in UTC, and the first one after it; 0 for what is before 1970.
    pub fn bounds(self) -> (Timestamp, Timestamp) {
        let Date { year, month, .. } = self.first;
        let start = self.first.end().0.saturating_sub(DAY_S);
        let last = Date { day: days_in_month(year, month), ..self.first };
        (Timestamp(start), last.end())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year, self.first.month)
    }
}

fn days_in_month(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

/// A time for a person to read: `2026-05-03 14:00:59 UTC`. Seconds are not cut off: a proven time
/// is "not later than".
pub fn utc(time: Timestamp) -> String {
    let second = time.0 % DAY_S;
    match Date::of(time) {
        Some(date) => {
            let (hour, minute) = (second / 3600, second / 60 % 60);
            format!("{date} {hour:02}:{minute:02}:{:02} UTC", second % 60)
        }
        None => String::from("after the year 9999"),
    }
}

/// A day, or a time in UTC as RFC 3339 writes it with a `Z`; of a day its first second, or with
/// `end` its last one.
pub fn moment(text: &str, end: bool) -> Option<Timestamp> {
    let start = |day: &str| Date::parse(day).ok()?.end().0.checked_sub(DAY_S);
    if let Some(day) = start(text) {
        let last = if end { DAY_S.saturating_sub(1) } else { 0 };
        return Some(Timestamp(day.saturating_add(last)));
    }
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut parts = time.split(':').map(|part| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u64>().ok()).flatten()
    });
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let whole = parts.next().is_none() && hour < 24 && minute < 60 && second < 60;
    let minutes = hour.saturating_mul(60).saturating_add(minute);
    let within = minutes.saturating_mul(60).saturating_add(second);
    whole.then_some(Timestamp(start(day)?.saturating_add(within)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        for (text, number) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2026-05-03", 20_576),
            ("0001-01-01", -719_162),
            ("9999-12-31", LAST_DAY),
        ] {
            let date = Date::parse(text).unwrap();
            assert_eq!(date.day_number(), number, "{text}");
            assert_eq!(Date::from_day_number(number), Some(date));
            assert_eq!(format!("{date}"), text);
        }
        assert_eq!(Date::from_day_number(-719_163), None);
        assert_eq!(Date::from_day_number(LAST_DAY + 1), None);
    }

    #[test]
    fn every_day_of_nine_centuries_follows_the_last() {
        let mut last = Date::from_day_number(-200_000).unwrap();
        for number in -199_999..=130_000 {
            let date = Date::from_day_number(number).unwrap();
            assert!(date > last);
            assert_eq!(date.day_number(), number);
            last = date;
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in
            ["", "2026-5-03", "2026-05-3", "20260503", "2026/05/03", "+026-05-03", "2026-05-03 "]
        {
            assert_eq!(Date::parse(text), Err(DateError::BadForm), "{text:?}");
        }
        for text in
            ["0000-01-01", "2026-00-01", "2026-13-01", "2026-02-29", "1900-02-29", "2026-04-31"]
        {
            assert_eq!(Date::parse(text), Err(DateError::NoSuchDay), "{text:?}");
        }
        assert!(Date::parse("2026-05-0\u{663}").is_err());
    }

    #[test]
    fn times() {
        assert_eq!(utc(Timestamp(0)), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(Timestamp(1_777_816_859)), "2026-05-03 14:00:59 UTC");
        assert_eq!(utc(Timestamp(u64::MAX)), "after the year 9999");
        let day = Date::parse("2026-05-03").unwrap();
        assert_eq!(Date::of(Timestamp(day.end().0 - 1)), Some(day));
        assert_ne!(Date::of(day.end()), Some(day));
        assert_eq!(Date::parse("1950-01-01").unwrap().end(), Timestamp(0));
    }

    #[test]
    fn months_follow_each_other_without_a_gap() {
        let mut month = Month::parse("1999-12").unwrap();
        for _ in 0..240 {
            let next = month.after().unwrap();
            assert_eq!(next.before(), Some(month));
            assert_eq!(Month::parse(&format!("{next}")), Ok(next));
            let ((start, end), (follows, _)) = (month.bounds(), next.bounds());
            assert_eq!(end, follows);
            assert_eq!(Month::of(start), Some(month));
            assert_eq!(Month::of(Timestamp(end.0 - 1)), Some(month));
            assert_eq!(Month::of(end), Some(next));
            month = next;
        }
        assert_eq!(format!("{month}"), "2019-12");
        assert_eq!(Month::parse("0001-01").unwrap().before(), None);
        assert_eq!(Month::parse("9999-12").unwrap().after(), None);
        assert_eq!(Month::of(Timestamp(u64::MAX)), None);
        for text in ["", "2026", "2026-1", "2026-13", "2026-05-03", "+026-05"] {
            assert!(Month::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_moment_is_a_day_or_a_time() {
        assert_eq!(moment("1970-01-01", false), Some(Timestamp(0)));
        assert_eq!(moment("1970-01-01", true), Some(Timestamp(86_399)));
        assert_eq!(moment("1970-01-02T01:02:03Z", true), Some(Timestamp(90_123)));
        for bad in ["", "1970-1-1", "1970-01-01T00:00:60Z", "1970-01-01T1:00:00Z", "now"] {
            assert_eq!(moment(bad, false), None, "{bad}");
        }
        for bad in ["1970-01-01T00:00:00", "1970-01-01T00:00:00:00Z", "1969-12-30"] {
            assert_eq!(moment(bad, false), None, "{bad}");
        }
    }
}
