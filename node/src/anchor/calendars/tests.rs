//! Calendars that do what calendars do, and what liars do.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as At};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use proto::anchor::bitcoin::{BitcoinProblem, verify};
use tokio::net::TcpListener;

use super::super::bitcoin::fake::{FakeNode, SHORT, endless};
use super::*;

const ROOT: Hash = Hash([9; 32]);

/// What a calendar answers.
#[derive(Clone, PartialEq, Debug)]
enum Habit {
    /// Takes digests; has no block yet.
    Waits,
    /// Says that the digest itself is the Merkle root of this block.
    Names(u64),
    Stalls,
    Endless,
    Junk,
    /// Sends on to an address that nobody named.
    SendsOn,
    /// Answers as if it had been asked about something else.
    OtherDigest,
    Fails,
}

struct Calendar {
    url: String,
    habit: Mutex<Habit>,
    asked: Mutex<Vec<Vec<u8>>>,
}

impl Calendar {
    async fn start(habit: Habit) -> Arc<Calendar> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calendar = Calendar { url, habit: Mutex::new(habit), asked: Mutex::default() };
        let calendar = Arc::new(calendar);
        let router = Router::new()
            .route("/digest", post(take))
            .route("/timestamp/{digest}", get(tell))
            .with_state(Arc::clone(&calendar));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        calendar
    }

    fn becomes(&self, habit: Habit) {
        *self.habit.lock().unwrap() = habit;
    }

    fn promise(&self, digest: &[u8], uri: &str) -> Response {
        let pending = Attestation::Pending(Uri::new(uri).unwrap());
        Stamp::new(digest, pending).unwrap().to_bytes().into_response()
    }
}

async fn take(At(calendar): At<Arc<Calendar>>, digest: Bytes) -> Response {
    calendar.asked.lock().unwrap().push(digest.to_vec());
    let habit = calendar.habit.lock().unwrap().clone();
    match habit {
        Habit::SendsOn => calendar.promise(&digest, "http://127.0.0.1:1"),
        Habit::Stalls => std::future::pending().await,
        Habit::Endless => endless(),
        Habit::Junk => "<html>".into_response(),
        Habit::Fails => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => calendar.promise(&digest, &calendar.url),
    }
}

async fn tell(At(calendar): At<Arc<Calendar>>, Path(digest): Path<String>) -> Response {
    let digest = hex::decode(digest).unwrap();
    let habit = calendar.habit.lock().unwrap().clone();
    let block = |height| Attestation::Bitcoin { height };
    match habit {
        Habit::Names(height) => {
            Stamp::new(&digest, block(height)).unwrap().to_bytes().into_response()
        }
        Habit::OtherDigest => {
            let ops = [Op::Append(vec![1]), Op::Sha256];
            let end = Stamp::new(&Op::apply_all(&ops, &[5; 32]).unwrap(), block(3)).unwrap();
            Stamp::leading_to(end, &[5; 32], &ops).unwrap().to_bytes().into_response()
        }
        Habit::Stalls => std::future::pending().await,
        Habit::Endless => endless(),
        Habit::Junk => "<html>".into_response(),
        Habit::Fails => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Habit::Waits | Habit::SendsOn => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn clock(calendars: &[&Arc<Calendar>], need: usize, node: Option<&FakeNode>) -> Calendars {
    let calendars = calendars.iter().map(|calendar| calendar.url.clone()).collect();
    let settings = Settings { calendars, also: Vec::new(), need, poll_s: 60, timeouts: SHORT };
    Calendars::new(&settings, node.map(FakeNode::rpc)).unwrap()
}

async fn open(clock: &Calendars, state: Option<&Value>) -> (Value, String) {
    match clock.step(&ROOT, state, Timestamp(1)).await {
        Ok(Step::Open { state, words, again_s: 60, cost: None }) => (state, words),
        other => panic!("{other:?}"),
    }
}

async fn done(clock: &Calendars, state: &Value) -> (Vec<u8>, String) {
    match clock.step(&ROOT, Some(state), Timestamp(1)).await {
        Ok(Step::Done { evidence, words, cost: None }) => (evidence, words),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn so_many_of_them_must_take_it() {
    let good = Calendar::start(Habit::Waits).await;
    let other = Calendar::start(Habit::Waits).await;
    for (habit, why) in [
        (Habit::Stalls, "no answer"),
        (Habit::Endless, "larger than 10000 bytes"),
        (Habit::Junk, "not known"),
        (Habit::Fails, "it answers 500"),
        (Habit::SendsOn, "no calendar that the config file names"),
    ] {
        let bad = Calendar::start(habit.clone()).await;
        let two = clock(&[&good, &bad, &other], 2, None).await;
        let (_, words) = open(&two, None).await;
        assert!(words.starts_with("2 of 3 calendars have it"), "{habit:?}: {words}");
        assert!(words.contains(why), "{habit:?}: {words}");
        let three = clock(&[&good, &bad, &other], 3, None).await;
        let refused = three.step(&ROOT, None, Timestamp(1)).await;
        let Err(StepError::Later(words)) = refused else { panic!("{refused:?}") };
        assert!(words.contains("2 of 3 calendars took the root, 3 must"), "{words}");
    }
    // No digest is sent twice, and none is the root.
    let mut asked = good.asked.lock().unwrap().clone();
    asked.extend(other.asked.lock().unwrap().clone());
    let count = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!((asked.len(), count), (20, 20));
    assert!(!asked.contains(&ROOT.0.to_vec()));
}

#[tokio::test]
async fn without_a_node_so_many_must_name_a_block() {
    let (a, b) = (Calendar::start(Habit::Waits).await, Calendar::start(Habit::Waits).await);
    let clock = clock(&[&a, &b], 2, None).await;
    let (state, _) = open(&clock, None).await;
    let (state, words) = open(&clock, Some(&state)).await;
    assert!(words.contains("is not ready"), "{words}");
    a.becomes(Habit::Names(7));
    for habit in [Habit::Stalls, Habit::Endless, Habit::Junk, Habit::Fails] {
        b.becomes(habit.clone());
        let (same, words) = open(&clock, Some(&state)).await;
        assert_eq!(same, state, "{habit:?}: {words}");
    }
    b.becomes(Habit::Names(8));
    let (evidence, words) = done(&clock, &state).await;
    assert_eq!(words, "in Bitcoin block 7 and 8, as the calendars say; not checked here");
    // Whoever has headers finds out.
    let headers = FakeNode::start().await.headers();
    let judged = verify(&evidence, &ROOT, Some(&headers)).unwrap_err();
    assert!(matches!(judged, BitcoinProblem::NotInBlock { height: 7 | 8 }), "{judged}");
}

#[tokio::test]
async fn with_a_node_a_lie_is_found_out_and_the_other_calendar_counts() {
    let node = FakeNode::start().await;
    let (liar, good) = (Calendar::start(Habit::Waits).await, Calendar::start(Habit::Waits).await);
    let clock = clock(&[&liar, &good], 1, Some(&node)).await;
    let (state, _) = open(&clock, None).await;
    for habit in [Habit::OtherDigest, Habit::Names(3)] {
        liar.becomes(habit);
        let (same, words) = open(&clock, Some(&state)).await;
        assert!(words.contains("block 3 does not hold what is said of it"), "{words}");
        assert_eq!(same, state, "it is asked again");
    }
    good.becomes(Habit::Names(20));
    let (_, words) = open(&clock, Some(&state)).await;
    assert!(words.contains("our Bitcoin node has no block 20 yet"), "{words}");
    let digest = good.asked.lock().unwrap()[0].clone();
    node.chain().push_root(digest.try_into().unwrap());
    let (_, words) = open(&clock, Some(&state)).await;
    assert!(words.contains("block 20 has 0 blocks on top of it"), "{words}");
    node.mine_empty(6);
    let (evidence, words) = done(&clock, &state).await;
    assert_eq!(words, "in Bitcoin block 20, as our own Bitcoin node has it");
    assert_eq!(verify(&evidence, &ROOT, Some(&node.headers())).unwrap().height, 20);
    assert!(evidence.len() < 200, "the promises are gone: {}", evidence.len());
}

#[test]
fn addresses_are_those_of_the_format() {
    let settings = |url: &str| Settings {
        calendars: vec![url.to_owned()],
        also: Vec::new(),
        need: 1,
        poll_s: 1,
        timeouts: SHORT,
    };
    assert!(Calendars::new(&settings("https://a.example/"), None).is_ok());
    for bad in ["https://a.example/?x", "nothing"] {
        assert!(Calendars::new(&settings(bad), None).is_err(), "{bad}");
    }
}
