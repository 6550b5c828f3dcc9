//! Stopping because going on could break a promise: the outcome of a write is unknown, or the node
//! found something that only a person can judge. The next start finds out what is on the disk.

use tokio::sync::watch;

/// Told by whoever cannot go on, awaited by `app`. Clones tell the same.
#[derive(Clone, Debug)]
pub struct Halt(watch::Sender<Option<String>>);

impl Default for Halt {
    fn default() -> Halt {
        Halt(watch::Sender::new(None))
    }
}

impl Halt {
    /// Asks for the stop. The first reason counts.
    pub fn now(&self, reason: String) {
        self.0.send_if_modified(|known| {
            let first = known.is_none();
            if first {
                *known = Some(reason);
            }
            first
        });
    }

    /// The reason, if a stop was asked for.
    pub fn reason(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    /// Waits until a stop is asked for.
    pub async fn asked(&self) -> String {
        let mut known = self.0.subscribe();
        // No error can come: this holds a sender itself.
        let reason = known.wait_for(Option::is_some).await.map(|reason| reason.clone());
        reason.ok().flatten().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_reason_counts_and_reaches_all() {
        let halt = Halt::default();
        assert_eq!(halt.reason(), None);
        let early = tokio::spawn({
            let halt = halt.clone();
            async move { halt.asked().await }
        });
        halt.now("disk".to_owned());
        halt.clone().now("other".to_owned());
        assert_eq!(early.await.unwrap(), "disk");
        assert_eq!(halt.asked().await, "disk");
        assert_eq!(halt.reason().as_deref(), Some("disk"));
    }
}
