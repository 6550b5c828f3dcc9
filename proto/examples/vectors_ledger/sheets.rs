//! Sheets, written byte by byte.

use crate::case::Case;

const FIXED: [(u8, &str); 3] = [(1, "by-law"), (2, "Registry 3"), (3, "none")];

/// URL-safe base64 without padding (RFC 4648, section 5).
fn fragment(body: &[u8]) -> String {
    let plain = proto::text::base64_encode(body);
    format!("s1.{}", plain.trim_end_matches('=').replace('+', "-").replace('/', "_"))
}

fn head(origin: &str, index: u64, issuer: &str) -> Vec<u8> {
    let mut body = vec![0xfb; 32];
    body.push(origin.len() as u8);
    body.extend_from_slice(origin.as_bytes());
    body.extend_from_slice(&index.to_be_bytes());
    body.extend_from_slice(&17u64.to_be_bytes());
    body.extend_from_slice(&[0xff; 32]);
    body.push(issuer.len() as u8);
    body.extend_from_slice(issuer.as_bytes());
    body
}

fn with_fields(fields: &[(u8, &str)]) -> Vec<u8> {
    let mut body = head("town.example/log", 4, "Citizens' Office");
    body.push(fields.len() as u8);
    for (number, value) in fields {
        body.push(*number);
        body.push(value.len() as u8);
        body.extend_from_slice(value.as_bytes());
    }
    body
}

/// A field whose name has no number.
fn named(name: &str, value: &str) -> Vec<u8> {
    let mut field = vec![0, name.len() as u8];
    field.extend_from_slice(name.as_bytes());
    field.push(value.len() as u8);
    field.extend_from_slice(value.as_bytes());
    field
}

fn then(fields: &[(u8, &str)], more: Vec<u8>) -> Vec<u8> {
    let mut body = with_fields(fields);
    let count = head("town.example/log", 4, "Citizens' Office").len();
    body[count] += 1;
    body.extend(more);
    body
}

pub fn cases() -> Vec<Case> {
    let case =
        |name: &str, expect: &str, text: &str| Case::new("sheet", name, expect, text.as_bytes());
    let good = fragment(&with_fields(&FIXED));
    let all = [&FIXED[..], &[(4, "2026-05-02"), (5, "A 17/2026")]].concat();
    let mut swapped = FIXED;
    swapped.swap(0, 1);
    let over = |mut body: Vec<u8>| {
        body.push(3);
        let fields = with_fields(&FIXED);
        body.extend_from_slice(
            &fields[head("town.example/log", 4, "Citizens' Office").len() + 1..],
        );
        fragment(&body)
    };
    vec![
        case("good-fewest", "ok 4 17 3", &good),
        case("good-named", "ok 4 17 6", &fragment(&then(&all, named("pages", "2")))),
        case("good-values-of-umlauts", "ok 4 17 4", &{
            fragment(&then(&FIXED, named("k", "Gr\u{fc}\u{df}e")))
        }),
        case("empty", "NotASheet", ""),
        case("version-2", "NotASheet", &good.replacen("s1.", "s2.", 1)),
        case("a-whole-link", "NotASheet", &format!("https://check.example/#{good}")),
        case("padded", "Spelling", &format!("{}=", fragment(&then(&FIXED, named("ab", "cd"))))),
        case("plain-base64", "Spelling", &good.replace('-', "+").replace('_', "/")),
        case("newline-behind", "Spelling", &format!("{good}\n")),
        case("cut-off", "Bytes(Truncated { want: 4, have: 3 })", &{
            let body = with_fields(&FIXED);
            fragment(&body[..body.len() - 1])
        }),
        case("byte-behind", "Bytes(Trailing { extra: 1 })", &{
            fragment(&[with_fields(&FIXED), vec![0]].concat())
        }),
        case("type-missing", "Fields", &fragment(&with_fields(&FIXED[1..]))),
        case("fields-swapped", "Fields", &fragment(&with_fields(&swapped))),
        case("field-twice", "Fields", &fragment(&with_fields(&[&FIXED[..], &FIXED[..1]].concat()))),
        case("number-unknown", "Spelling", &fragment(&then(&FIXED, vec![6, 0]))),
        case("name-has-a-number", "Spelling", &fragment(&then(&FIXED, named("reference", "A")))),
        case("name-in-capitals", "Field(BadName)", &fragment(&then(&FIXED, named("Pages", "2")))),
        case("value-not-a-date", "Field(BadDate)", &fragment(&then(&FIXED, vec![4, 1, b'1']))),
        case("value-with-escape-sequence", "Field(NotPlain)", &{
            fragment(&then(&FIXED, named("pages", "\u{1b}[2J")))
        }),
        case("value-not-utf-8", "Spelling", &fragment(&then(&FIXED, vec![5, 1, 0xff]))),
        case("issuer-turns-direction", "Malformed", &{
            over(head("town.example/log", 4, "\u{202e}eciffO"))
        }),
        case("issuer-empty", "Malformed", &over(head("town.example/log", 4, ""))),
        case("origin-empty", "Malformed", &over(head("", 4, "Office"))),
        case("index-beyond-2-53", "Malformed", &{
            over(head("town.example/log", (1 << 53) + 1, "Office"))
        }),
        case("too-long", "TooLong { limit: 1024 }", &{
            let long = "x".repeat(255);
            let more = [named("a", &long), named("b", &long), named("c", &long)].concat();
            fragment(&[with_fields(&FIXED), more].concat())
        }),
    ]
}
