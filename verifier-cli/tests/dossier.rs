//! `beleg bundle`, and dossiers given to `verify`, `inspect` and `extract`: what belongs together
//! gets in, everything wrong is named at once, and no changed byte is overlooked.

use crate::desk::{Desk, Issue, revoke_all, text};
use proto::dossier::{Builder, List, Listed};
use std::fs;
use std::path::{Path, PathBuf};

/// Runs `beleg bundle in --out FILE`: exit code, output and errors.
fn bundle(desk: &Desk, out: &Path, args: &[&str]) -> (i32, String) {
    let args = [&["--out", out.to_str().unwrap()][..], args].concat();
    let output = desk.beleg("bundle", &[&desk.dir.path().join("in")], &args);
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

fn verify(desk: &Desk, path: &Path, args: &[&str]) -> (i32, String) {
    let output = desk.beleg("verify", &[path], args);
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

fn dossier(desk: &Desk) -> PathBuf {
    desk.dir.path().join("dossier.zip")
}

#[test]
fn a_dossier_is_judged_document_by_document() {
    let desk = Desk::new();
    fs::create_dir(desk.path("folder")).unwrap();
    desk.issue(&["a.pdf", "folder/b.xml", "Bescheid \u{fc}ber.pdf"], Issue::default());
    desk.issue(&["old.pdf"], Issue { age_s: 4000, ..Issue::default() });
    desk.issue(&["second.pdf"], Issue { sha512: true, ..Issue::default() });
    let out = dossier(&desk);
    let (code, said) = bundle(&desk, &out, &[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("5 documents"), "{said}");
    // The same files give the same bytes, and nothing is written over.
    let again = desk.dir.path().join("again.zip");
    assert_eq!(bundle(&desk, &again, &[]).0, 0);
    assert_eq!(fs::read(&out).unwrap(), fs::read(&again).unwrap());
    assert_eq!(bundle(&desk, &again, &[]).0, 2);

    let (code, said) = verify(&desk, &out, &[]);
    assert_eq!(code, 2, "{said}");
    let top = out.display();
    let want = format!(
        "VALID\tvalid\t{top}/Bescheid \u{fc}ber.pdf\nVALID\tvalid\t{top}/a.pdf\n\
         VALID\tvalid\t{top}/folder/b.xml\nCANNOT TELL\tstatus-stale\t{top}/old.pdf\n\
         VALID\tvalid\t{top}/second.pdf\n4 VALID, 0 INVALID, 1 CANNOT TELL\n"
    );
    assert_eq!(said, want);
    let (_, json) = verify(&desk, &out, &["--json"]);
    let line: serde_json::Value = serde_json::from_str(json.lines().nth(1).unwrap()).unwrap();
    assert_eq!(line["file"], format!("{top}/a.pdf"));
    assert_eq!(line["receipt"], format!("{top}/a.pdf.tlog-proof"));
    assert_eq!(line["lines"]["content"]["state"], "good");
    // Among other files, too.
    let (_, said) = verify(&desk, desk.dir.path(), &["--quiet"]);
    assert!(said.ends_with("12 VALID, 0 INVALID, 4 CANNOT TELL\n"), "{said}");

    let inspected = text(&desk.beleg("inspect", &[&out], &["--json"]).stdout);
    let inspected: serde_json::Value = serde_json::from_str(&inspected).unwrap();
    assert_eq!(inspected["documents"][1]["name"], "a.pdf");
    assert_eq!(inspected["documents"][1]["receipt"], "a.pdf.tlog-proof");
    assert!(text(&desk.beleg("inspect", &[&out], &[]).stdout).starts_with("dossier  5 documents"));

    let extracted = desk.beleg("extract", &[&out], &[]);
    assert_eq!(extracted.status.code(), Some(0), "{}", text(&extracted.stderr));
    let folder = desk.dir.path().join("dossier");
    for name in ["a.pdf", "a.pdf.tlog-proof", "folder/b.xml", "second.pdf.tlog-proof"] {
        assert_eq!(fs::read(folder.join(name)).unwrap(), fs::read(desk.path(name)).unwrap());
    }
    assert_eq!(desk.beleg("extract", &[&out], &[]).status.code(), Some(2));
}

#[test]
fn a_sealed_pdf_needs_no_receipt_in_a_dossier() {
    let desk = Desk::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata");
    let copy = |from: &str, to: &str| {
        fs::copy(data.join("sealed").join(from), desk.path(to)).unwrap();
    };
    copy("good.pdf", "a.sealed.pdf");
    let out = dossier(&desk);
    assert_eq!(bundle(&desk, &out, &[]).0, 0);
    let federation = data.join("federation");
    let verdict = |path: &Path| {
        let mut beleg = std::process::Command::new(env!("CARGO_BIN_EXE_beleg"));
        let beleg = beleg.arg("verify").arg(path).arg("--federation").arg(&federation);
        let output = beleg.args(["--no-store", "--at", "2026-05-03T15:00:00Z"]).output().unwrap();
        (output.status.code().unwrap(), text(&output.stdout))
    };
    let (code, said) = verdict(&out);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("dossier.zip/a.sealed.pdf"), "{said}");
    copy("appended-newline.pdf", "b.pdf");
    copy("receipt-of-another-file.pdf", "c.pdf");
    copy("mark-of-another-version.pdf", "d.pdf");
    let (code, said) = bundle(&desk, &desk.dir.path().join("no.zip"), &[]);
    assert_eq!(code, 2);
    for (name, why) in
        [("b.pdf", "behind the seal"), ("c.pdf", "not the document"), ("d.pdf", "of a version")]
    {
        assert!(said.lines().any(|line| line.contains(name) && line.contains(why)), "{said}");
    }
    assert!(!said.contains("a.sealed.pdf"), "{said}");
}

#[test]
fn all_that_is_wrong_is_named_at_once_and_nothing_is_written() {
    let desk = Desk::new();
    let names = ["changed", "good", "noise", "twice", "TWICE", "a:b", "a\u{202e}b", "lost"];
    desk.issue(&names, Issue::default());
    desk.issue(&["gone"], Issue { change: revoke_all, ..Issue::default() });
    fs::write(desk.path("changed"), "another").unwrap();
    fs::write(desk.receipt_path("noise"), "noise").unwrap();
    fs::remove_file(desk.path("lost")).unwrap();
    desk.document("alone");
    let out = dossier(&desk);
    let federation = desk.dir.path().join("federation");
    let (code, said) = bundle(&desk, &out, &["--federation", federation.to_str().unwrap()]);
    assert_eq!(code, 2);
    let lines = |what: &str| said.lines().filter(|line| line.contains(what)).count();
    for (name, why) in [
        ("/changed: ", "not the document"),
        ("/noise: ", "receipt cannot be read"),
        ("/lost.tlog-proof: ", "document is not beside"),
        ("/alone: ", "no receipt"),
        ("/a:b: ", "not every system"),
        ("/gone: ", "INVALID"),
    ] {
        assert!(said.lines().any(|line| line.contains(name) && line.contains(why)), "{said}");
    }
    assert_eq!(lines("the same name"), 2, "document and receipt: {said}");
    assert_eq!(lines("\\u{202e}"), 1, "{said}");
    assert_eq!(lines("/good"), 0, "{said}");
    // Not even for a moment, or under another name.
    let left: Vec<_> = fs::read_dir(desk.dir.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

/// A dossier of any files, as somebody makes it who does not ask what they are.
fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let listed = |(name, content): &(&str, &[u8])| Listed {
        sha256: proto::hash::sha256(content),
        length: u32::try_from(content.len()).unwrap(),
        name: (*name).into(),
    };
    let list = List::new(files.iter().map(listed).collect()).unwrap();
    let (mut builder, mut file) = Builder::new(&list).unwrap();
    for (listed, (_, content)) in list.files().iter().zip(files) {
        file.extend(builder.next(listed, crc32fast::hash(content)).unwrap());
        file.extend_from_slice(content);
    }
    file.extend(builder.finish().unwrap());
    file
}

#[test]
fn no_changed_byte_of_a_dossier_is_overlooked() {
    let desk = Desk::new();
    desk.issue(&["a.pdf", "b.pdf"], Issue::default());
    let out = dossier(&desk);
    assert_eq!(bundle(&desk, &out, &[]).0, 0);
    assert_eq!(verify(&desk, &out, &[]).0, 0);
    let good = fs::read(&out).unwrap();
    let hurt = desk.dir.path().join("hurt.zip");
    for at in (0..good.len()).step_by(701).chain([good.len() - 1]) {
        let mut changed = good.clone();
        changed[at] ^= 1;
        fs::write(&hurt, &changed).unwrap();
        let (code, said) = verify(&desk, &hurt, &[]);
        assert_ne!(code, 0, "byte {at}: {said}");
        let extracted = desk.beleg("extract", &[&hurt], &[]);
        assert_eq!(extracted.status.code(), Some(2), "byte {at}");
    }
    // List and check sums made to fit a content that was exchanged: only the receipt tells.
    let read = |name: &str| fs::read(desk.path(name)).unwrap();
    let (receipt, other) = (read("a.pdf.tlog-proof"), read("b.pdf"));
    fs::write(&hurt, packed(&[("a.pdf", &other), ("a.pdf.tlog-proof", &receipt)])).unwrap();
    let (code, said) = verify(&desk, &hurt, &["--json"]);
    assert_eq!(code, 1);
    assert!(said.contains("content-differs"), "{said}");
    fs::write(&hurt, &good[..good.len() - 30]).unwrap();
    let (code, said) = verify(&desk, &hurt, &["--json"]);
    assert_eq!(code, 2);
    assert!(said.contains("dossier-refused"), "{said}");
    // A receipt beside it is for the whole file, which is then a document like any other.
    fs::write(desk.dir.path().join("hurt.zip.tlog-proof"), "noise").unwrap();
    let (code, said) = verify(&desk, &hurt, &["--json"]);
    assert_eq!(code, 2);
    assert!(said.contains("receipt-unreadable"), "{said}");
}

#[test]
fn no_vector_of_a_hostile_dossier_is_valid_or_writes_outside() {
    let desk = Desk::new();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto/tests/testdata/dossier");
    let inside = desk.dir.path().join("inside");
    fs::create_dir(&inside).unwrap();
    for vector in fs::read_dir(vectors).unwrap() {
        let vector = vector.unwrap();
        let name = vector.file_name().into_string().unwrap();
        let file = fs::read(vector.path()).unwrap();
        let end = file.windows(2).position(|two| two == b"\n\n").unwrap();
        let hex = file[..end].ends_with(b"encoding: hex");
        let digits: Vec<u8> = file[end + 2..].iter().copied().filter(|b| *b != b'\n').collect();
        let body = if hex { hex::decode(digits).unwrap() } else { file[end + 2..].to_vec() };
        let path = inside.join(format!("{name}.zip"));
        fs::write(&path, body).unwrap();
        let (code, said) = verify(&desk, &path, &["--json"]);
        assert!([1, 2].contains(&code), "{name}: {said}");
        let extracted = desk.beleg("extract", &[&path], &[]).status.code();
        assert_eq!(extracted == Some(0), name.starts_with("good"), "{name}");
    }
    // `in`, `inside` and the federation file, as before.
    assert_eq!(fs::read_dir(desk.dir.path()).unwrap().count(), 3);
    let folders = fs::read_dir(&inside).unwrap().filter(|e| e.as_ref().unwrap().path().is_dir());
    assert_eq!(folders.count(), 4, "one for each good dossier");
}
