//! Evidence that ends: the node's own, and that of nodes that are gone.

use proto::anchor::list::Listed;

use super::*;

impl Bench {
    fn root(&self) -> Hash {
        self.statement().tree().unwrap().root()
    }

    /// A keeper with evidence of its own.
    async fn stamped(&self) -> Arc<Keeper> {
        let keeper = self.open();
        keeper.make_due().unwrap();
        for _ in 0..3 {
            self.turn(&keeper).await;
            self.after(60);
        }
        assert_eq!(self.newest(&keeper), ["slow.1"]);
        keeper
    }

    /// Keeps evidence of another node, which calls its clock so.
    fn keep(&self, keeper: &Keeper, file: &str, evidence: &[u8], ends: Option<Timestamp>) {
        let notes = self.published.iter().flat_map(SignedCheckpoint::to_bytes).collect();
        keeper.publish(&self.statement(), notes).unwrap();
        let one = self.listed(file);
        keeper.keep("other", &one, evidence.to_vec(), ends).unwrap();
        assert!(keeper.has(&one));
    }

    fn listed(&self, file: &str) -> Listed {
        Listed { time: NOW, root: self.root(), kind: Kind::Tsa, file: file.to_owned() }
    }

    fn newest(&self, keeper: &Keeper) -> Vec<String> {
        let listed = keeper.list(Month::of(NOW).unwrap());
        listed.into_iter().map(|one| one.file).collect()
    }

    /// What is due so many seconds before the evidence ends, once.
    async fn turn_before_end(&self, keeper: &Arc<Keeper>, seconds: u64) -> usize {
        self.clock.set(Timestamp(ENDS.0 - seconds));
        keeper.renew(&*self.slow, &*self.slow);
        self.turn(keeper).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_is_renewed_and_both_are_kept() {
    let bench = Bench::new().await;
    let keeper = bench.stamped().await;
    assert_eq!(bench.turn_before_end(&keeper, LEAD_S).await, 0, "it does not end soon");
    assert_eq!(bench.turn_before_end(&keeper, LEAD_S - 1).await, 1);
    assert_eq!(bench.turn_before_end(&keeper, 1).await, 0, "the new one does not end soon");
    assert_eq!(bench.newest(&keeper), ["slow.2"]);
    let file = |name| keeper.file(&bench.root(), name).unwrap().unwrap();
    assert_eq!(file("slow.2"), [&file("slow.1"), b"renewed".as_slice()].concat());
    assert_eq!(keeper.states()[0].ends, Some(Timestamp(2 * ENDS.0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_ends_soon_is_read() {
    let bench = Bench::new().await;
    drop(bench.stamped().await);
    let keeper = bench.open();
    let looks = || bench.slow.looks.load(Ordering::SeqCst);
    let before = looks();
    keeper.renew(&*bench.slow, &*bench.slow);
    assert_eq!(looks(), before, "the ledger says when it ends");
    // A line of an older program does not; it is looked at once.
    bench.keep(&keeper, "gone.1", b"theirs", None);
    for _ in 0..3 {
        keeper.renew(&*bench.slow, &*bench.slow);
        assert_eq!(looks(), before + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evidence_of_a_node_that_is_gone_is_renewed_in_half_the_time() {
    for clock in ["slow", "gone"] {
        let bench = Bench::new().await;
        let keeper = bench.open();
        bench.keep(&keeper, &format!("{clock}.4"), b"theirs", Some(ENDS));
        assert_eq!(bench.turn_before_end(&keeper, LEAD_S - 1).await, 0, "its node may do it");
        drop(keeper);
        let keeper = bench.open();
        assert_eq!(bench.turn_before_end(&keeper, LEAD_S / 2 - 1).await, 1, "{clock}");
        let file = format!("{clock}.5");
        assert_eq!(bench.newest(&keeper), std::slice::from_ref(&file));
        let renewed = keeper.file(&bench.root(), &file).unwrap().unwrap();
        assert_eq!(renewed, b"theirsrenewed");
        assert_eq!(bench.turn_before_end(&keeper, 1).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_ended_is_left_alone() {
    let bench = Bench::new().await;
    let keeper = bench.open();
    bench.keep(&keeper, "gone.1", b"theirs", Some(ENDS));
    assert_eq!(bench.turn_before_end(&keeper, 0).await, 0);
    assert_eq!(bench.newest(&keeper), ["gone.1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_renew_at_once_do_each_other_no_harm() {
    let bench = Bench::new().await;
    let keeper = bench.open();
    bench.keep(&keeper, "gone.1", b"theirs", Some(ENDS));
    bench.clock.set(Timestamp(ENDS.0 - 1));
    keeper.renew(&*bench.slow, &*bench.slow);
    // Another one is faster, while the clock here is still asked.
    let (faster, theirs) = (Arc::clone(&keeper), bench.listed("gone.2"));
    *bench.slow.meanwhile.lock().unwrap() = Some(Box::new(move || {
        faster.keep("other", &theirs, b"of another".to_vec(), Some(ENDS)).unwrap();
    }));
    assert_eq!(bench.turn(&keeper).await, 1);
    assert_eq!(bench.newest(&keeper), ["gone.3"]);
    let file = |name| keeper.file(&bench.root(), name).unwrap().unwrap();
    assert_eq!(file("gone.2"), b"of another");
    // Or before it was asked.
    keeper.renew(&*bench.slow, &*bench.slow);
    assert_eq!(bench.turn(&keeper).await, 0);
    drop(keeper);
    let keeper = bench.open();
    bench.keep(&keeper, "late.1", b"theirs", Some(ENDS));
    keeper.renew(&*bench.slow, &*bench.slow);
    let due = keeper.due(&*bench.slow);
    bench.keep(&keeper, "late.2", b"of another", Some(ENDS));
    for (clock, root) in &due {
        keeper.step(&*bench.slow, clock, *root).await;
    }
    assert_eq!((due.len(), bench.newest(&keeper)), (1, vec!["gone.3".into(), "late.2".into()]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_a_crash_left_is_stepped_over() {
    let bench = Bench::new().await;
    let keeper = bench.stamped().await;
    let left = vec![(path(&bench.root(), "slow.2"), b"of no line".to_vec())];
    bench.store.write_once(left).unwrap();
    assert_eq!(bench.turn_before_end(&keeper, 1).await, 1);
    assert_eq!(bench.newest(&keeper), ["slow.3"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_count_from_the_first_line_of_the_ledger() {
    let bench = Bench::new().await;
    let keeper = bench.stamped().await;
    bench.keep(&keeper, "gone.1", b"theirs", Some(ENDS));
    drop(keeper);
    let keeper = bench.open();
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || keeper.measure());
    let said = recorder.handle().render();
    for line in [
        "beleg_anchor_roots_total 1",
        "beleg_anchor_evidence_total{clock=\"slow\"} 1",
        "beleg_anchor_kept_total{operator=\"other\"} 1",
        "beleg_anchor_spent_total{clock=\"slow\",unit=\"gwei\"} 7",
        "beleg_anchor_open{clock=\"slow\"} 0",
        "beleg_anchor_money_left{clock=\"slow\",unit=\"gwei\"} 50",
        "beleg_anchor_price{clock=\"slow\",unit=\"gwei\"} 7",
        &format!("beleg_anchor_proven_timestamp_seconds{{clock=\"slow\"}} {NOW}"),
        &format!("beleg_anchor_ends_timestamp_seconds{{clock=\"slow\"}} {ENDS}"),
    ] {
        assert!(said.lines().any(|said| said == line), "{line}\n{said}");
    }
}
