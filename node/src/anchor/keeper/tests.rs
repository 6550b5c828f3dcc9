//! A clock of tests walks through its steps; everything else is the real thing.

use std::sync::atomic::{AtomicU64, Ordering};

use proto::anchor::Kind;
use proto::time::Month;
use serde_json::{Value, json};

mod renewed;

use super::*;
use crate::anchor::outside::{Ages, Cost, Money, Renewed, Work};
use crate::clock::ManualClock;
use crate::store::memory::MemoryStore;
use crate::testing::{NOW, World};

/// When the evidence of [`Slow`] ends, until it is renewed.
const ENDS: Timestamp = Timestamp(NOW.0 + 1_000_000);
/// How long before that it is renewed.
const LEAD_S: u64 = 10_000;

/// Answers at its third step; can be told to fail.
#[derive(Default)]
struct Slow {
    steps: AtomicU64,
    fails: AtomicU64,
    /// How often it was asked when evidence ends.
    looks: AtomicU64,
    /// What happens while it renews.
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Outside for Slow {
    fn name(&self) -> &str {
        "slow"
    }

    fn kind(&self) -> Kind {
        Kind::Tsa
    }

    fn step<'a>(
        &'a self,
        root: &'a Hash,
        state: Option<&'a Value>,
        _now: Timestamp,
    ) -> Work<'a, Result<Step, StepError>> {
        Box::pin(async move {
            self.steps.fetch_add(1, Ordering::SeqCst);
            if self.fails.load(Ordering::SeqCst) > 0 {
                self.fails.fetch_sub(1, Ordering::SeqCst);
                return Err(StepError::Later("nobody answers".to_owned()));
            }
            let words = "goes on".to_owned();
            match state.and_then(Value::as_u64) {
                None => Ok(Step::Open { state: json!(1), again_s: 60, words, cost: None }),
                Some(1) => Ok(Step::Open { state: json!(2), again_s: 0, words, cost: None }),
                Some(step) => {
                    let evidence = [root.as_bytes().as_slice(), &step.to_be_bytes()].concat();
                    let cost = Some(Cost { amount: 7_900_000_000, unit: "wei" });
                    Ok(Step::Done { evidence, words, cost })
                }
            }
        })
    }

    fn ages(&self) -> Option<&dyn Ages> {
        Some(self)
    }

    fn money(&self) -> Option<Money> {
        Some(Money { left: 50_000_000_000, per_anchor: 7_900_000_000, unit: "wei" })
    }
}

impl Ages for Slow {
    fn lead_s(&self) -> u64 {
        LEAD_S
    }

    fn ends(&self, _root: &Hash, evidence: &[u8], _now: Timestamp) -> Timestamp {
        self.looks.fetch_add(1, Ordering::SeqCst);
        if evidence.ends_with(b"renewed") { Timestamp(2 * ENDS.0) } else { ENDS }
    }

    fn renew<'a>(
        &'a self,
        _root: &'a Hash,
        evidence: Vec<u8>,
        _now: Timestamp,
    ) -> Work<'a, Result<Renewed, StepError>> {
        Box::pin(async move {
            self.meanwhile.lock().unwrap().take().into_iter().for_each(|happens| happens());
            let evidence = [&evidence, b"renewed".as_slice()].concat();
            Ok(Renewed::Done { evidence, words: String::new() })
        })
    }
}

struct Bench {
    data: tempfile::TempDir,
    store: MemoryStore,
    clock: Arc<ManualClock>,
    slow: Arc<Slow>,
    federation: Federation,
    published: Vec<SignedCheckpoint>,
}

impl Bench {
    async fn new() -> Bench {
        let world = World::running(1).await;
        let shown = world.client(0).get("/checkpoint", 1 << 20).await.unwrap();
        Bench {
            data: tempfile::tempdir().unwrap(),
            store: MemoryStore::new(),
            clock: Arc::new(ManualClock::new(NOW)),
            slow: Arc::default(),
            federation: world.federation.clone(),
            published: vec![SignedCheckpoint::parse(&shown.body).unwrap()],
        }
    }

    /// As after a start.
    fn open(&self) -> Arc<Keeper> {
        let published = self.published.clone();
        let outside: Arc<dyn Outside> = Arc::<Slow>::clone(&self.slow);
        let parts = Parts {
            data: self.data.path().to_owned(),
            store: Arc::new(self.store.clone()),
            clocks: vec![Planned { outside, every: Some(Duration::from_secs(3600)) }],
            late_after: Duration::from_secs(7200),
            federation: Arc::new(self.federation.clone()),
            heads: Box::new(move || published.clone()),
            clock: Arc::<ManualClock>::clone(&self.clock),
        };
        Arc::new(Keeper::open(parts).unwrap())
    }

    fn after(&self, seconds: u64) {
        self.clock.set(Timestamp(self.clock.now().0 + seconds));
    }

    fn statement(&self) -> Statement {
        Statement::new(self.federation.id(), vec![Head::of(&self.published[0]).unwrap()]).unwrap()
    }

    /// Whatever is due, once.
    async fn turn(&self, keeper: &Arc<Keeper>) -> usize {
        let due = keeper.due(&*self.slow);
        for (clock, root) in &due {
            keeper.step(&*self.slow, clock, *root).await;
        }
        due.len()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_root_walks_through_its_steps_also_over_restarts() {
    let bench = Bench::new().await;
    let keeper = bench.open();
    assert!(keeper.make_due().unwrap());
    assert!(!keeper.make_due().unwrap(), "not before its time");
    let root = bench.statement().tree().unwrap().root();
    let statement = keeper.file(&root, STATEMENT).unwrap().unwrap();
    assert_eq!(statement, bench.statement().to_bytes());
    let notes = keeper.file(&root, CHECKPOINTS).unwrap().unwrap();
    assert_eq!(SignedCheckpoint::parse(&notes).unwrap(), bench.published[0]);
    assert_eq!(bench.turn(&keeper).await, 1);
    assert_eq!(bench.turn(&keeper).await, 0, "it asked for a pause");
    drop(keeper);
    let keeper = bench.open();
    bench.after(59);
    assert_eq!(bench.turn(&keeper).await, 0);
    bench.after(1);
    assert_eq!(bench.turn(&keeper).await, 1);
    drop(keeper);
    let keeper = bench.open();
    assert_eq!(bench.turn(&keeper).await, 1);
    assert_eq!(bench.turn(&keeper).await, 0, "at its end");
    assert_eq!(bench.slow.steps.load(Ordering::SeqCst), 3, "no step was made twice");
    let month = Month::parse("2027-01").unwrap();
    let listed = keeper.list(month);
    assert_eq!((listed.len(), listed[0].root, listed[0].file.as_str()), (1, root, "slow.1"));
    assert!(keeper.list(month.after().unwrap()).is_empty());
    let evidence = keeper.file(&root, "slow.1").unwrap().unwrap();
    assert_eq!(evidence, [root.as_bytes().as_slice(), &2u64.to_be_bytes()].concat());
    assert_eq!(keeper.file(&root, "../ledger").unwrap(), None);
    let state = &keeper.states()[0];
    assert_eq!((state.open, state.proven, &state.failing), (0, Some(NOW), &None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_fails_is_tried_again_with_growing_pauses() {
    let bench = Bench::new().await;
    bench.slow.fails.store(3, Ordering::SeqCst);
    let keeper = bench.open();
    keeper.make_due().unwrap();
    for pause in [2, 4, 8] {
        assert_eq!(bench.turn(&keeper).await, 1);
        let failing = keeper.states()[0].failing.clone().unwrap();
        assert_eq!((failing.since, failing.words.as_str()), (NOW, "nobody answers"));
        bench.after(pause - 1);
        assert_eq!(bench.turn(&keeper).await, 0, "{pause}");
        bench.after(1);
    }
    assert_eq!(bench.turn(&keeper).await, 1);
    assert_eq!(keeper.states()[0].failing, None);
    assert_eq!(keeper.states()[0].open, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_anchor_is_made_on_demand_and_only_when_there_is_something_to_anchor() {
    let bench = Bench::new().await;
    let keeper = bench.open();
    keeper.make_due().unwrap();
    let now = bench.data.path().join(FOLDER).join(NOW_FILE);
    std::fs::write(&now, "other\n").unwrap();
    assert!(!keeper.make_due().unwrap(), "not this clock");
    std::fs::write(&now, "slow\n").unwrap();
    assert!(keeper.make_due().unwrap());
    assert!(!now.exists());
    std::fs::write(&now, "").unwrap();
    assert!(keeper.make_due().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_made_while_no_log_has_published() {
    let mut bench = Bench::new().await;
    let published = std::mem::take(&mut bench.published);
    let keeper = bench.open();
    let now = bench.data.path().join(FOLDER).join(NOW_FILE);
    std::fs::write(&now, "").unwrap();
    assert!(!keeper.make_due().unwrap() && now.exists(), "the wish stays");
    drop(keeper);
    // What no quorum has cosigned is not published.
    let own = published[0].note().signatures()[..1].to_vec();
    let bare = published[0].with_signatures(own).unwrap();
    let bench = Bench { published: vec![bare], ..bench };
    assert!(!bench.open().make_due().unwrap());
    let bench = Bench { published, ..bench };
    assert!(bench.open().make_due().unwrap() && !now.exists());
}
