//! Chains of time-stamps: the files of `tests/testdata/anchor-tsa`, and what becomes of good ones
//! when they are changed.
//!
//! The files were made with OpenSSL 3.0, its `ts` and its `cms`, and keys that were thrown away. So
//! they are kept as they are: no program writes them anew.

mod case;

use case::Case;
use proto::anchor::clocks::{Algorithm, Clocks, StampAuthority};
use proto::anchor::tsa::algorithm::Digest;
use proto::anchor::tsa::chain::Chain;
use proto::anchor::tsa::exchange::{Asked, Failure, Policy, Refusal, request, response};
use proto::anchor::tsa::{TsaFacts, TsaProblem, claims, is_known_algorithm, sources, verify};
use proto::hash::{Hash, Timestamp};
use proto::text;
use proto::time::Date;
use std::collections::BTreeSet;

struct Question {
    root: Hash,
    clocks: Clocks,
    now: Timestamp,
}

impl Question {
    fn of(case: &Case) -> Question {
        let authority = |line: &str| {
            let (name, certificate) = line.split_once(' ').unwrap();
            let certificate = text::base64_decode(certificate).unwrap();
            StampAuthority { name: name.into(), certificate }
        };
        let algorithm = |line: &str| {
            let (name, until) = line.split_once(' ').map_or((line, None), |(n, u)| (n, Some(u)));
            Algorithm { name: name.into(), until: until.map(|day| Date::parse(day).unwrap()) }
        };
        let clocks = Clocks {
            authorities: case.all("authority").into_iter().map(authority).collect(),
            algorithms: case.all("algorithm").into_iter().map(algorithm).collect(),
            ..Clocks::default()
        };
        let root = Hash::from_hex(case.one("root")).unwrap();
        Question { root, clocks, now: Timestamp(case.number("now")) }
    }

    fn verify(&self, evidence: &[u8]) -> Result<TsaFacts, TsaProblem> {
        verify(evidence, &self.root, &self.clocks, self.now)
    }
}

fn outcome(answer: Result<TsaFacts, TsaProblem>) -> String {
    match answer {
        Ok(facts) => {
            let revocation = facts.revocation.map_or("unknown".into(), |time| time.to_string());
            let TsaFacts { authority, time, stamps, last, last_authority, ends, .. } = facts;
            format!("ok {authority} {time} {stamps} {last} {last_authority} {ends} {revocation}")
        }
        Err(TsaProblem::Token(fault)) => format!("anchor-tsa-token {fault:?}"),
        Err(TsaProblem::Path(fault)) => format!("anchor-tsa-path {fault:?}"),
        Err(problem) => problem.code().into(),
    }
}

fn cases() -> Vec<Case> {
    Case::all_of("anchor-tsa")
}

fn case(name: &str) -> Case {
    cases().into_iter().find(|case| case.name == name).unwrap()
}

#[test]
fn every_time_stamp_is_judged_as_it_should_be() {
    let mut wrong = Vec::new();
    for case in cases() {
        let got = outcome(Question::of(&case).verify(&case.body));
        if got != case.expect {
            wrong.push(format!("{case}\n  expected {}\n  got      {got}", case.expect));
        }
        assert_eq!(case.name.starts_with("good-"), case.expect.starts_with("ok"), "{case}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_good_evidence_claims_is_what_it_proves() {
    let mut claimed_alone = 0;
    for case in cases() {
        match (claims(&case.body), Question::of(&case).verify(&case.body)) {
            (Ok(claims), Ok(facts)) => {
                let first = &claims[0];
                assert_eq!((first.time, &first.policy), (facts.time, &facts.policy), "{case}");
                assert_eq!(first.subject, Some(facts.subject), "{case}");
                assert_eq!(first.imprint, Question::of(&case).root.0, "{case}");
                assert_eq!(claims.len(), facts.stamps, "{case}");
            }
            // A claim needs no judge.
            (Ok(_), Err(_)) => claimed_alone += 1,
            (Err(why), judged) => assert_eq!(judged, Err(why), "{case}"),
        }
    }
    assert!(claimed_alone > 0);
}

#[test]
fn a_file_is_written_as_it_was_read() {
    for kind in ["anchor-tsa", "anchor-tsa-answer"] {
        for case in Case::all_of(kind) {
            let file = std::fs::read(case::folder().join(kind).join(&case.name)).unwrap();
            assert_eq!(case.to_file(), file, "{case}");
        }
    }
}

#[test]
fn every_problem_of_evidence_has_a_vector() {
    let cases = cases();
    let seen: BTreeSet<&str> =
        cases.iter().filter_map(|case| case.expect.split(' ').next()).collect();
    let all = [
        "aged",
        "ahead",
        "algorithm",
        "form",
        "imprint",
        "list",
        "order",
        "path",
        "revoked",
        "signature",
        "token",
        "unknown",
        "usage",
    ];
    let all = all.map(|name| format!("anchor-tsa-{name}"));
    assert_eq!(seen, all.iter().map(String::as_str).chain(["ok"]).collect());
    for case in &cases {
        if let Err(problem) = Question::of(case).verify(&case.body) {
            assert!(problem.to_string().ends_with('.'), "{case}: {problem}");
            let unclear = ["aged", "ahead", "algorithm", "unknown"];
            let unclear = unclear.iter().any(|name| problem.code() == format!("anchor-tsa-{name}"));
            assert_eq!(problem.is_false(), !unclear, "{case}");
        }
    }
}

#[test]
fn what_was_stamped_is_told() {
    let case = case("good-openssl-p256");
    let facts = Question::of(&case).verify(&case.body).unwrap();
    assert_eq!(facts.subject, "CN=Example TSA 1,O=Example");
    assert_eq!(facts.policy, "1.2.3.4.1");
}

#[test]
fn no_changed_byte_of_a_chain_verifies() {
    for name in ["good-openssl-p256", "good-rsa-pss", "good-renewed"] {
        let case = case(name);
        let question = Question::of(&case);
        for at in 0..case.body.len() {
            let mut changed = case.body.clone();
            changed[at] ^= 1 << (at % 8);
            assert!(question.verify(&changed).is_err(), "{case}: byte {at}");
        }
        for length in 0..case.body.len() {
            assert!(question.verify(&case.body[..length]).is_err(), "{case}: {length} bytes");
        }
    }
}

#[test]
fn what_is_in_a_token_is_found() {
    let case = case("good-openssl-p256");
    let token = &Chain::parse(&case.body).unwrap().stamps[0].token;
    let inside = sources::certificates(token);
    assert_eq!(inside.len(), 2);
    assert!(inside.iter().all(|certificate| sources::is_certificate(certificate)));
    assert!(!sources::is_certificate(token) && !sources::is_list(token));
    assert_eq!(sources::certificates(&inside[0]), [[0u8; 0]; 0]);
}

#[test]
fn answers_are_taken_only_to_what_was_asked() {
    let mut wrong = Vec::new();
    for case in Case::all_of("anchor-tsa-answer") {
        let digest = [Digest::Sha256, Digest::Sha384, Digest::Sha512]
            .into_iter()
            .find(|digest| digest.name() == case.one("digest"));
        let asked = Asked {
            digest: digest.unwrap(),
            imprint: hex::decode(case.one("imprint")).unwrap(),
            nonce: case.number("nonce"),
            policy: case.all("policy").first().map(|policy| Policy::parse(policy).unwrap()),
        };
        // OpenSSL answered this request, so it is one.
        assert_eq!(text::base64_encode(&request(&asked)), case.one("request"), "{case}");
        let got = match response(&case.body, &asked) {
            Ok(token) => {
                assert!(case.body.ends_with(token));
                "ok".into()
            }
            Err(Refusal::Token(_)) => "Token".into(),
            Err(refusal) => {
                assert!(refusal.to_string().ends_with('.'), "{refusal}");
                format!("{refusal:?}")
            }
        };
        if got != case.expect {
            wrong.push(format!("{case}\n  expected {}\n  got      {got}", case.expect));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_refusal_that_passes_is_told_from_one_that_stays() {
    assert!(Failure::Time.passes() && Failure::System.passes() && Failure::Waiting.passes());
    assert!(!Failure::Policy.passes() && !Failure::Algorithm.passes());
    assert_eq!(
        Policy::parse("1.2.3.4.1").map(|policy| policy.to_string()),
        Some("1.2.3.4.1".into())
    );
    assert_eq!(Policy::parse("tsa_policy"), None);
}

#[test]
fn known_algorithms_are_named() {
    assert!(is_known_algorithm("ecdsa-p256") && is_known_algorithm("rsa-pss-4096"));
    assert!(!is_known_algorithm("sha1") && !is_known_algorithm("rsa-1024"));
}
