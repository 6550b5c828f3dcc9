//! Writes the test vectors of entries, ledger rules, federation files, receipts, verdicts and
//! sheets to `tests/testdata`, from fixed seeds and fixed times.
//!
//! What a case must give is written here by hand and not computed, so that a mistake in the code
//! does not become an expectation. `tests/vectors_ledger.rs` compares.

mod anchored;
#[path = "../../tests/case/mod.rs"]
mod case;
mod dishonest;
mod entries;
mod federations;
mod lists;
mod receipts;
mod rules;
mod sheets;
mod statuses;
mod trust;
mod verdicts;
mod withdrawals;
#[path = "../../tests/world/mod.rs"]
mod world;

use case::Case;

/// Replaces what must be there exactly once.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from:?}");
    text.replacen(from, to, 1)
}

fn main() -> std::io::Result<()> {
    let parts = [
        entries::cases(),
        rules::cases(),
        federations::cases(),
        receipts::cases(),
        anchored::cases(),
        verdicts::cases(),
        dishonest::cases(),
        trust::cases(),
        statuses::cases(),
        lists::cases(),
        sheets::cases(),
    ];
    let cases: Vec<Case> = parts.into_iter().flatten().collect();
    case::write(&cases)
}
