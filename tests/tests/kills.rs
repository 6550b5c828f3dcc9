//! 1. Three clients submit without a pause, and send again what was not answered.
//! 2. Fifty times, at a random moment, a random node is killed with -9 and started again.
//! 3. Meanwhile every checkpoint that any node shows, published or pending, is written down.
//! 4. Every answer that was handed out is proven, and stands at its index in the final log.
//! 5. Nothing was entered twice.
//! 6. No two roots were ever shown for one size of one log.
//! 7. `fsck` is clean on all nodes.

use crate::desk::Desk;
use crate::ledger::{Log, Proven};
use crate::town::{HOME, Town, expect};
use anyhow::{Result, ensure};
use e2e::http;
use e2e::world::World;
use proto::checkpoint::SignedCheckpoint;
use proto::hash::{Hash, sha256};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const KILLS: usize = 50;
const CLIENTS: usize = 3;
/// For an answer, once no node is killed any more.
const PATIENCE: Duration = Duration::from_secs(40);

/// Root by origin and size.
type Roots = BTreeMap<(String, u64), Hash>;

#[test]
fn receipts_survive_fifty_kills() -> Result<()> {
    let mut town = Town::start()?;
    let desk = town.desk()?;
    let nodes: Vec<SocketAddr> = (0..4).map(|number| town.world.address(number)).collect();
    let ended = AtomicBool::new(false);
    let (handed_out, roots) = std::thread::scope(|scope| -> Result<_> {
        // 1. and 3.
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(|| submit_until(&ended, &desk, nodes[HOME])))
            .collect();
        let watcher = scope.spawn(|| watch_until(&ended, &nodes));
        // 2.
        let killed = (0..KILLS).try_for_each(|_| kill_one(&mut town.world));
        ended.store(true, Ordering::Relaxed);
        let mut handed_out = Vec::new();
        for client in clients {
            handed_out.extend(client.join().expect("a client does not panic")?);
        }
        killed?;
        Ok((handed_out, watcher.join().expect("the watcher does not panic")?))
    })?;
    assert!(handed_out.len() >= KILLS, "only {} submissions were answered", handed_out.len());
    // 4. and 5. Each was proven when it came in.
    let log = Log::read(nodes[HOME], &World::origin(HOME), &desk.federation)?;
    let mut entered: Vec<&[u8]> = log.entries.iter().map(Vec::as_slice).collect();
    let mut shown = roots;
    for proven in &handed_out {
        assert_eq!(entered[proven.index.0 as usize], proven.entry);
        note_root(&mut shown, &World::origin(HOME), proven.size.0, proven.root)?;
    }
    entered.retain(|entry| entry.get(1) == Some(&2));
    let all = entered.len();
    entered.sort_unstable_by_key(|entry| &entry[..107]);
    entered.dedup_by_key(|entry| &entry[..107]);
    assert_eq!(entered.len(), all, "a submission was entered twice");
    // 6. Noted without a contradiction.
    assert!(shown.len() > 10, "only {} trees were seen", shown.len());
    println!("{} answers, {all} issuances, {} trees seen", handed_out.len(), shown.len());
    // 7.
    town.world.stop_all()?;
    for number in 0..4 {
        expect(&town.world.fsck(number)?, 0);
    }
    Ok(())
}

fn kill_one(world: &mut World) -> Result<()> {
    std::thread::sleep(Duration::from_millis(20 + u64::from(random()?)));
    // Every second time the node whose log is being written, else any.
    let dice = random()?;
    let number = if dice.is_multiple_of(2) { HOME } else { usize::from(dice / 2 % 4) };
    world.kill(number);
    world.start(number)?;
    world.wait_ready(number)
}

fn submit_until(ended: &AtomicBool, desk: &Desk, node: SocketAddr) -> Result<Vec<Proven>> {
    let mut handed_out = Vec::new();
    while !ended.load(Ordering::Relaxed) {
        let submission = desk.sign_new(4)?;
        handed_out.push(submit(ended, desk, node, &submission)?);
    }
    Ok(handed_out)
}

/// Sends until it is answered.
fn submit(ended: &AtomicBool, desk: &Desk, node: SocketAddr, submission: &[u8]) -> Result<Proven> {
    let mut patience = None;
    loop {
        match http::post(node, "/v1/issuances?wait_s=20", submission) {
            Ok(answer) if answer.status == 200 => return desk.check(submission, &answer),
            Ok(answer) => ensure!([202, 503].contains(&answer.status), "{}", answer.text()),
            Err(_) => {} // killed before, or while it answered
        }
        if ended.load(Ordering::Relaxed) {
            let until = *patience.get_or_insert_with(|| Instant::now() + PATIENCE);
            ensure!(Instant::now() < until, "no answer though all nodes are up");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn watch_until(ended: &AtomicBool, nodes: &[SocketAddr]) -> Result<Roots> {
    let mut roots = Roots::new();
    let origins: Vec<String> = (0..nodes.len()).map(World::origin).collect();
    while !ended.load(Ordering::Relaxed) {
        for node in nodes {
            for origin in &origins {
                let hash = sha256(origin.as_bytes()).to_hex();
                for name in ["checkpoint", "pending"] {
                    let Ok(answer) = http::read(*node, &format!("/{hash}/{name}")) else {
                        continue;
                    };
                    if answer.status == 200 {
                        let signed = SignedCheckpoint::parse(&answer.body)?;
                        let tree = signed.checkpoint();
                        note_root(&mut roots, tree.origin(), tree.size().0, *tree.root())?;
                    }
                }
            }
        }
        std::thread::sleep(Duration::from_millis(30));
    }
    Ok(roots)
}

fn note_root(roots: &mut Roots, origin: &str, size: u64, root: Hash) -> Result<()> {
    let known = roots.entry((origin.to_owned(), size)).or_insert(root);
    ensure!(*known == root, "two roots for size {size} of {origin}: {known} and {root}");
    Ok(())
}

fn random() -> Result<u8> {
    let mut byte = [0];
    getrandom::fill(&mut byte)?;
    Ok(byte[0])
}
