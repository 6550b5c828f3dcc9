//! How often a token may be used: so many documents a minute, evenly refilled, and a whole minute's
//! worth at once after a pause.
//!
//! It is kept in memory only, so a restart begins with a full minute.

use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// When the documents taken so far would have come if they had come evenly.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bucket {
    next: Option<Instant>,
}

impl Bucket {
    /// Takes one document at this rate a minute, or says how long to wait for it.
    pub fn take(&mut self, rate: u32, now: Instant) -> Result<(), Duration> {
        let next = self.next.map_or(now, |next| next.max(now)) + MINUTE / rate.max(1);
        let ahead = next - now;
        if ahead > MINUTE {
            return Err(ahead - MINUTE);
        }
        self.next = Some(next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_at_once_then_evenly() {
        let (mut bucket, start) = (Bucket::default(), Instant::now());
        for _ in 0..6 {
            assert_eq!(bucket.take(6, start), Ok(()));
        }
        assert_eq!(bucket.take(6, start), Err(Duration::from_secs(10)));
        let later = start + Duration::from_secs(4);
        assert_eq!(bucket.take(6, later), Err(Duration::from_secs(6)));
        let later = start + Duration::from_secs(10);
        assert_eq!(bucket.take(6, later), Ok(()));
        assert_eq!(bucket.take(6, later), Err(Duration::from_secs(10)));
        // However long the pause, no more than a minute's worth is saved up.
        let much_later = start + Duration::from_secs(86_400);
        let taken = (0..100).filter(|_| bucket.take(6, much_later).is_ok()).count();
        assert_eq!(taken, 6);
    }
}
