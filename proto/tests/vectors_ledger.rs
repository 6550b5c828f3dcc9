//! Walks over the files of `tests/testdata` that belong to the ledger, the federation, the receipt
//! and the verdict, and compares what comes out with what they expect.

mod case;

use case::Case;
use proto::anchor;
use proto::document::ContentDigest;
use proto::federation::Federation;
use proto::hash::{Hash, Timestamp, TreeSize};
use proto::ledger::{AdminKey, Entry, FederationId, IssuerRequest, Rules, Seen, State, plan};
use proto::receipt::Receipt;
use proto::sheet::Sheet;
use proto::status_list::{StatusList, VerifiedStatusList};
use proto::text;
use proto::verify::{Known, Question, Reason, verify, verify_with};
use std::collections::BTreeSet;
use std::fmt::Debug;

type Outcome = Result<String, String>;

/// A kind of case, and what runs one.
type Kind = (&'static str, fn(&Case) -> Outcome);

const KINDS: [Kind; 6] = [
    ("entry", entry),
    ("apply", apply),
    ("federation", federation),
    ("issuer-request", issuer_request),
    ("receipt", receipt),
    ("sheet", sheet),
];

#[test]
fn every_vector_gives_what_it_expects() {
    let mut wrong = Vec::new();
    for (kind, run) in KINDS {
        let cases = Case::all_of(kind);
        for case in &cases {
            let got = match run(case) {
                Ok(found) => format!("ok {found}").trim_end().to_string(),
                Err(error) => error,
            };
            if got != case.expect {
                wrong.push(format!("{case}\n  expected {}\n  got      {got}", case.expect));
            }
            let named_good = case.name.starts_with("good-");
            assert_eq!(named_good, case.expect.starts_with("ok"), "{case}");
        }
        assert!(cases.iter().any(|case| case.expect.starts_with("ok")), "{kind}: no good case");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_verdict_is_what_it_should_be() {
    let (mut wrong, mut known) = (Vec::new(), Known::default());
    for case in Case::all_of("verdict") {
        let got = verdict(&case, &mut known);
        if got != case.expect {
            wrong.push(format!("{case}\n  expected {}\n  got      {got}", case.expect));
        }
        assert_eq!(case.name.starts_with("good-"), case.expect.starts_with("VALID"), "{case}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_reason_has_a_vector() {
    let mut seen = BTreeSet::new();
    for case in Case::all_of("verdict") {
        seen.extend(case.expect.split(' ').map(String::from));
    }
    let missing: Vec<&str> =
        Reason::ALL.iter().map(Reason::code).filter(|code| !seen.contains(*code)).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn a_file_is_written_as_it_was_read() {
    for kind in KINDS.map(|(kind, _)| kind).into_iter().chain(["verdict"]) {
        for case in Case::all_of(kind) {
            let file = std::fs::read(case::folder().join(kind).join(&case.name)).unwrap();
            assert_eq!(case.to_file(), file, "{case}");
        }
    }
}

fn error(error: impl Debug) -> String {
    format!("{error:?}")
}

fn kind(entry: &Entry) -> &'static str {
    match entry {
        Entry::Issuer(_) => "issuer",
        Entry::Issuance(_) => "issuance",
        Entry::Revocation(_) => "revocation",
        Entry::Snapshot(_) => "snapshot",
    }
}

fn entry(case: &Case) -> Outcome {
    let entry = Entry::parse(&case.body).map_err(|error| error.code().to_string())?;
    assert_eq!(entry.to_bytes(), case.body, "{case}");
    Ok(kind(&entry).into())
}

fn apply(case: &Case) -> Outcome {
    let federation = FederationId(Hash::from_hex(case.one("federation")).unwrap().0);
    let admin = |line: &str| {
        let (key, until) = line.split_once(' ').map_or((line, None), |(key, n)| (key, Some(n)));
        let until = until.map(|size| TreeSize(size.parse().unwrap()));
        AdminKey { key: text::hex_array(key).unwrap(), until }
    };
    let admins = case.all("admin").into_iter().map(admin).collect();
    let rules = Rules::new(federation, case.one("origin"), admins);
    let (mut state, mut seen) = (State::new(), Seen::default());
    for earlier in case.all("entry") {
        let entry = Entry::parse(&text::base64_decode(earlier).unwrap()).unwrap();
        let found = seen.find(&plan(&entry));
        state.apply(&rules, &entry, &found, None).unwrap();
        seen.keep(&state);
        state.commit();
    }
    let entry = Entry::parse(&case.body).unwrap();
    let mut found = seen.find(&plan(&entry));
    found.batch = case.all("known") == ["yes"];
    // Cases from before revocations were in force say which kinds were.
    let kinds = case.all("kind");
    let rules = rules.naming(|kind, _| kinds.is_empty() || kinds.contains(&kind));
    let now = case.all("now").first().map(|now| Timestamp(now.parse().unwrap()));
    let before = state.clone();
    let answer = state.apply(&rules, &entry, &found, now);
    state.rollback();
    assert_eq!(state, before, "{case}");
    answer.map(|()| String::new()).map_err(|refusal| {
        assert!(refusal.to_string().ends_with('.'), "{case}: {refusal}");
        refusal.code().into()
    })
}

fn federation(case: &Case) -> Outcome {
    let federation = Federation::parse(&case.body).map_err(|error| {
        assert!(!error.to_string().is_empty());
        error.code().to_string()
    })?;
    assert_eq!(federation.to_bytes(), case.body, "{case}");
    Ok(format!("{} {}", federation.current().number, federation.id()))
}

fn issuer_request(case: &Case) -> Outcome {
    let request = IssuerRequest::parse(&case.body).map_err(error)?;
    assert_eq!(request.to_text().as_bytes(), case.body, "{case}");
    Ok(request.statement().name().into())
}

fn receipt(case: &Case) -> Outcome {
    let receipt = Receipt::parse(&case.body).map_err(error)?;
    assert_eq!(receipt.to_bytes().as_ref(), Ok(&case.body), "{case}");
    let form = if receipt.disclosure.is_redacted() { "redacted" } else { "full" };
    let (shown, count) = (receipt.disclosure.shown().count(), receipt.disclosure.count());
    Ok(format!("{form} {shown} of {count}"))
}

fn sheet(case: &Case) -> Outcome {
    let fragment = std::str::from_utf8(&case.body).unwrap();
    let sheet = Sheet::parse(fragment).map_err(error)?;
    assert_eq!(sheet.to_fragment().as_deref(), Ok(fragment), "{case}");
    Ok(format!("{} {} {}", sheet.index, sheet.status, sheet.fields().len()))
}

fn verdict(case: &Case, known: &mut Known) -> String {
    let file = case::folder().join("federation").join(case.one("federation"));
    let federation = Federation::parse(&Case::read("federation", &file).body).unwrap();
    let content = case.all("content").first().map(|line| {
        let (sha256, length) = line.split_once(' ').unwrap();
        let (sha256, length) = (Hash::from_hex(sha256).unwrap(), length.parse().unwrap());
        ContentDigest { sha256, length, sha512: None }
    });
    let list = |line: &str| {
        let list = StatusList::parse(&text::base64_decode(line).unwrap()).unwrap();
        list.verify(&federation, &[]).unwrap()
    };
    let lists: Vec<VerifiedStatusList> = case.all("list").into_iter().map(list).collect();
    let now = Timestamp(case.number("now"));
    let require: Vec<anchor::Kind> =
        case.all("require").into_iter().map(|kind| anchor::Kind::parse(kind).unwrap()).collect();
    let question = Question {
        at: case.all("at").first().map(|at| Timestamp(at.parse().unwrap())),
        lists: &lists,
        require: &require,
        ..Question::new(content.as_ref(), &case.body, &federation, now)
    };
    let verdict = verify(&question);
    assert_eq!(verify_with(known, &question), verdict, "{case}");
    let lines = verdict.lines().map(|(_, line)| line.reason.code());
    format!("{} {} {}", verdict.word, verdict.reason.code(), lines.join(" "))
}
