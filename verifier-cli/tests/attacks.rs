//! Every sealed PDF in `testdata/sealed`: 1. the verdict is the one that stands in
//! `testdata/sealed.expected`, and only what is called good is VALID; 2. no other tool of `beleg`
//! takes a file that was changed for a sealed one.

use crate::desk::text;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An hour after the receipts were made.
const MOMENT: &str = "2026-05-03T15:00:00Z";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata")
}

/// Name, and word and code.
fn expected() -> BTreeMap<String, String> {
    let list = fs::read_to_string(folder().join("sealed.expected")).unwrap();
    let pair = |line: &str| line.split_once(' ').map(|(name, expect)| (name.into(), expect.into()));
    list.lines().map(|line| pair(line).unwrap()).collect()
}

fn beleg(command: &str, path: &Path, args: &[&str]) -> Output {
    let mut beleg = Command::new(env!("CARGO_BIN_EXE_beleg"));
    beleg.arg(command).arg(path).args(args).output().unwrap()
}

#[test]
fn each_attack_gets_the_verdict_that_it_should() {
    let federation = folder().join("federation");
    let args = ["--json", "--no-store", "--at", MOMENT, "--federation"];
    let args = [&args[..], &[federation.to_str().unwrap()]].concat();
    let output = beleg("verify", &folder().join("sealed"), &args);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    let mut got = BTreeMap::new();
    for line in said.lines() {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        let Some(file) = json["file"].as_str() else { continue };
        let name = Path::new(file).file_stem().unwrap().to_str().unwrap().to_owned();
        let words = [&json["verdict"], &json["code"]].map(|word| word.as_str().unwrap());
        assert_eq!(name.starts_with("good"), words[0] == "VALID", "{name}: {line}");
        got.insert(name, words.join(" "));
    }
    let expected = expected();
    assert!(got.keys().eq(expected.keys()));
    let wrong: Vec<_> = got.iter().filter(|(name, words)| expected[*name] != **words).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_is_taken_out_of_a_changed_file() {
    let out = tempfile::tempdir().unwrap();
    let out = ["--out", out.path().to_str().unwrap()];
    for (name, expect) in expected().iter().filter(|(_, expect)| expect.contains("sealed-file")) {
        let file = folder().join("sealed").join(format!("{name}.pdf"));
        for (command, args) in [("extract", &out[..]), ("inspect", &[])] {
            let output = beleg(command, &file, args);
            assert_eq!(output.status.code(), Some(2), "{command} {name}: {expect}");
            assert!(output.stdout.is_empty(), "{command} {name}");
        }
    }
    assert_eq!(fs::read_dir(out[1]).unwrap().count(), 0);
}
