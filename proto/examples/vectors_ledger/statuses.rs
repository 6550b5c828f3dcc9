//! Verdicts on the status, the last day and the age of what is known.

use crate::case::Case;
use crate::verdicts::{VALID, scene, with};
use crate::world::{
    Log, NOW, STATUS_AGE_S, T0, digest, document, document_of, federation, file, issuer_key,
};
use proto::hash::{Hash, LeafIndex, StatusIndex, Timestamp};
use proto::ledger::{StatusState, StatusTree};
use proto::receipt::{Receipt, StatusProof};

pub fn cases() -> Vec<Case> {
    [ages(), moments(), snapshots(), withdrawn(), last_days(), chains()]
        .into_iter()
        .flatten()
        .collect()
}

fn status(word: &str, code: &str) -> String {
    format!("{word} {code} content-matches issuer-proven time-proven {code}")
}

fn at(name: &str, expect: &str, receipt: &Receipt, now: u64) -> Case {
    let receipt = receipt.to_bytes().unwrap();
    with(name, expect, &receipt, Some(&digest(&file(0))), "good-first", Timestamp(now))
}

fn ages() -> Vec<Case> {
    let full = scene().receipt();
    let none = Receipt { status: None, ..full.clone() };
    let stale = status("CANNOT TELL", "status-stale");
    // 2028-01-01 00:00:00 UTC, the first second after the file's last day.
    let over = 1_830_297_600;
    let mut late = scene();
    late.log.close(Timestamp(over - 100));
    let fresh =
        Receipt { status: Some(late.log.fresh_status(full.status_index())), ..full.clone() };
    vec![
        at("good-status-a-day-old", VALID, &full, T0.0 + STATUS_AGE_S),
        at("status-stale", &stale, &full, T0.0 + STATUS_AGE_S + 1),
        at("status-missing", &status("CANNOT TELL", "status-missing"), &none, NOW.0),
        at("good-last-second-of-the-federation", VALID, &fresh, over - 1),
        at("federation-expired", &status("CANNOT TELL", "federation-expired"), &fresh, over),
        at("clock-at-the-end-of-time", &status("INVALID", "expired"), &full, u64::MAX),
    ]
}

/// A verifier who looks much later asks whether it stood at a moment of the past.
fn moments() -> Vec<Case> {
    let full = scene().receipt();
    let now = T0.0 + 100 * STATUS_AGE_S;
    let on =
        |name: &str, expect: &str, moment: u64| at(name, expect, &full, now).with("at", moment);
    let missing = status("CANNOT TELL", "status-history-missing");
    let early = "CANNOT TELL not-yet-proven-at content-matches issuer-proven not-yet-proven-at";
    vec![
        on("good-at-the-proven-time", VALID, T0.0 + 1),
        on("good-at-a-day-later", VALID, T0.0 + STATUS_AGE_S),
        on("at-a-moment-nobody-saw", &missing, T0.0 + STATUS_AGE_S + 1),
        on("at-a-moment-to-come", &missing, now + 301),
        on("at-before-the-proven-time", &format!("{early} status-valid"), T0.0),
        on("at-before-the-status", &format!("{early} status-history-missing"), T0.0 - 1),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn snapshots() -> Vec<Case> {
    let mut scene = scene();
    let full = scene.receipt();
    let old = full.status.clone().unwrap();
    for number in 10..80 {
        scene.log.issue(LeafIndex(0), &issuer_key(1), vec![document(number)]);
    }
    let later = Timestamp(T0.0 + 10 * STATUS_AGE_S);
    scene.log.close(later);
    let fresh = scene.log.fresh_status(full.status_index());
    let with = |status: StatusProof| Receipt { status: Some(status), ..full.clone() };
    let own = |status: StatusProof| with(StatusProof { checkpoint: None, ..status });
    // The snapshot of entry 3 with its true proof in the tree of today: it does not close that
    // tree.
    let shown_as_todays = StatusProof {
        proof: scene.log.prove(LeafIndex(3)),
        checkpoint: fresh.checkpoint.clone(),
        ..old.clone()
    };
    let mut before = Log::new(&scene.federation, 1);
    before.admit("School of Example", &issuer_key(1), &["school.certificate"]);
    before.close(Timestamp(T0.0 - 9));
    before.issue(LeafIndex(0), &issuer_key(1), vec![document(40)]);
    let too_early = {
        let mut early = Log::new(&scene.federation, 1);
        early.close(T0);
        let proof = StatusProof {
            checkpoint: Some(early.published()),
            time: T0,
            length: 0,
            root: early.state.status().root(),
            proof: vec![],
            piece: old.piece.clone(),
        };
        with(proof)
    };
    let mut piece = old.clone();
    piece.piece.piece[255] = 3;
    let mut path = old.clone();
    path.piece.path.push(Hash([1; 32]));
    let other_log = StatusProof { checkpoint: Some(scene.other.published()), ..old.clone() };
    let two = scene.log.publish(&[(1, later), (2, later)]);
    let open = "snapshot-not-closing";
    let bad = |code: &str| status("INVALID", code);
    let now = later.0 + 60;
    let soon = Timestamp(T0.0 + 3600 + 301);
    let mut ahead = crate::verdicts::scene();
    ahead.log.close(soon);
    let ahead_proof = StatusProof {
        // Cosigned an hour before the time that the snapshot claims.
        checkpoint: Some(ahead.log.publish(&[(1, T0), (2, T0), (3, T0)])),
        ..ahead.log.fresh_status(full.status_index())
    };
    vec![
        at("good-status-of-today", VALID, &with(fresh.clone()), now),
        at("old-snapshot-shown-as-todays", &bad(open), &with(shown_as_todays), now),
        at(
            "snapshot-time-changed",
            &bad(open),
            &own(StatusProof { time: NOW, ..old.clone() }),
            NOW.0,
        ),
        at(
            "snapshot-length-changed",
            &bad(open),
            &own(StatusProof { length: 1024, ..old.clone() }),
            NOW.0,
        ),
        at("snapshot-of-another-checkpoint", &bad(open), &own(fresh.clone()), NOW.0),
        at("status-of-another-log", &bad("status-of-another-log"), &with(other_log), NOW.0),
        at("status-before-the-document", &bad("status-index-outside"), &too_early, NOW.0),
        at("status-piece-changed", &bad("status-proof-bad"), &own(piece), NOW.0),
        at("status-path-too-long", &bad("status-proof-bad"), &own(path), NOW.0),
        at(
            "status-without-quorum",
            &status("CANNOT TELL", "quorum-missing"),
            &with(StatusProof { checkpoint: Some(two), ..fresh }),
            now,
        ),
        at(
            "status-in-future",
            &status("CANNOT TELL", "status-in-future"),
            &with(ahead_proof),
            NOW.0,
        ),
    ]
}

/// A status list in which document 0 has this state. No entry changes a status yet, so the log is
/// one that a later version of the rules allows.
fn with_state(state: StatusState, last_day: Option<&str>) -> Receipt {
    let federation = federation();
    let mut log = Log::new(&federation, 1);
    let issuer = log.admit("School of Example", &issuer_key(1), &["school.certificate"]);
    let paper =
        log.issue(issuer, &issuer_key(1), vec![document_of(0, "school.certificate", last_day)]);
    log.close(T0);
    let receipt = log.receipt(&federation, &paper, 0);
    let mut tree = StatusTree::new();
    tree.extend(16).unwrap();
    tree.set(StatusIndex(0), state).unwrap();
    log.snapshot_of(&tree, NOW);
    let status = StatusProof {
        checkpoint: Some(log.publish(&[(1, NOW), (2, NOW), (3, NOW)])),
        time: NOW,
        length: 16,
        root: tree.root(),
        proof: log.prove(LeafIndex(3)),
        piece: tree.prove(StatusIndex(0)).unwrap(),
    };
    Receipt { status: Some(status), ..receipt }
}

fn withdrawn() -> Vec<Case> {
    let bad = |code: &str| status("INVALID", code);
    let now = NOW.0 + 60;
    let much_later = NOW.0 + 30 * STATUS_AGE_S;
    let revoked = with_state(StatusState::Revoked, None);
    let ended = with_state(StatusState::Revoked, Some("2020-12-31"));
    vec![
        at("good-state-valid", VALID, &with_state(StatusState::Valid, None), now),
        at("suspended", &bad("suspended"), &with_state(StatusState::Suspended, None), now),
        at("superseded", &bad("superseded"), &with_state(StatusState::Superseded, None), now),
        at("revoked", &bad("revoked"), &revoked, now),
        at("revoked-long-ago", &bad("revoked"), &revoked, much_later),
        at("revoked-and-expired", &bad("revoked"), &ended, now),
    ]
}

fn last_days() -> Vec<Case> {
    // The last day is 2026-05-03, the day on which the verifier looks.
    let today = with_state(StatusState::Valid, Some("2026-05-03"));
    let end = 1_777_852_800;
    let bad = status("INVALID", "expired");
    let none = Receipt { status: None, ..today.clone() };
    vec![
        at("good-last-day", VALID, &today, end - 1),
        at("expired", &bad, &today, end),
        at("expired-and-stale", &bad, &today, end + 100 * STATUS_AGE_S),
        at("expired-and-no-status", &bad, &none, end),
    ]
}

/// A later version of the federation: see `federation/good-second-with-other-keys`.
fn chains() -> Vec<Case> {
    let scene = scene();
    let full = scene.receipt();
    let receipt = full.to_bytes().unwrap();
    let own = digest(&file(0));
    let ask = |name, expect: &str, receipt: &[u8], federation| {
        with(name, expect, receipt, Some(&own), federation, NOW)
    };
    let dropped = "CANNOT TELL keys-dropped not-judged not-judged keys-dropped not-judged";
    vec![
        ask("good-under-the-second-version", VALID, &receipt, "good-second"),
        ask("keys-dropped", dropped, &receipt, "good-second-with-other-keys"),
    ]
}
