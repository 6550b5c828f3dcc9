//! Evidence of clocks outside the federation in a receipt, and what a verdict makes of it. The
//! blocks are of a regtest chain that is mined here.

mod world;

use proto::anchor::bitcoin::{Header, Headers, sha256d};
use proto::anchor::clocks::{Bitcoin, Network};
use proto::anchor::judge::Outside;
use proto::anchor::ots::{Attestation, DetachedFile, Op, Timestamp as Stamp};
use proto::anchor::statement::{Head, Statement};
use proto::anchor::{Evidence, Kind};
use proto::federation::Federation;
use proto::hash::{Hash, TreeSize};
use proto::receipt::{Anchor, Receipt};
use proto::verify::{Known, Question, Reason, Verdict, Word, verify, verify_with};
use world::*;

/// Target of regtest: every second hash is below it.
const BITS: u32 = 0x207f_ffff;
const START: u32 = 1_777_730_000;

fn mined(previous: [u8; 32], merkle_root: [u8; 32], time: u32) -> [u8; 80] {
    let raw = |nonce: u32| -> [u8; 80] {
        let numbers = [time, BITS, nonce].map(u32::to_le_bytes).concat();
        [&[4, 0, 0, 0][..], &previous, &merkle_root, &numbers].concat().try_into().unwrap()
    };
    (0..).map(raw).find(|raw| sha256d(raw)[31] < 0x7f).unwrap()
}

/// A receipt of a federation that counts Bitcoin, and a later tree of its log that was anchored.
struct Scene {
    federation: Federation,
    receipt: Receipt,
    anchor: Anchor,
    headers: Headers,
    content: proto::document::ContentDigest,
}

impl Scene {
    fn new() -> Scene {
        let first_block = mined([0; 32], [7; 32], START);
        let hash = Header::parse(&first_block).hash.0;
        let base = Bitcoin { network: Network::Regtest, height: 2016, hash };
        let mut version = first();
        version.clocks.bitcoin = Some(base);
        let federation = Federation::parse(&founded(&version, &[1, 2, 3])).unwrap();
        let mut log = Log::new(&federation, 1);
        let key = issuer_key(1);
        let issuer = log.admit("School of Example", &key, &["school.certificate"]);
        let paper = log.issue(issuer, &key, vec![document(0)]);
        log.close(T0);
        let receipt = log.receipt(&federation, &paper, 0);
        let old = log.entries.len();
        log.close(proto::hash::Timestamp(T0.0 + 60));
        let head = Head::of(&log.published()).unwrap();
        let other = Head::new("z.example/log", TreeSize(3), Hash([1; 32]), Hash([2; 32])).unwrap();
        let heads = vec![other, head.clone()];
        let statement = Statement::new(federation.id(), heads).unwrap();
        let index = statement.heads().iter().position(|one| *one == head).unwrap() as u64;
        let tree = statement.tree().unwrap();
        let ops = [Op::Append(vec![9]), Op::Sha256];
        let merkle_root = Op::apply_all(&ops, &tree.root().0).unwrap();
        let (headers, height) = chain(&base, first_block, merkle_root.clone().try_into().unwrap());
        let end = Stamp::new(&merkle_root, Attestation::Bitcoin { height }).unwrap();
        let stamp = Stamp::leading_to(end, &tree.root().0, &ops).unwrap();
        let bytes = DetachedFile::new(stamp).unwrap().to_bytes();
        let anchor = Anchor {
            head,
            consistency: log.prove_consistency(old),
            index,
            path: tree.path(index).unwrap(),
            evidence: vec![Evidence { kind: Kind::Bitcoin, bytes }],
        };
        Scene { federation, receipt, anchor, headers, content: digest(&file(0)) }
    }

    fn ask(&self, anchor: &Anchor, outside: Outside<'_>, require: &[Kind]) -> Verdict {
        let receipt = self.receipt.with_anchor(anchor).unwrap().to_bytes().unwrap();
        let question = Question::new(Some(&self.content), &receipt, &self.federation, NOW);
        verify(&Question { outside, require, ..question })
    }

    fn at_hand(&self) -> Outside<'_> {
        Outside { headers: Some(&self.headers), ..Outside::default() }
    }
}

/// The first block, one with that Merkle root, and six on top of it.
fn chain(base: &Bitcoin, first: [u8; 80], merkle_root: [u8; 32]) -> (Headers, u64) {
    let (mut bytes, mut previous) = (first.to_vec(), Header::parse(&first).hash.0);
    for place in 1..=7u32 {
        let root = if place == 1 { merkle_root } else { [place as u8; 32] };
        let raw = mined(previous, root, START + 600 * place);
        previous = Header::parse(&raw).hash.0;
        bytes.extend(raw);
    }
    (Headers::verify(base, &bytes).unwrap(), base.height + 1)
}

#[test]
fn evidence_that_holds_is_told_and_changes_no_verdict() {
    let scene = Scene::new();
    for require in [&[][..], &[Kind::Bitcoin]] {
        let verdict = scene.ask(&scene.anchor, scene.at_hand(), require);
        assert_eq!(verdict.reason, Reason::Valid, "{verdict:#?}");
        let [facts] = verdict.facts.anchors.as_slice() else { panic!("{verdict:#?}") };
        let proven = facts.outcome.as_ref().unwrap();
        assert_eq!(proven.time().0, u64::from(START) + 600);
        assert_eq!(
            (facts.kind, facts.size),
            (Kind::Bitcoin, scene.anchor.head.checkpoint().size())
        );
    }
    let receipt = scene.receipt.with_anchor(&scene.anchor).unwrap();
    assert_eq!(receipt.with_anchor(&scene.anchor).unwrap(), receipt, "once is enough");
    let bytes = receipt.to_bytes().unwrap();
    assert_eq!(Receipt::parse(&bytes).unwrap(), receipt);
    let redacted = receipt.redact(&[]).unwrap();
    assert_eq!(redacted.anchors, receipt.anchors);
}

#[test]
fn what_is_missing_is_no_error_unless_it_is_asked_for() {
    let scene = Scene::new();
    let bare = Anchor { evidence: vec![], ..scene.anchor.clone() };
    for (anchor, outside) in [(&bare, scene.at_hand()), (&scene.anchor, Outside::default())] {
        let verdict = scene.ask(anchor, outside, &[]);
        assert_eq!(verdict.word, Word::Valid);
        let verdict = scene.ask(anchor, outside, &[Kind::Bitcoin]);
        let missing = Reason::AnchorMissing(Kind::Bitcoin);
        assert_eq!((verdict.word, verdict.reason), (Word::CannotTell, missing));
    }
    let both = scene.ask(&scene.anchor, scene.at_hand(), &[Kind::Bitcoin, Kind::Tsa]);
    assert_eq!(both.reason, Reason::AnchorMissing(Kind::Tsa));
    // Headers that begin elsewhere than the federation says are none.
    let first = mined([3; 32], [7; 32], START);
    let base = Bitcoin { hash: Header::parse(&first).hash.0, ..*scene.headers.base() };
    let (other, _) = chain(&base, first, [1; 32]);
    let outside = Outside { headers: Some(&other), ..Outside::default() };
    let verdict = scene.ask(&scene.anchor, outside, &[]);
    let problem = verdict.facts.anchors[0].outcome.as_ref().unwrap_err();
    assert_eq!((problem.code(), problem.is_false()), ("anchor-no-headers", false));
}

#[test]
fn evidence_that_does_not_hold_is_said_to_be_false() {
    let scene = Scene::new();
    let mut changed = Vec::new();
    let good = &scene.anchor;
    let mut path = good.path.clone();
    path[1].0[5] ^= 1;
    changed.push((Anchor { path, ..good.clone() }, "anchor-other-root"));
    changed.push((Anchor { index: good.index ^ 1, ..good.clone() }, "anchor-other-root"));
    changed.push((Anchor { path: vec![], ..good.clone() }, "anchor-bad-path"));
    let mut consistency = good.consistency.clone();
    consistency[0].0[0] ^= 1;
    changed.push((Anchor { consistency, ..good.clone() }, "anchor-other-tree"));
    changed.push((Anchor { consistency: vec![], ..good.clone() }, "anchor-other-tree"));
    let checkpoint = good.head.checkpoint();
    let signatures = Hash([9; 32]);
    let head = Head::new(checkpoint.origin(), checkpoint.size(), *checkpoint.root(), signatures);
    changed.push((Anchor { head: head.unwrap(), ..good.clone() }, "anchor-other-root"));
    for (anchor, code) in changed {
        let verdict = scene.ask(&anchor, scene.at_hand(), &[]);
        assert_eq!(verdict.word, Word::Valid, "{code}");
        let problem = verdict.facts.anchors[0].outcome.as_ref().unwrap_err();
        assert_eq!((problem.code(), problem.is_false()), (code, true));
        let verdict = scene.ask(&anchor, scene.at_hand(), &[Kind::Bitcoin]);
        let want = (Word::Invalid, Reason::AnchorFalse(Kind::Bitcoin));
        assert_eq!((verdict.word, verdict.reason), want, "{code}");
    }
}

#[test]
fn one_changed_byte_of_the_evidence_never_proves_anything() {
    let scene = Scene::new();
    for at in 0..scene.anchor.evidence[0].bytes.len() {
        let mut anchor = scene.anchor.clone();
        anchor.evidence[0].bytes[at] ^= 1;
        let verdict = scene.ask(&anchor, scene.at_hand(), &[Kind::Bitcoin]);
        assert_ne!(verdict.word, Word::Valid, "byte {at}");
        assert!(verdict.facts.anchors[0].outcome.is_err(), "byte {at}");
    }
}

#[test]
fn false_evidence_does_not_hide_the_good() {
    let scene = Scene::new();
    let mut anchor = scene.anchor.clone();
    let mut bad = anchor.evidence[0].clone();
    let last = bad.bytes.len() - 1;
    bad.bytes[last] ^= 1;
    anchor.evidence.push(bad);
    anchor.evidence.sort_by(|a, b| a.bytes.cmp(&b.bytes));
    let verdict = scene.ask(&anchor, scene.at_hand(), &[Kind::Bitcoin]);
    assert_eq!(verdict.word, Word::Valid);
    let outcomes: Vec<bool> = verdict.facts.anchors.iter().map(|a| a.outcome.is_ok()).collect();
    assert_eq!(outcomes, [true, false]);
}

#[test]
fn a_reorganised_chain_takes_the_evidence_with_it_also_for_who_remembers() {
    let scene = Scene::new();
    let first: [u8; 80] = scene.headers.as_bytes()[..80].try_into().unwrap();
    let (other, _) = chain(scene.headers.base(), first, [1; 32]);
    let receipt = scene.receipt.with_anchor(&scene.anchor).unwrap().to_bytes().unwrap();
    let question = Question::new(Some(&scene.content), &receipt, &scene.federation, NOW);
    let mut known = Known::default();
    for (headers, good) in [(&scene.headers, true), (&other, false), (&scene.headers, true)] {
        let outside = Outside { headers: Some(headers), ..Outside::default() };
        let verdict = verify_with(&mut known, &Question { outside, ..question });
        assert_eq!(verdict.facts.anchors[0].outcome.is_ok(), good);
        assert_eq!(verdict, verify(&Question { outside, ..question }));
    }
}
