//! The clock against a Bitcoin node that does what chains do, and what liars do.

use bitcoin::OutPoint;
use proto::anchor::bitcoin::verify;
use proto::hash::{Hash, Timestamp};
use serde_json::Value;

use super::coins::purse;
use super::fake::{FakeNode, Fault};
use super::{Settings, Transactions};
use crate::anchor::outside::{Cost, Outside, Step, StepError};

const ROOT: Hash = Hash([9; 32]);

struct World {
    node: FakeNode,
    folder: tempfile::TempDir,
    clock: Transactions,
    state: Option<Value>,
}

fn settings() -> Settings {
    Settings {
        funding: vec![FakeNode::funding(), OutPoint { vout: 1, ..FakeNode::funding() }],
        fee_floor: 1,
        fee_cap: 20,
        within_blocks: 6,
        bump_after: 3,
        depth: 6,
        poll_s: 600,
    }
}

impl World {
    async fn new() -> World {
        let node = FakeNode::start().await;
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_owned();
        let clock = Transactions::new(node.rpc(), purse(), settings(), place);
        World { node, folder, clock, state: None }
    }

    /// A node that was killed and starts again.
    fn restart(&mut self) {
        let rpc = self.node.rpc();
        let place = self.folder.path().to_owned();
        self.clock = Transactions::new(rpc, purse(), settings(), place);
    }

    async fn step(&mut self) -> Result<Step, StepError> {
        let step = self.clock.step(&ROOT, self.state.as_ref(), Timestamp(1)).await?;
        if let Step::Open { state, .. } = &step {
            self.state = Some(state.clone());
        }
        Ok(step)
    }

    /// The words of a step that does not end.
    async fn words(&mut self) -> String {
        match self.step().await {
            Ok(Step::Open { words, .. }) => words,
            other => panic!("{other:?}"),
        }
    }

    async fn later(&mut self) -> String {
        match self.step().await {
            Err(StepError::Later(words)) => words,
            other => panic!("{other:?}"),
        }
    }

    async fn done(&mut self) -> Vec<u8> {
        match self.step().await {
            Ok(Step::Done { evidence, .. }) => evidence,
            other => panic!("{other:?}"),
        }
    }

    fn waiting(&self) -> Vec<String> {
        self.node.chain().waiting.iter().map(bitcoin::consensus::encode::serialize_hex).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_goes_into_a_block() {
    let mut world = World::new().await;
    let signed = world.step().await.unwrap();
    let Step::Open { again_s: 0, cost: Some(cost), .. } = signed else { panic!("{signed:?}") };
    assert_eq!(cost, Cost { amount: 153, unit: "sat" });
    assert!(world.waiting().is_empty(), "signed and not sent");
    assert_eq!(world.words().await, "sent, for 153 sat (1 for a byte)");
    assert_eq!(world.waiting().len(), 1);
    world.words().await;
    assert_eq!(world.waiting().len(), 1, "sending twice is harmless");
    world.node.mine(1);
    assert_eq!(world.words().await, "in Bitcoin block 20, 0 blocks on top of it");
    world.node.mine(5);
    assert!(world.words().await.contains("5 blocks on top"));
    world.node.mine(1);
    let evidence = world.done().await;
    let facts = verify(&evidence, &ROOT, Some(&world.node.headers())).unwrap();
    assert_eq!((facts.height, facts.depth), (20, 6));
    let money = world.clock.money().unwrap();
    assert_eq!((money.left, money.per_anchor), (100_000 - 153, 153));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_at_any_step_sends_the_same() {
    let mut world = World::new().await;
    world.step().await.unwrap();
    // The ledger never heard of what was signed.
    world.state = None;
    world.restart();
    world.step().await.unwrap();
    world.words().await;
    let sent = world.waiting();
    world.restart();
    world.state = None;
    world.step().await.unwrap();
    world.words().await;
    assert_eq!(world.waiting(), sent);
    world.node.mine(7);
    world.state = None;
    world.restart();
    world.step().await.unwrap();
    world.done().await;
    assert_eq!(world.node.chain().blocks.iter().flat_map(|(_, list)| list).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_reorganised_away() {
    let mut world = World::new().await;
    world.step().await.unwrap();
    world.words().await;
    world.node.mine(5);
    assert!(world.words().await.contains("block 20"));
    world.node.reorganise(5);
    let words = world.words().await;
    assert!(words.starts_with("block 20 went away in a reorganisation; sent"), "{words}");
    world.node.mine(7);
    let evidence = world.done().await;
    let facts = verify(&evidence, &ROOT, Some(&world.node.headers())).unwrap();
    assert_eq!(facts.height, 26);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fee_is_raised_and_never_above_the_cap() {
    let mut world = World::new().await;
    world.node.chain().rate = Some(0.00008);
    world.step().await.unwrap();
    assert!(world.words().await.contains("(8 for a byte)"));
    world.node.chain().rate = Some(0.01);
    let mut seen = Vec::new();
    for _ in 0..6 {
        world.node.mine_empty(3);
        seen.push(world.words().await);
        assert_eq!(world.waiting().len(), 1);
    }
    assert!(seen[0].contains("sent again with a higher fee, for 3060 sat (20 for a byte)"));
    assert!(seen[1..].iter().all(|words| words.starts_with("sent, for 3060")), "{seen:?}");
    // The one that was replaced is mined all the same: it counts.
    let old = world.clock.journal().of(&ROOT)[0].signed.transaction.clone();
    world.node.chain().waiting = vec![old];
    world.node.mine(7);
    let Ok(Step::Done { cost, .. }) = world.step().await else { panic!() };
    assert_eq!(cost.unwrap().amount, 8 * 153);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coin_that_is_gone_is_replaced() {
    let mut world = World::new().await;
    world.step().await.unwrap();
    let other = OutPoint { vout: 1, ..FakeNode::funding() };
    world.node.chain().stolen = vec![FakeNode::funding()];
    let words = world.words().await;
    assert!(words.starts_with("signed again, because its coin is gone"), "{words}");
    assert!(world.words().await.starts_with("sent"));
    assert_eq!(world.node.chain().waiting[0].input[0].previous_output, other);
    world.node.chain().waiting.clear();
    world.node.chain().stolen.push(other);
    let words = world.later().await;
    assert!(words.contains("there is no money for anchors: send some to bcrt1q"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_transaction_is_on_its_way_at_a_time() {
    let mut world = World::new().await;
    world.step().await.unwrap();
    world.words().await;
    let second = Hash([8; 32]);
    let waits = world.clock.step(&second, None, Timestamp(1)).await;
    assert_eq!(waits, Err(StepError::Later("the anchor before waits for its block".into())));
    world.node.mine(1);
    world.words().await;
    // From the change of the first, when there is no other money.
    world.node.chain().stolen = vec![OutPoint { vout: 1, ..FakeNode::funding() }];
    let Ok(Step::Open { state, .. }) = world.clock.step(&second, None, Timestamp(1)).await else {
        panic!()
    };
    world.clock.step(&second, Some(&state), Timestamp(1)).await.unwrap();
    let first = world.clock.journal().of(&ROOT)[0].signed.change().unwrap();
    assert_eq!(world.node.chain().waiting[0].input[0].previous_output, first.place);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stalls_lies_or_never_ends_is_asked_later() {
    let mut world = World::new().await;
    world.step().await.unwrap();
    world.words().await;
    world.node.mine(7);
    let before = world.state.clone();
    for (fault, want) in [
        (Fault::Stalls, "no answer"),
        (Fault::Endless, "larger than"),
        (Fault::Junk, "cannot be read"),
        (Fault::Forbids, "does not accept"),
        (Fault::OtherHeaders, "cannot be read"),
    ] {
        world.node.chain().fault = fault;
        let words = world.later().await;
        assert!(words.contains(want), "{fault:?}: {words}");
        assert_eq!(world.state, before);
    }
    world.node.chain().fault = Fault::None;
    world.done().await;
}
