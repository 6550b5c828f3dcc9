//! Where the list of a log that is written elsewhere comes from: its own node, asked by one task at
//! a time and not again and again.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use proto::federation::Federation;
use proto::limits;
use proto::status_list::{StatusList, VerifiedStatusList};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::ListFile;
use crate::mirror::sight::Other;

/// Pause between the end of one try and the next.
const PAUSE: Duration = Duration::from_secs(5);

/// A log and when its node was last asked for a list.
pub(super) struct Source {
    log: Other,
    asked: Arc<Mutex<Option<Instant>>>,
}

/// The right to ask.
pub(super) struct Turn(OwnedMutexGuard<Option<Instant>>);

impl Turn {
    /// Whether the last try is long enough ago.
    pub(super) fn is_due(&self) -> bool {
        self.0.is_none_or(|asked| asked.elapsed() >= PAUSE)
    }

    /// The node was asked.
    pub(super) fn end(mut self) {
        *self.0 = Some(Instant::now());
    }
}

impl Source {
    pub(super) fn new(log: Other) -> Source {
        Source { log, asked: Arc::default() }
    }

    /// The log.
    pub(super) fn log(&self) -> &Other {
        &self.log
    }

    /// The right to ask, if nobody has it.
    pub(super) fn try_turn(&self) -> Option<Turn> {
        Arc::clone(&self.asked).try_lock_owned().ok().map(Turn)
    }

    /// The right to ask, when nobody has it any more.
    pub(super) async fn turn(&self) -> Turn {
        Turn(Arc::clone(&self.asked).lock_owned().await)
    }

    /// Fetches the list that the log's node publishes. It counts, or is an error.
    pub(super) async fn fetch(
        &self,
        federation: &Arc<Federation>,
    ) -> io::Result<(VerifiedStatusList, ListFile)> {
        let answer = self.log.client.get_packed("/v1/status-list", limits::STATUS_LIST_BYTES);
        let answer = answer.await.map_err(io::Error::other)?;
        if answer.status != 200 {
            let said = format!("it answered {}: {}", answer.status, answer.excerpt());
            return Err(io::Error::other(said));
        }
        let (origin, federation) = (self.log.origin.clone(), Arc::clone(federation));
        let work = move || {
            let plain = if answer.gzip { unpack(&answer.body)? } else { answer.body.to_vec() };
            let list = StatusList::parse(&plain).map_err(io::Error::other)?;
            if list.checkpoint().checkpoint().origin() != origin {
                return Err(io::Error::other("the list is of another log"));
            }
            let list = list.verify(&federation, &[]).map_err(io::Error::other)?;
            Ok((list, ListFile::pack(plain)?))
        };
        tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
    }
}

/// One byte more than any list has at most, whatever the compressed bytes stand for.
fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(limits::STATUS_LIST_BYTES).unwrap_or(u64::MAX);
    let mut plain = Vec::new();
    GzDecoder::new(packed).take(limit.saturating_add(1)).read_to_end(&mut plain)?;
    Ok(plain)
}
