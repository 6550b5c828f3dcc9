//! The paper as a whole: everything stands inside of its margins and nothing on anything else,
//! whatever an office writes in its fields, and it is a PDF of the standard.

use super::code::Code;
use super::layout::{self, Item, Page};
use super::letters::Letters;
use super::pdf::{self, About};
use super::words::{Facts, Language, tests as samples};
use proto::document::Field;

fn field(name: &str, value: &str) -> Field {
    Field::new(name, value).unwrap()
}

/// As long as a QR code takes it: unbroken words, many fields, letters that there are not.
fn hostile() -> Vec<Facts> {
    let facts = samples::facts();
    let fixed = facts.fields[..3].to_vec();
    let with = |more: Vec<Field>| Facts { fields: [fixed.clone(), more].concat(), ..facts.clone() };
    let mut long_names = with(vec![field("reference", &"W".repeat(255))]);
    long_names.issuer = "\u{c4}\u{d6}\u{dc} ".repeat(28);
    long_names.authority = "x".repeat(200);
    long_names.operators = (0..32).map(|n| format!("operator-{n}")).collect();
    long_names.address = format!("https://{}/", "a".repeat(150));
    let many = (0..60).map(|n| field(&format!("f{n}"), "1")).collect();
    let foreign = with(vec![field("reference", &"\u{5d0}\u{4e2d} ".repeat(40))]);
    vec![facts.clone(), long_names, with(many), foreign]
}

/// Left, top, right, bottom.
type Place = (f32, f32, f32, f32);

fn places(letters: &Letters, page: &Page) -> Vec<Place> {
    let mut places = Vec::new();
    for item in &page.items {
        match item {
            Item::Block { lines, .. } => places.extend(lines.iter().map(|line| {
                let width = letters.width(line.face, line.size, &line.text);
                (line.x, line.y - 0.75 * line.size, line.x + width, line.y + 0.2 * line.size)
            })),
            Item::Code { x, y, side } => places.push((*x, *y, x + side, y + side)),
            Item::Fill { .. } => {}
        }
    }
    places
}

#[test]
fn nothing_leaves_the_paper_or_stands_on_something_else() {
    let letters = Letters::new();
    for facts in hostile() {
        for language in [Language::De, Language::En] {
            let mut pages = layout::sheet(&letters, &facts, language);
            assert!(pages.len() <= 4, "{}", pages.len());
            pages.extend(layout::stamp(&letters, &facts, language).into_iter().flatten());
            for page in &pages {
                let places = places(&letters, page);
                for (at, a) in places.iter().enumerate() {
                    assert!(a.0 >= 2.0 && a.1 >= 2.0, "{a:?} {facts:?}");
                    assert!(a.2 <= page.width - 2.0 && a.3 <= page.height - 2.0, "{a:?} {facts:?}");
                    for b in &places[at + 1..] {
                        let apart = a.2 <= b.0 || b.2 <= a.0 || a.3 <= b.1 || b.3 <= a.1;
                        assert!(apart, "{a:?} {b:?} {facts:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_value_is_on_the_paper_and_usual_facts_take_one_page() {
    let letters = Letters::new();
    let usual = samples::facts();
    assert_eq!(layout::sheet(&letters, &usual, Language::De).len(), 1);
    for facts in hostile() {
        let pages = layout::sheet(&letters, &facts, Language::En);
        let mut text = String::new();
        for item in pages.iter().flat_map(|page| &page.items) {
            if let Item::Block { lines, .. } = item {
                text.extend(lines.iter().map(|line| line.text.as_str()));
            }
        }
        for field in &facts.fields[..2] {
            assert!(text.contains(&letters.printable(field.value())), "{field:?}");
        }
        assert!(text.contains(&letters.printable(&facts.issuer)));
        assert!(text.contains(&facts.address) && text.contains("This sheet alone proves nothing."));
    }
}

#[test]
fn the_same_facts_give_the_same_bytes_of_pdf_a() {
    let letters = Letters::new();
    for facts in hostile() {
        let pages = layout::sheet(&letters, &facts, Language::De);
        let code = Code::new(&"https://check.example/#s1.".repeat(9), layout::code_side(&pages));
        let about = About { title: "t", language: "de", dated: facts.proven, alternative: "a" };
        let write = || pdf::write(&letters, &pages, code.as_ref().unwrap(), about).unwrap();
        let bytes = write();
        assert_eq!(bytes, write());
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("pdfaid:part>2<") && text.contains("pdfaid:conformance>A<"));
        assert!(text.contains("2026-11-25T18:04:03"));
    }
}
