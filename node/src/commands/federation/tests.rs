//! The federation file from the command line: founded, signed, followed by a next version.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use proto::checkpoint::{Checkpoint, SignedCheckpoint};
use proto::cosignature;
use proto::federation::Federation;
use proto::hash::{Timestamp, TreeSize, sha256};
use proto::note::KeyType;

use crate::args::CommandLine;
use crate::commands;
use crate::keys;

/// Keys of three operators with an authority each, in a folder.
pub(in crate::commands) struct Office {
    folder: tempfile::TempDir,
}

impl Office {
    pub(in crate::commands) fn new() -> Office {
        let office = Office { folder: tempfile::tempdir().unwrap() };
        for name in ["a", "b", "c", "d"] {
            for (kind, purpose) in [
                (KeyType::Ed25519, "governance"),
                (KeyType::Ed25519, "administration"),
                (KeyType::Ed25519, "log"),
                (KeyType::CosignatureV1, "ed25519"),
                (KeyType::SubtreeV1, "mldsa"),
            ] {
                let key_name = match purpose {
                    "ed25519" | "mldsa" => format!("{name}.example/cosigner"),
                    other => format!("{name}.example/{other}"),
                };
                keys::create(&office.path(&format!("{name}-{purpose}")), &key_name, kind).unwrap();
            }
        }
        office
    }

    pub(in crate::commands) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(in crate::commands) fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn operator(&self, name: &str) -> String {
        let key = |purpose: &str| self.text(&format!("{name}-{purpose}.pub"));
        let (governance, ed25519, mldsa) = (key("governance"), key("ed25519"), key("mldsa"));
        format!("{name} http://{name}.example/ {governance} {ed25519} {mldsa}")
    }

    fn authority(&self, name: &str) -> String {
        // Vkeys may stand in the line as they are, too.
        let vkey = |purpose: &str| {
            let text = fs::read_to_string(self.path(&format!("{name}-{purpose}.pub"))).unwrap();
            text.trim_end().to_owned()
        };
        let (log, administration) = (vkey("log"), vkey("administration"));
        format!("{name} {name} https://{name}.example {log} {administration} Town of {name}")
    }

    fn found(&self, out: &str) -> Vec<String> {
        let out = self.text(out);
        let mut args: Vec<String> = [
            "federation",
            "create",
            "--name",
            "Three towns",
            "--quorum",
            "2",
            "--faults",
            "0",
            "--expires",
            "2036-12-31",
            "--status-age",
            "86400",
            "--out",
            &out,
        ]
        .map(str::to_owned)
        .to_vec();
        for name in ["a", "b", "c"] {
            args.extend(["--operator".to_owned(), self.operator(name)]);
            args.extend(["--authority".to_owned(), self.authority(name)]);
        }
        args
    }

    fn sign(&self, file: &str, name: &str) -> Result<String, String> {
        let key = self.text(&format!("{name}-governance"));
        run(&["federation", "sign", &self.text(file), "--key", &key])
    }

    pub(in crate::commands) fn founded(&self, file: &str) -> Federation {
        run(&self.found(file)).unwrap();
        self.sign(file, "a").unwrap();
        self.sign(file, "b").unwrap();
        parsed(&self.path(file)).unwrap()
    }

    /// A checkpoint of a log, cosigned by these operators.
    fn checkpoint(&self, log: &str, size: u64, cosigners: &[&str]) -> String {
        let load = |name: String, kind| keys::load(&self.path(&name), kind).unwrap();
        let key = load(format!("{log}-log"), KeyType::Ed25519);
        let checkpoint = Checkpoint::new(key.verifier_key().name(), TreeSize(size), sha256(b"x"));
        let mut signed = SignedCheckpoint::sign(checkpoint.unwrap(), &key).unwrap();
        for name in cosigners {
            for (purpose, kind) in
                [("ed25519", KeyType::CosignatureV1), ("mldsa", KeyType::SubtreeV1)]
            {
                let key = load(format!("{name}-{purpose}"), kind);
                let line = cosignature::sign(&key, signed.checkpoint(), Timestamp(5), &[0; 32]);
                signed = signed.with_added(&[line.unwrap()]).unwrap();
            }
        }
        let file = self.path(&format!("checkpoint-{log}-{size}-{}", cosigners.len()));
        fs::write(&file, signed.to_bytes()).unwrap();
        file.display().to_string()
    }
}

pub(in crate::commands) fn run<S: AsRef<str>>(args: &[S]) -> Result<String, String> {
    let args = ["beleg-node"].into_iter().chain(args.iter().map(AsRef::as_ref));
    let line = CommandLine::try_parse_from(args).map_err(|e| e.to_string())?;
    let mut out = Vec::new();
    match commands::run(line.command, &mut out) {
        Ok(_) => Ok(String::from_utf8(out).unwrap()),
        Err(error) => Err(error.to_string()),
    }
}

fn parsed(file: &Path) -> Option<Federation> {
    Federation::parse(&fs::read(file).unwrap()).ok()
}

#[test]
fn a_version_counts_when_a_quorum_has_signed() {
    let office = Office::new();
    run(&office.found("f")).unwrap();
    assert!(parsed(&office.path("f")).is_none());
    let first = office.sign("f", "c").unwrap();
    assert!(first.ends_with("not in force: 1 more must sign\n"), "{first}");
    assert!(parsed(&office.path("f")).is_none());
    let again = office.sign("f", "c").unwrap();
    assert!(again.contains("was already signed"), "{again}");
    let second = office.sign("f", "a").unwrap();
    assert!(second.ends_with("complete: hand the file to everybody\n"), "{second}");
    let federation = parsed(&office.path("f")).unwrap();
    assert_eq!(federation.current().operators.len(), 3);
    assert_eq!(federation.current().operators[0].url, "http://a.example");
    let shown = run(&["federation", "show", &office.text("f")]).unwrap();
    for want in [
        &federation.id().to_string(),
        "quorum: 2 of 3 operators",
        "authority b: Town of b",
        "signed by a, c: 2 governance keys, 2 are needed",
    ] {
        assert!(shown.contains(want), "{want}: {shown}");
    }
}

#[test]
fn who_may_not_sign_is_told() {
    let office = Office::new();
    run(&office.found("f")).unwrap();
    let stranger = office.sign("f", "d").unwrap_err();
    assert!(stranger.contains("d.example/governance is not a governance key"), "{stranger}");
    let admin = office.text("a-administration");
    let wrong = run(&["federation", "sign", &office.text("f"), "--key", &admin]).unwrap_err();
    assert!(wrong.contains("a.example/administration is not a governance key"), "{wrong}");
    let cosigner = office.text("a-ed25519");
    let wrong = run(&["federation", "sign", &office.text("f"), "--key", &cosigner]).unwrap_err();
    assert!(wrong.contains("type 0x04 and one of type 0x01 is needed"), "{wrong}");
    fs::write(office.path("other"), "hello\n").unwrap();
    assert!(office.sign("other", "a").unwrap_err().contains("not a federation file"));
    let text = fs::read_to_string(office.path("f")).unwrap();
    fs::write(office.path("changed"), text.replace("quorum 2", "quorum 1")).unwrap();
    assert!(office.sign("changed", "a").unwrap_err().contains("is not safe"));
}

#[test]
fn options_that_make_no_federation_are_refused() {
    let office = Office::new();
    let changed = |from: &str, to: &str| {
        let args: Vec<String> =
            office.found("f").into_iter().map(|arg| arg.replace(from, to)).collect();
        let error = run(&args).unwrap_err();
        assert!(!office.path("f").exists(), "{from} -> {to}");
        error
    };
    let swap = |name: &str| format!("{name}-mldsa.pub");
    for (from, to, want) in [
        ("2036-12-31", "31.12.2036", "--expires \"31.12.2036\" is not a date"),
        ("http://b.example/", "b.example", "a URL must start with"),
        ("Town of b", "", "a name is empty"),
        ("b-governance.pub", "none.pub", "none.pub: cannot open the vkey"),
        ("b-governance.pub", &swap("b"), "type 0x06 and one of type 0x01 is needed"),
        ("b-governance.pub", "a-governance.pub", "One public key is used in two places"),
        ("b-ed25519.pub", "a-ed25519.pub", "two cosigner keys of an operator"),
        ("a a https", "a x https", "names an operator that the federation does not have"),
    ] {
        let error = changed(from, to);
        assert!(error.contains(want), "{from} -> {to}: {error}");
        assert_eq!(error.lines().count(), 2, "{error}");
    }
    let mut unsafe_quorum = office.found("f");
    unsafe_quorum.splice(4..6, ["--quorum".to_owned(), "1".to_owned()]);
    assert!(run(&unsafe_quorum).unwrap_err().contains("is not safe"));
    let mut few = office.found("f");
    few.extend(["--operator".to_owned(), "x http://x.example".to_owned()]);
    assert!(run(&few).unwrap_err().contains("has too few words\ngive NAME URL GOVERNANCE"));
    run(&office.found("f")).unwrap();
    assert!(run(&office.found("f")).unwrap_err().contains("exists and is not overwritten"));
}

#[test]
fn the_next_version_pins_the_logs_and_is_signed_by_the_version_before() {
    let office = Office::new();
    let old = office.founded("f1");
    let next = |out: &str, more: &[&str]| {
        let (previous, out) = (office.text("f1"), office.text(out));
        let fixed = ["federation", "create", "--previous", &previous, "--out", &out];
        run(&fixed.into_iter().chain(more.iter().copied()).collect::<Vec<_>>())
    };
    let published = office.checkpoint("a", 7, &["a", "b"]);
    let (operator, authority) = (office.operator("d"), office.authority("d"));
    let common = [
        "--checkpoint",
        &published,
        "--unpublished",
        "b.example/log",
        "--unpublished",
        "c.example/log",
        "--drop-authority",
        "c",
        "--drop-operator",
        "c",
        "--operator",
        &operator,
        "--authority",
        &authority,
    ];
    next("f2", &common).unwrap();
    // The new operator is not asked, the one that leaves is.
    assert!(office.sign("f2", "d").is_err());
    office.sign("f2", "c").unwrap();
    office.sign("f2", "b").unwrap();
    let new = parsed(&office.path("f2")).unwrap();
    assert!(new.continues(&old) && new.id() == old.id());
    let current = new.current();
    assert_eq!((current.number, current.authorities.len(), current.pins.len()), (2, 3, 3));
    assert_eq!(current.pin("a.example/log").unwrap().size, TreeSize(7));
    assert_eq!(current.name, "Three towns");
    // What cannot be pinned, and who cannot leave.
    let weak = office.checkpoint("a", 7, &["a"]);
    let error = next("f3", &["--checkpoint", &weak]).unwrap_err();
    assert!(error.contains("Only 1 of the 2 operators needed have cosigned"), "{error}");
    let error = next("f3", &["--checkpoint", &office.text("f1")]).unwrap_err();
    assert!(error.contains("not a checkpoint"), "{error}");
    let error = next("f3", &["--drop-operator", "x"]).unwrap_err();
    assert!(error.contains("has no operator \"x\""), "{error}");
    let error = run(&["federation", "create", "--out", &office.text("f3"), "--drop-operator", "a"]);
    assert!(error.is_err() && !office.path("f3").exists());
}

#[test]
fn clocks_outside_are_named_and_dropped() {
    let office = Office::new();
    let (der, pem) = (office.path("root.der"), office.path("root.pem"));
    fs::write(&der, [0x30, 0x82, 1]).unwrap();
    let lines = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    fs::write(&pem, format!("subject=TSA\n{lines}")).unwrap();
    let (contract, code, block) = ("1a".repeat(20), "2b".repeat(32), "0c".repeat(32));
    let evm = format!("evm ebsi 1 {contract} {code}");
    let (stamps, old) =
        (format!("tsa new {}", pem.display()), format!("tsa old {}", der.display()));
    let bitcoin = format!("bitcoin main 4032 {block}");
    let mut args = office.found("f1");
    for line in [&evm, &stamps, &old, &bitcoin, "tsa-algorithm sha256 none"] {
        args.extend(["--clock".to_owned(), line.to_owned()]);
    }
    let shown = run(&args).unwrap();
    for want in ["Bitcoin counts: main, from block 4032", "chain ebsi counts", "in them, sha256"] {
        assert!(shown.contains(want), "{shown}");
    }
    office.sign("f1", "a").unwrap();
    office.sign("f1", "b").unwrap();
    let clocks = parsed(&office.path("f1")).unwrap().current().clocks.clone();
    assert_eq!(clocks.authorities.len(), 2);
    assert_eq!(clocks.authorities[0].certificate, [0x30, 0x82, 1]);
    let next = |more: &[&str]| {
        let (previous, out) = (office.text("f1"), office.text("f2"));
        let mut args = vec!["federation", "create", "--previous", &previous, "--out", &out];
        for origin in ["a.example/log", "b.example/log", "c.example/log"] {
            args.extend(["--unpublished", origin]);
        }
        args.extend(more);
        run(&args)
    };
    let missing = next(&["--drop-clock", "evm besu"]).unwrap_err();
    assert!(missing.contains("has no clock \"evm besu\""), "{missing}");
    let slip = next(&["--clock", "tsa-algorithm sha265 none"]).unwrap_err();
    assert!(slip.contains("no algorithm \"sha265\""), "{slip}");
    let wrong = next(&["--clock", "evm ebsi 1 0x00"]).unwrap_err();
    assert!(wrong.starts_with("--clock \"evm ebsi 1 0x00\": "), "{wrong}");
    let shown = next(&["--drop-clock", "evm ebsi", "--drop-clock", "tsa old"]).unwrap();
    assert!(!shown.contains("ebsi") && shown.contains("time-stamps of new count"), "{shown}");
}
