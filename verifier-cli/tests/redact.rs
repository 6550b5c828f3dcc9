//! `beleg redact`: by field name, again and again, never over a file, never what does not hold.

use crate::desk::{Desk, Issue, text};
use std::fs;
use std::path::Path;

const FIELDS: &[(&str, &str)] =
    &[("date", "2026-05-03"), ("reference", "A 17"), ("grade", "1.3"), ("born", "2004-02-29")];

fn desk() -> Desk {
    let desk = Desk::new();
    desk.issue(&["a.pdf"], Issue { fields: FIELDS, ..Issue::default() });
    desk
}

/// Runs `beleg redact`: exit code, output, errors.
fn redact(desk: &Desk, path: &Path, args: &[&str]) -> (i32, String, String) {
    let output = desk.beleg("redact", &[path], args);
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn only_what_is_named_is_left_and_it_can_be_redacted_further() {
    let desk = desk();
    let (code, said, errors) = redact(&desk, &desk.path("a.pdf"), &["--keep", "date,grade"]);
    assert_eq!(code, 0, "{errors}");
    let first = desk.receipt_path("a.pdf.redacted");
    assert!(said.contains(&first.display().to_string()), "{said}");
    assert!(said.contains("valid-until, date, grade"), "{said}");
    assert!(said.contains("2 of 8 fields, at places 5, 7"), "{said}");

    let verdict = |receipt: &Path, args: &[&str]| {
        let receipt = receipt.to_str().unwrap();
        let args = [&["--receipt", receipt][..], args].concat();
        let output = desk.beleg("verify", &[&desk.path("a.pdf")], &args);
        (output.status.code().unwrap(), text(&output.stdout))
    };
    let (code, said) = verdict(&first, &[]);
    assert_eq!(code, 0, "{said}");
    let hidden = "2 of 8 fields are hidden: the holder left out those at places 5, 7.";
    assert!(said.contains(hidden) && said.contains("grade: 1.3"), "{said}");
    assert!(!said.contains("A 17") && !said.contains("2004"), "{said}");
    let (_, json) = verdict(&first, &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["document"]["hidden_places"], serde_json::json!([5, 7]));

    // The next holder shows nothing that need not be shown.
    let out = desk.dir.path().join("less");
    let args = ["--mandatory-only", "--out", out.to_str().unwrap()];
    let (code, said, errors) = redact(&desk, &first, &args);
    assert_eq!(code, 0, "{errors}");
    assert!(said.contains("4 of 8 fields, at places 4, 5, 6, 7"), "{said}");
    let (code, said) = verdict(&out, &[]);
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("1.3"), "{said}");
    // A redacted receipt has no secret: that alone keeps what is hidden from being guessed.
    let inspected = |path: &Path| text(&desk.beleg("inspect", &[path], &[]).stdout);
    assert!(!inspected(&out).contains("grade"));
    let extra = |path: &Path| {
        let proof = proto::tlog_proof::TlogProof::parse(&fs::read(path).unwrap()).unwrap();
        text(&proof.extra.unwrap())
    };
    assert!(extra(&desk.receipt_path("a.pdf")).contains("\"secret\""));
    assert!(!extra(&first).contains("secret") && !extra(&out).contains("secret"));
}

#[test]
fn unknown_names_are_refused_with_those_that_are_there() {
    let desk = desk();
    let (code, said, errors) = redact(&desk, &desk.path("a.pdf"), &["--keep", "grad,date,iban"]);
    assert_eq!((code, said.as_str()), (2, ""));
    assert!(errors.contains("no field grad, iban"), "{errors}");
    assert!(errors.contains("content, type, unit, valid-until, date, reference, grade, born"));
    assert!(!desk.receipt_path("a.pdf.redacted").exists());
    // What is hidden already cannot be shown again.
    assert_eq!(redact(&desk, &desk.path("a.pdf"), &["--keep", "date"]).0, 0);
    let less = desk.receipt_path("a.pdf.redacted");
    let (code, _, errors) = redact(&desk, &less, &["--keep", "grade"]);
    assert_eq!(code, 2);
    assert!(errors.contains("only a fuller receipt"), "{errors}");
    // Neither of the two options is the default: what is shown is said.
    assert_eq!(redact(&desk, &desk.path("a.pdf"), &[]).0, 2);
}

#[test]
fn nothing_is_written_over_and_nothing_that_does_not_hold() {
    let desk = desk();
    let taken = desk.receipt_path("a.pdf.redacted");
    fs::write(&taken, "mine").unwrap();
    let (code, _, errors) = redact(&desk, &desk.path("a.pdf"), &["--mandatory-only"]);
    assert_eq!(code, 2, "{errors}");
    assert_eq!(fs::read(&taken).unwrap(), b"mine");

    let out = desk.dir.path().join("out");
    let federation = desk.dir.path().join("federation");
    let args = ["--keep", "date", "--out", out.to_str().unwrap()];
    let judged = [&args[..], &["--federation", federation.to_str().unwrap()]].concat();
    fs::write(desk.path("a.pdf"), "another").unwrap();
    let (code, _, errors) = redact(&desk, &desk.path("a.pdf"), &judged);
    assert_eq!(code, 2);
    assert!(errors.contains("does not hold"), "{errors}");
    assert!(!out.exists());
    fs::write(desk.path("a.pdf"), "a.pdf").unwrap();
    assert_eq!(redact(&desk, &desk.path("a.pdf"), &judged).0, 0);
    // A changed receipt is not one any more.
    let receipt = text(&fs::read(desk.receipt_path("a.pdf")).unwrap());
    fs::write(desk.receipt_path("a.pdf"), receipt.replace("extra ey", "extra eY")).unwrap();
    fs::remove_file(&out).unwrap();
    assert_eq!(redact(&desk, &desk.path("a.pdf"), &args).0, 2);
    assert!(!out.exists());
}

#[test]
fn a_sealed_pdf_stays_one_and_its_original_the_same() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata");
    let federation = data.join("federation");
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let beleg = |command: &str, name: &str, args: &[&str]| {
        let mut beleg = std::process::Command::new(env!("CARGO_BIN_EXE_beleg"));
        let federation = ["--federation", federation.to_str().unwrap()];
        let more = if command == "extract" { &[][..] } else { &federation[..] };
        let output = beleg.arg(command).arg(path(name)).args(args).args(more).output().unwrap();
        (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
    };
    for (from, to) in [("good", "a.sealed"), ("good-stream", "b"), ("appended-newline", "c")] {
        fs::copy(data.join(format!("sealed/{from}.pdf")), path(&format!("{to}.pdf"))).unwrap();
    }
    let moment = ["--no-store", "--at", "2026-05-03T15:00:00Z"];
    for (name, redacted) in
        [("a.sealed.pdf", "a.redacted.sealed.pdf"), ("b.pdf", "b.original.redacted.sealed.pdf")]
    {
        let (code, said) = beleg("redact", name, &["--keep", "date"]);
        assert_eq!(code, 0, "{said}");
        assert!(said.contains(redacted) && said.contains("1 of 6 fields, at places 5"), "{said}");
        let (code, said) = beleg("verify", redacted, &moment);
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("2026-05-02") && !said.contains("grade"), "{said}");
        // It can be done again, but never over a file.
        assert_eq!(beleg("redact", name, &["--mandatory-only"]).0, 2);
        assert_eq!(beleg("redact", redacted, &["--mandatory-only"]).0, 0);
    }
    let out = ["--out", &path("out").display().to_string()].map(str::to_owned);
    fs::create_dir(path("out")).unwrap();
    let (code, said) = beleg("extract", "a.redacted.sealed.pdf", &[&out[0], &out[1]]);
    assert_eq!(code, 0, "{said}");
    let original = fs::read(path("out").join("a.redacted.pdf")).unwrap();
    assert!(fs::read(path("a.sealed.pdf")).unwrap().starts_with(&original));
    // What was changed after sealing is not sealed anew.
    let (code, said) = beleg("redact", "c.pdf", &["--mandatory-only"]);
    assert_eq!(code, 2, "{said}");
    assert!(!path("c.original.redacted.sealed.pdf").exists());
}
