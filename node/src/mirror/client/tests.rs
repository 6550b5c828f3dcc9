//! Pushing to a real mirror from wherever it is.

use std::sync::Arc;
use std::time::Duration;

use proto::checkpoint::{Checkpoint, SignedCheckpoint};
use proto::hash::{Hash, TreeSize};
use proto::ledger::Entry;
use proto::note::NoteSignature;
use tempfile::TempDir;

use super::{Offer, PushError, Pusher};
use crate::client::{Client, ClientError, Timeouts};
use crate::replica::{Replica, TileReader};
use crate::store::Index;
use crate::store::memory::MemoryStore;
use crate::testing::{NOW, World, hash_path, log_key, origin, signed_checkpoint};

/// The log of seat 0 with this many snapshots; its node does not run.
struct Log {
    replica: Replica,
    _index: TempDir,
}

impl Log {
    fn new(world: &World) -> Log {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(folder.path()).unwrap().log("log").unwrap();
        let rules = world.federation.rules_for(&origin(0)).unwrap();
        let store = Arc::new(MemoryStore::new());
        let replica = Replica::open(store, index, "log", rules, TreeSize(0)).unwrap();
        Log { replica, _index: folder }
    }

    fn grow(&mut self, size: u64) -> SignedCheckpoint {
        while self.replica.applied().0 < size {
            let snapshot = self.replica.state().snapshot(self.replica.rules(), NOW);
            self.replica.apply(&Entry::Snapshot(snapshot).to_bytes(), None).unwrap();
        }
        let (size, root) = self.replica.write().unwrap();
        let checkpoint = Checkpoint::new(&origin(0), size, root).unwrap();
        SignedCheckpoint::sign(checkpoint, &log_key(0)).unwrap()
    }

    fn reader(&self) -> Arc<TileReader> {
        self.replica.reader()
    }
}

fn pusher(world: &World, at: u64) -> Pusher {
    let peer = world.federation.current().operators[1].clone();
    Pusher::new(world.client(1), peer, TreeSize(at))
}

async fn push(pusher: &mut Pusher, offer: &Offer) -> Result<Vec<NoteSignature>, PushError> {
    Ok(pusher.push(offer, || false).await?.unwrap())
}

async fn mirrored(world: &World) -> u64 {
    let answer = world.get(1, &format!("{}/checkpoint", hash_path(0))).await;
    SignedCheckpoint::parse(&answer.body).map_or(0, |signed| signed.checkpoint().size().0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_is_reached_from_wherever_it_is() {
    let mut world = World::new(4).await;
    world.start(1).await.unwrap();
    let mut log = Log::new(&world);
    let signed = log.grow(9_000);
    let offer = Offer::new(signed, log.reader(), TreeSize(0)).unwrap();
    // More than 32 packages, so in several requests.
    let mut first = pusher(&world, 0);
    assert_eq!(push(&mut first, &offer).await.unwrap().len(), 2);
    assert_eq!((mirrored(&world).await, first.next().0), (9_000, 9_000));
    // A restarted log guesses wrong, in either direction.
    for (round, guess) in [(1, 0), (2, 8_000), (3, 9_003)] {
        let from = 9_000 + round - 1;
        let offer = Offer::new(log.grow(from + 1), log.reader(), TreeSize(from)).unwrap();
        let lines = push(&mut pusher(&world, guess.min(from + 1)), &offer).await.unwrap();
        assert_eq!((lines.len(), mirrored(&world).await), (2, from + 1));
    }
    // The same once more: the mirror has it all.
    let offer = Offer::new(log.grow(9_003), log.reader(), TreeSize(9_002)).unwrap();
    assert_eq!(push(&mut pusher(&world, 9_002), &offer).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_checkpoint_interrupts_a_long_push() {
    let mut world = World::new(4).await;
    world.start(1).await.unwrap();
    let mut log = Log::new(&world);
    let old = Offer::new(log.grow(300), log.reader(), TreeSize(0)).unwrap();
    let mut pusher = pusher(&world, 0);
    assert!(pusher.push(&old, || true).await.unwrap().is_none());
    let new = Offer::new(log.grow(400), log.reader(), TreeSize(300)).unwrap();
    assert_eq!(push(&mut pusher, &new).await.unwrap().len(), 2);
    assert_eq!(mirrored(&world).await, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_that_is_ahead_or_away_is_told_apart() {
    let mut world = World::new(4).await;
    world.start(1).await.unwrap();
    let mut log = Log::new(&world);
    let small = Offer::new(log.grow(3), log.reader(), TreeSize(0)).unwrap();
    let large = Offer::new(log.grow(5), log.reader(), TreeSize(3)).unwrap();
    push(&mut pusher(&world, 3), &large).await.unwrap();
    let error = push(&mut pusher(&world, 0), &small).await.unwrap_err();
    let (peer, own) = (TreeSize(5), TreeSize(3));
    assert!(
        matches!(error, PushError::Ahead { peer: p, own: o } if (p, o) == (peer, own)),
        "{error}"
    );
    // Another tree of the size that the mirror has: what it cosigned does not verify for this one.
    let other = signed_checkpoint(0, 5, Hash([1; 32]));
    let other = Offer::new(other, log.reader(), TreeSize(5)).unwrap();
    let error = push(&mut pusher(&world, 5), &other).await.unwrap_err();
    assert!(matches!(error, PushError::Cosignature(_)), "{error}");
    // Sent as a new one, it is evidence.
    let error = push(&mut pusher(&world, 4), &other).await.unwrap_err();
    assert!(matches!(error, PushError::Refused { status: 422, .. }), "{error}");
    world.stop(1).await.unwrap();
    let error = push(&mut pusher(&world, 0), &large).await.unwrap_err();
    assert!(matches!(error, PushError::Client(ClientError::NoAnswer { .. })), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_end_and_one_without_sense_are_refused() {
    use axum::routing::post;
    let world = World::new(1).await;
    let peer = world.federation.current().operators[0].clone();
    let mut log = Log::new(&world);
    let offer = Offer::new(log.grow(1), log.reader(), TreeSize(0)).unwrap();
    type Answer = (u16, Vec<u8>);
    type Case = (Answer, Answer, fn(&PushError) -> bool);
    let cases: [Case; 5] = [
        ((200, vec![]), (200, vec![b'x'; 1 << 20]), |e| {
            matches!(e, PushError::Client(ClientError::TooLarge { .. }))
        }),
        ((200, vec![]), (200, b"no lines".to_vec()), |e| matches!(e, PushError::Nonsense { .. })),
        ((200, vec![]), (409, b"1\n0\n\n".to_vec()), |e| matches!(e, PushError::Nonsense { .. })),
        ((409, b"0\n".to_vec()), (200, vec![]), |e| matches!(e, PushError::Nonsense { .. })),
        ((403, b"no\n".to_vec()), (200, vec![]), |e| {
            matches!(e, PushError::Refused { status: 403, .. })
        }),
    ];
    for (add_checkpoint, add_entries, want) in cases {
        let answer = |(status, body): Answer| {
            let status = axum::http::StatusCode::from_u16(status).unwrap();
            post(move || async move { (status, body) })
        };
        let router = axum::Router::new()
            .route("/add-checkpoint", answer(add_checkpoint))
            .route("/add-entries", answer(add_entries));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server =
            tokio::spawn(crate::http::listen::serve(listener, router, std::future::pending()));
        let second = Duration::from_secs(1);
        let timeouts = Timeouts { connect: second, request: second * 20 };
        let client = Client::new(&format!("http://{address}"), timeouts).unwrap();
        let mut pusher = Pusher::new(client, peer.clone(), TreeSize(0));
        let error = push(&mut pusher, &offer).await.unwrap_err();
        assert!(want(&error), "{error}");
        server.abort();
    }
}
