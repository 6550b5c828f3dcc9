//! 1. Plain files of several makers are sealed: tables, object streams, linearized, hybrid.
//! 2. Each sealed file opens to the very original and receipt.
//! 3. Other people's readers take it without complaint and find the receipt: qpdf, Poppler, MuPDF.
//!
//! A reader that is not installed is passed over and named; the build machine installs them all.

use seal::{Builder, Opened, Refusal, open, seal};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

mod maker;

const RECEIPT: &[u8] = b"c2sp.org/tlog-proof@v1\nindex 1\n\nstands for a receipt\n";

fn run(program: &str, args: &[&str]) -> Option<Output> {
    match Command::new(program).args(args).output() {
        Ok(output) => Some(output),
        Err(_) => {
            println!("passed over: {program} is not installed");
            None
        }
    }
}

#[track_caller]
fn clean(program: &str, args: &[&str]) -> Option<String> {
    let output = run(program, args)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    // Debian builds MuPDF without colour profiles, and it says so of every file.
    let err = err.replace("warning: ICC support is not available", "");
    assert!(output.status.success(), "{program} {args:?}: {text} {err}");
    let bad = ["warning", "WARNING", "error", "Syntax", "repair"];
    assert!(!bad.iter().any(|word| err.contains(word)), "{program} {args:?}: {err}");
    Some(text)
}

fn read_everywhere(dir: &Path, name: &str, original: &[u8]) {
    let sealed = seal(original, RECEIPT, Builder::V1).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(sealed.starts_with(original));
    let opened = open(&sealed);
    let want = Opened::Sealed { original: 0..original.len(), receipt: RECEIPT.to_vec() };
    assert_eq!(opened, want, "{name}");
    let path = dir.join(format!("{name}.pdf"));
    fs::write(&path, &sealed).unwrap();
    let path = path.to_str().unwrap();
    if let Some(text) = clean("qpdf", &["--check", path]) {
        assert!(text.contains("No syntax or stream encoding errors"), "{name}: {text}");
        let list = clean("qpdf", &["--list-attachments", path]).unwrap();
        assert!(list.contains("receipt.tlog-proof"), "{name}: {list}");
        let key = list.lines().find(|line| line.contains("receipt.tlog-proof")).unwrap();
        let key = key.split(" -> ").next().unwrap();
        let shown = run("qpdf", &[path, &format!("--show-attachment={key}")]).unwrap();
        assert_eq!(shown.stdout, RECEIPT, "{name}");
    }
    if let Some(text) = clean("pdftotext", &[path, "-"]) {
        assert!(text.contains("A letter"), "{name}: {text}");
        let list = clean("pdfdetach", &["-list", path]).unwrap();
        assert!(list.contains("receipt.tlog-proof"), "{name}: {list}");
        let out = dir.join("detached");
        let save = ["-savefile", "receipt.tlog-proof", "-o", out.to_str().unwrap(), path];
        clean("pdfdetach", &save);
        assert_eq!(fs::read(&out).unwrap(), RECEIPT, "{name}");
    }
    if let Some(text) = clean("mutool", &["draw", "-F", "text", path]) {
        assert!(text.contains("A letter"), "{name}: {text}");
    }
}

#[test]
fn other_readers_take_every_sealed_file() {
    let dir = tempfile::tempdir().unwrap();
    let originals = maker::originals();
    for (name, original) in &originals {
        read_everywhere(dir.path(), name, original);
    }
    let plain = dir.path().join("plain");
    fs::write(&plain, &originals[0].1).unwrap();
    let plain = plain.to_str().unwrap();
    for (name, args) in [
        ("linearized", &["--linearize"][..]),
        ("object-streams", &["--object-streams=generate"]),
        ("linearized-streams", &["--linearize", "--object-streams=generate"]),
        ("fixed-id", &["--static-id", "--newline-before-endstream"]),
        ("attached", &["--add-attachment", plain, "--key=a", "--"]),
        ("attached-later", &["--add-attachment", plain, "--key=z", "--"]),
    ] {
        let out = dir.path().join("made");
        let all = [args, &[plain, out.to_str().unwrap()]].concat();
        if clean("qpdf", &all).is_some() {
            read_everywhere(dir.path(), name, &fs::read(&out).unwrap());
        }
    }
    let out = dir.path().join("encrypted");
    let args = ["--encrypt", "", "owner", "256", "--", plain, out.to_str().unwrap()];
    if clean("qpdf", &args).is_some() {
        let refused = seal(&fs::read(&out).unwrap(), RECEIPT, Builder::V1);
        assert_eq!(refused, Err(Refusal::Encrypted));
    }
}

/// `testdata/signed.pdf` has an ordinary signature by a self-made key, the others certify with
/// DocMDP at levels 1 and 3.
#[test]
fn a_signature_stays_valid_and_a_certification_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata");
    let signed = fs::read(data.join("signed.pdf")).unwrap();
    read_everywhere(dir.path(), "signed", &signed);
    if let Some(text) =
        clean("pdfsig", &["-nocert", dir.path().join("signed.pdf").to_str().unwrap()])
    {
        assert!(text.contains("Signature is Valid"), "{text}");
    }
    for name in ["certified-1.pdf", "certified-3.pdf"] {
        let certified = fs::read(data.join(name)).unwrap();
        let refused = seal(&certified, RECEIPT, Builder::V1);
        assert_eq!(refused, Err(Refusal::SignatureForbids), "{name}");
    }
}
