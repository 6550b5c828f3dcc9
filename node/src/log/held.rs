//! Revocations that peers hold for the own log: fetched and submitted, so that a revocation brought
//! to any peer reaches the log, and no cosignature is withheld from it.

use std::sync::Arc;
use std::time::Duration;

use proto::bytes::Reader;
use proto::hash::sha256;
use proto::limits;

use super::Log;
use crate::client::Client;

/// Asks all peers once in each interval, for ever. What a peer sends is checked as any submission.
pub async fn fetch(log: Arc<Log>, peers: Vec<(String, Client)>, interval: Duration) {
    let path = format!("/{}/v1/revocations", sha256(log.rules.origin().as_bytes()));
    loop {
        for (peer, client) in &peers {
            // A peer that is away or has another program is asked again next time.
            let Ok(answer) = client.get(&path, limits::BUNDLE_BYTES).await else { continue };
            if answer.status == 200 {
                submit(&log, peer, answer.body.into()).await;
            }
        }
        tokio::time::sleep(interval).await;
    }
}

async fn submit(log: &Arc<Log>, peer: &str, bundle: Vec<u8>) {
    let (log, peer) = (Arc::clone(log), peer.to_owned());
    let work = move || {
        let mut reader = Reader::new(&bundle);
        while let Ok(entry) = reader.prefixed16() {
            if let Err(error) = log.submit_revocation(entry) {
                tracing::warn!(peer, %error, "a revocation that a peer holds is not taken");
            }
        }
    };
    // A panic there is this task's end and no more.
    let _ = tokio::task::spawn_blocking(work).await;
}
