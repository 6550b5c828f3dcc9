//! The clock against a real chain (anvil), step by step: what it spends, what it waits for, and
//! what a fork, a spike of fees and a node that lies, stalls or talks without end do to it.

mod liar;

use super::*;
use e2e::outside::evm::{Anvil, CHAIN_ID, Contract, PAYER, PAYER_KEY};
use liar::Liar;
use proto::anchor::evm::KnownBlock;
use proto::hash::sha256;
use serde_json::json;

const GWEI: u128 = 1_000_000_000;
const NOW: Timestamp = Timestamp(1_800_000_000);

struct Stand {
    anvil: Anvil,
    contract: Contract,
    folder: tempfile::TempDir,
}

impl Stand {
    /// A chain with the contract; nothing if anvil is not installed.
    fn start() -> Option<Stand> {
        let folder = tempfile::tempdir().unwrap();
        let anvil = Anvil::start(folder.path()).unwrap()?;
        let contract = anvil.deploy().unwrap();
        anvil.mine(3).unwrap();
        Some(Stand { anvil, contract, folder })
    }

    fn settings(&self) -> Settings {
        let bytes = |digits: &str| hex::decode(digits).unwrap();
        let chain = Chain {
            name: "test".into(),
            id: CHAIN_ID,
            contract: bytes(&self.contract.address).try_into().unwrap(),
            code_hash: bytes(&self.contract.code_hash).try_into().unwrap(),
        };
        let fee = 50 * GWEI;
        let limits = Limits { fee, anchor: u128::MAX, day: 10_000_000 * GWEI };
        Settings { chain, rpc: self.anvil.url(), confirmations: None, poll_s: 1, limits }
    }

    fn clock(&self, settings: Settings) -> EvmClock {
        let key = k256::ecdsa::SigningKey::from_slice(&hex::decode(PAYER_KEY).unwrap()).unwrap();
        EvmClock::open(settings, Arc::new(Key::File(key)), self.folder.path()).unwrap()
    }

    fn mine(&self, blocks: u64) {
        self.anvil.mine(blocks).unwrap();
    }
}

/// One step: the state that it leaves, and its words.
async fn open(clock: &EvmClock, root: &Hash, state: Option<&Value>, now: u64) -> (Value, String) {
    match clock.step(root, state, Timestamp(NOW.0 + now)).await {
        Ok(Step::Open { state, words, .. }) => (state, words),
        other => panic!("not open: {other:?}"),
    }
}

async fn later(clock: &EvmClock, root: &Hash) -> String {
    match clock.step(root, None, NOW).await {
        Err(StepError::Later(words)) => words,
        other => panic!("not later: {other:?}"),
    }
}

async fn done(clock: &EvmClock, root: &Hash, state: &Value) -> (Vec<u8>, Option<Cost>) {
    match clock.step(root, Some(state), NOW).await {
        Ok(Step::Done { evidence, cost, .. }) => (evidence, cost),
        other => panic!("not done: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_is_entered_once_and_proven_when_it_is_final() {
    let Some(stand) = Stand::start() else { return };
    let (clock, root) = (stand.clock(stand.settings()), sha256(b"root"));
    let (signed, words) = open(&clock, &root, None, 0).await;
    assert!(words.ends_with("is signed") && stand.anvil.paid().unwrap() == 0, "{words}");
    let (sent, words) = open(&clock, &root, Some(&signed), 1).await;
    assert!(words.ends_with("is sent"), "{words}");
    // Sent twice is harmless.
    let (sent, words) = open(&clock, &root, Some(&sent), 2).await;
    assert!(words.contains("was sent"), "{words}");
    stand.mine(1);
    let (mined, words) = open(&clock, &root, Some(&sent), 13).await;
    assert!(words.contains("the last final block is"), "{words}");
    stand.mine(2);
    let (evidence, cost) = done(&clock, &root, &mined).await;
    let cost = cost.unwrap();
    assert!(cost.amount > 45_000 * GWEI && cost.amount < 100_000 * 4 * GWEI, "{cost:?}");
    let (number, hash) = stand.anvil.block("finalized").unwrap();
    let hash = Hash::from_hex(&hash).unwrap();
    let known = [KnownBlock { chain_id: CHAIN_ID, number, hash }];
    let facts = evm::verify(&evidence, &root, &[stand.settings().chain], &known).unwrap();
    let there = stand.anvil.anchored_at(&stand.contract, &root.to_hex()).unwrap();
    assert_eq!((facts.time.0, facts.block), (there, hash));
    // Somebody else's root costs nothing.
    let (evidence, cost) = done(&clock, &root, &Value::Null).await;
    assert!(evm::verify(&evidence, &root, &[stand.settings().chain], &known).is_ok());
    assert_eq!((cost, stand.anvil.paid().unwrap()), (None, 1));
    let left = clock.money().unwrap();
    assert!(left.left > 9_000_000_000 * GWEI && left.per_anchor >= 100_000 * GWEI, "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_signing_and_sending_pays_once() {
    let Some(stand) = Stand::start() else { return };
    let root = sha256(b"root");
    let clock = stand.clock(stand.settings());
    let (signed, _) = open(&clock, &root, None, 0).await;
    drop(clock);
    // The ledger has the state: the same bytes go out.
    let clock = stand.clock(stand.settings());
    let (sent, _) = open(&clock, &root, Some(&signed), 1).await;
    assert_eq!(sent, signed);
    // The ledger lost it although it was sent: another one takes its place, with its nonce.
    let clock = stand.clock(stand.settings());
    let (again, _) = open(&clock, &root, None, 2).await;
    assert_eq!((&again["nonce"], again["raw"] == signed["raw"]), (&signed["nonce"], false));
    let (again, words) = open(&clock, &root, Some(&again), 3).await;
    assert!(words.ends_with("is sent"), "{words}");
    // Another root waits for that nonce.
    let (nothing, words) = open(&clock, &sha256(b"other"), None, 4).await;
    assert!(nothing.is_null() && words.contains("another root"), "{words}");
    stand.mine(3);
    assert!(done(&clock, &root, &again).await.1.is_some());
    assert_eq!(stand.anvil.paid().unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_that_drops_the_transaction_sends_it_again() {
    let Some(stand) = Stand::start() else { return };
    let (clock, root) = (stand.clock(stand.settings()), sha256(b"root"));
    let before = stand.anvil.rpc("evm_snapshot", json!([])).unwrap();
    let (signed, _) = open(&clock, &root, None, 0).await;
    let (sent, _) = open(&clock, &root, Some(&signed), 1).await;
    stand.mine(1);
    let (mined, words) = open(&clock, &root, Some(&sent), 13).await;
    assert!(words.contains("in the contract"), "{words}");
    assert_eq!(stand.anvil.rpc("evm_revert", json!([before])).unwrap(), json!(true));
    let (sent, words) = open(&clock, &root, Some(&mined), 25).await;
    assert!(words.ends_with("is sent"), "{words}");
    stand.mine(3);
    done(&clock, &root, &sent).await;
    assert_eq!(stand.anvil.paid().unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fees_that_rise_are_waited_for_and_followed() {
    let Some(stand) = Stand::start() else { return };
    let (clock, root) = (stand.clock(stand.settings()), sha256(b"root"));
    let base_fee = |gwei: u128| {
        let wei = format!("{:#x}", gwei * GWEI);
        stand.anvil.rpc("anvil_setNextBlockBaseFeePerGas", json!([wei])).unwrap();
        stand.mine(1);
    };
    base_fee(200);
    let (nothing, words) = open(&clock, &root, None, 0).await;
    assert!(nothing.is_null() && words.contains("waits for lower fees"), "{words}");
    base_fee(2);
    let (signed, _) = open(&clock, &root, Some(&nothing), 60).await;
    let (sent, _) = open(&clock, &root, Some(&signed), 61).await;
    // The next block asks for more than is offered: it stays out.
    base_fee(20);
    assert_eq!(stand.anvil.paid().unwrap(), 0);
    let (same, _) = open(&clock, &root, Some(&sent), 200).await;
    assert_eq!(same, sent);
    let (higher, words) = open(&clock, &root, Some(&sent), 400).await;
    assert!(words.ends_with("is signed") && higher["nonce"] == sent["nonce"], "{words}");
    assert_eq!(higher["former"], json!([sent["hash"]]));
    let (sent, words) = open(&clock, &root, Some(&higher), 401).await;
    assert!(words.ends_with("is sent"), "{words}");
    // More than may be paid: what was offered stays.
    base_fee(200);
    let (same, words) = open(&clock, &root, Some(&sent), 800).await;
    assert!(same == sent && words.contains("more may not be paid"), "{words}");
    // Nodes forget what offers too little; it is sent again.
    base_fee(5);
    let (sent, _) = open(&clock, &root, Some(&sent), 900).await;
    stand.mine(3);
    assert!(done(&clock, &root, &sent).await.1.is_some());
    assert_eq!(stand.anvil.paid().unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_over_restarts() {
    let Some(stand) = Stand::start() else { return };
    let roots = [sha256(b"a"), sha256(b"b")];
    let mut settings = stand.settings();
    settings.limits.anchor = 100_000 * GWEI / 2;
    let clock = stand.clock(settings.clone());
    let (_, words) = open(&clock, &roots[0], None, 0).await;
    assert!(words.contains("at most 500000000 may be paid"), "{words}");
    settings.limits.anchor = u128::MAX;
    settings.limits.day = 400_000 * GWEI;
    let (signed, _) = open(&stand.clock(settings.clone()), &roots[0], None, 0).await;
    let (sent, _) = open(&stand.clock(settings.clone()), &roots[0], Some(&signed), 0).await;
    stand.mine(3);
    done(&stand.clock(settings.clone()), &roots[0], &sent).await;
    let (nothing, words) = open(&stand.clock(settings.clone()), &roots[1], None, 5).await;
    assert!(nothing.is_null() && words.contains("in 24 hours"), "{words}");
    let (signed, _) = open(&stand.clock(settings), &roots[1], None, 86_400).await;
    assert_eq!(signed["nonce"], 1);
    stand.anvil.rpc("anvil_setBalance", json!([PAYER, "0x1"])).unwrap();
    let (nothing, words) = open(&stand.clock(stand.settings()), &roots[1], None, 86_400).await;
    assert!(nothing.is_null() && words.contains("waits for money"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_spent_on_another_chain_or_contract() {
    let Some(stand) = Stand::start() else { return };
    let (root, settings) = (sha256(b"root"), stand.settings());
    let mut other = settings.clone();
    other.chain.id = 1;
    assert!(later(&stand.clock(other), &root).await.contains("this node is one of chain 31337"));
    let changes: [fn(&mut Chain); 2] =
        [|chain| chain.contract = [7; 20], |chain| chain.code_hash = [7; 32]];
    for change in changes {
        let mut other = settings.clone();
        change(&mut other.chain);
        assert!(later(&stand.clock(other), &root).await.contains("nothing is spent"));
    }
    assert_eq!(stand.anvil.paid().unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lies_gets_no_evidence_out() {
    let Some(stand) = Stand::start() else { return };
    let root = sha256(b"root");
    let word = format!("{:#066x}", 1_700_000_000);
    type Lie = (&'static str, fn(&mut Value), &'static str);
    let lies: [Lie; 7] = [
        ("eth_chainId", |result| *result = json!("0x1"), "this node is one of chain 1"),
        ("eth_chainId", |result| *result = json!("one"), "not what this method gives"),
        ("eth_getCode", |result| *result = json!("0x00"), "nothing is spent"),
        ("eth_getBlockByNumber", |result| result["timestamp"] = json!("0x1"), "the block's hash"),
        ("eth_getProof", |result| result["accountProof"] = json!([]), "have the federation's"),
        ("eth_getProof", |result| result["storageProof"] = json!([]), "does not have this root"),
        ("eth_getBlockByNumber", |result| *result = Value::Null, "no block"),
    ];
    for (method, lie, want) in lies {
        // It says that the root is there, which it is not.
        let word = word.clone();
        let liar = Liar::start(stand.anvil.url(), move |asked, result| match asked {
            "eth_getStorageAt" => *result = json!(word),
            _ if asked == method => lie(result),
            _ => {}
        });
        let mut settings = stand.settings();
        settings.rpc = liar.await;
        let words = later(&stand.clock(settings), &root).await;
        assert!(words.contains(want), "{method}: {words}");
    }
    assert_eq!(stand.anvil.paid().unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_says_success_is_not_believed() {
    let Some(stand) = Stand::start() else { return };
    let root = sha256(b"root");
    let mut settings = stand.settings();
    settings.rpc = Liar::start(stand.anvil.url(), |asked, result| match asked {
        "eth_sendRawTransaction" => *result = json!(format!("{:#066x}", 7)),
        "eth_getTransactionReceipt" => *result = json!({"gasUsed": "0x1", "status": "0x1"}),
        _ => {}
    })
    .await;
    settings.rpc += "/without-sending";
    let clock = stand.clock(settings);
    let (mut state, _) = open(&clock, &root, None, 0).await;
    for now in 1..4 {
        stand.mine(3);
        state = open(&clock, &root, Some(&state), now).await.0;
    }
    // An honest node takes it, and it counts.
    let honest = stand.clock(stand.settings());
    let (state, _) = open(&honest, &root, Some(&state), 5).await;
    stand.mine(3);
    done(&honest, &root, &state).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_dead_stalls_or_never_ends_costs_a_bounded_time() {
    let Some(stand) = Stand::start() else { return };
    let root = sha256(b"root");
    for (url, want) in [
        ("http://127.0.0.1:1".to_owned(), "no answer"),
        (liar::endless().await, "larger than 4194304 bytes"),
        (liar::stalls().await, "no answer"),
    ] {
        let settings = Settings { rpc: url, ..stand.settings() };
        let mut clock = stand.clock(settings);
        let short = std::time::Duration::from_secs(2);
        let timeouts = crate::client::Timeouts { connect: short, request: short };
        clock.rpc = Rpc::new(clock.rpc.url(), timeouts).unwrap();
        let started = std::time::Instant::now();
        let words = later(&clock, &root).await;
        assert!(words.contains(want), "{words}");
        assert!(started.elapsed().as_secs() < 20);
    }
}
