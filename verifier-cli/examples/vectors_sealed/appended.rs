//! What is done to a sealed file from outside: appended, cut, sealed again, or marks moved.

use crate::forge::saved;
use crate::maker::start;
use crate::scene::Scene;
use crate::{CHANGED, Case, OTHER_CONTENT, UNSEALED, VALID, case, find, replaced};
use seal::{Builder, seal};

/// A page that shows another grade.
const PAGE: &str = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 8 0 R \
                    /Resources << /Font << /F1 5 0 R >> >> >>";

/// What stands on it.
fn better() -> String {
    let text = "BT /F1 18 Tf 72 760 Td (Grade: 0.7) Tj ET";
    format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len())
}

pub fn cases(scene: &Scene) -> Vec<Case> {
    let sealed = seal(&scene.letter, &scene.receipt, Builder::V1).unwrap();
    [good(scene), appended(&sealed), cut(scene, &sealed), seals(scene, &sealed), marks(scene)]
        .into_iter()
        .flatten()
        .collect()
}

fn good(scene: &Scene) -> Vec<Case> {
    let pair = |(file, receipt): &(Vec<u8>, Vec<u8>)| seal(file, receipt, Builder::V1).unwrap();
    let redacted = seal(&scene.letter, &scene.redacted, Builder::V1).unwrap();
    vec![
        case("good", VALID, seal(&scene.letter, &scene.receipt, Builder::V1).unwrap()),
        case("good-redacted", VALID, redacted),
        case("good-stream", VALID, pair(&scene.stream)),
        case("good-without-id", VALID, pair(&scene.without_id)),
        case("good-with-a-mark-that-is-text", VALID, pair(&scene.with_a_mark)),
    ]
}

fn appended(sealed: &[u8]) -> Vec<Case> {
    let prev = start(sealed);
    let with = |more: &[u8]| [sealed, more].concat();
    let page = saved(sealed, 9, &[(3, PAGE), (8, &better())], prev);
    let catalog = "<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (0) >> >>";
    vec![
        case("appended-newline", CHANGED, with(b"\n")),
        case("appended-blank", CHANGED, with(b" ")),
        case("appended-zero", CHANGED, with(b"\0")),
        case("appended-letter", CHANGED, with(b"x")),
        case("appended-comment", CHANGED, with(b"% a note\n")),
        case("appended-end", CHANGED, with(b"%%EOF\n")),
        case("appended-zeros", CHANGED, with(&[0; 4096])),
        case("appended-object", CHANGED, with(format!("8 0 obj\n{PAGE}\nendobj\n").as_bytes())),
        case("appended-update-of-nothing", CHANGED, saved(sealed, 8, &[], prev)),
        case("appended-update-of-a-page", CHANGED, page),
        case("appended-update-of-the-catalog", CHANGED, saved(sealed, 8, &[(1, catalog)], prev)),
        case("last-newline-other", CHANGED, replaced(sealed, "%%EOF\n", "%%EOF\r")),
        case("last-newline-two-bytes", CHANGED, replaced(sealed, "%%EOF\n", "%%EOF\r\n")),
    ]
}

/// Cut off after each part; what is left of the original alone is no sealed file any more.
fn cut(scene: &Scene, sealed: &[u8]) -> Vec<Case> {
    let original = scene.letter.len();
    let mark = "%beleg-seal/v1 original=";
    let first = original + 1;
    let receipt = find(sealed, "\nendstream");
    let cuts = [
        ("in-the-original", original / 2, UNSEALED),
        ("after-the-original", original, UNSEALED),
        ("before-the-first-mark", first, UNSEALED),
        ("in-the-first-mark", first + mark.len(), UNSEALED),
        ("in-the-receipt", receipt - 4000, CHANGED),
        ("after-the-receipt", find(sealed, "\nendstream"), CHANGED),
        ("before-the-catalog", find(sealed, "\n1 0 obj") + 1, CHANGED),
        ("before-the-table", find(sealed, "xref\n1 1"), CHANGED),
        ("in-the-table", find(sealed, "\n6 2\n") + 12, CHANGED),
        ("before-the-trailer", find(sealed, "trailer\n"), CHANGED),
        ("before-the-last-mark", find(sealed, mark), CHANGED),
        ("in-the-last-mark", find(sealed, mark) + mark.len(), CHANGED),
        ("before-startxref", find(sealed, "startxref"), CHANGED),
        ("in-the-last-number", find(sealed, "\n%%EOF") - 1, CHANGED),
        ("before-the-end", find(sealed, "%%EOF"), CHANGED),
        ("without-the-last-byte", sealed.len() - 1, CHANGED),
    ];
    let mut cases: Vec<Case> = cuts
        .into_iter()
        .map(|(name, at, expect)| case(format!("cut-{name}"), expect, &sealed[..at]))
        .collect();
    // The original may still be looked at, but nothing proves it.
    cases.push(case("cut-in-front", UNSEALED, &sealed[1..]));
    cases.push(case("cut-at-both-ends", UNSEALED, &sealed[1..sealed.len() - 1]));
    let gone = [&sealed[..original], &sealed[original + 1..]].concat();
    cases.push(case("cut-between-original-and-seal", CHANGED, gone));
    cases.push(case("bytes-in-front", UNSEALED, [b"\n", sealed].concat()));
    cases
}

fn seals(scene: &Scene, sealed: &[u8]) -> Vec<Case> {
    let Scene { letter, receipt, other, of_other, .. } = scene;
    let update = &sealed[letter.len()..];
    let another = seal(other, of_other, Builder::V1).unwrap();
    let marked = seal(&scene.with_a_mark.0, &scene.with_a_mark.1, Builder::V1).unwrap();
    let sound = |file: &[u8], receipt: &[u8]| seal(file, receipt, Builder::V1).unwrap();
    // Another grade, written into the letter before it was sealed with the receipt of the letter.
    let shown = saved(letter, 7, &[(4, &better())], start(letter));
    let unreadable = [&receipt[..receipt.len() - 100], &[b'a'; 100]].concat();
    vec![
        case("second-seal-same-update", CHANGED, [sealed, update].concat()),
        case("second-seal-around-the-first", CHANGED, resealed(scene, sealed)),
        // Of the same length and structure, so the seal is sound and the receipt tells.
        case("seal-of-a-like-file", OTHER_CONTENT, [letter, &another[other.len()..]].concat()),
        case(
            "seal-of-another-file",
            CHANGED,
            [letter, &marked[scene.with_a_mark.0.len()..]].concat(),
        ),
        case("receipt-of-another-file", OTHER_CONTENT, sound(letter, of_other)),
        case(
            "receipt-moved-to-another-log",
            "INVALID signature-moved",
            sound(letter, &scene.moved),
        ),
        case(
            "receipt-of-another-federation",
            "CANNOT TELL federation-unknown",
            sound(letter, &scene.foreign),
        ),
        case("receipt-empty", "CANNOT TELL receipt-unreadable", sound(letter, b"")),
        case("receipt-damaged", "CANNOT TELL receipt-unreadable", sound(letter, &unreadable)),
        case("page-replaced-before-sealing", OTHER_CONTENT, sound(&shown, receipt)),
        case(
            "original-byte-changed",
            OTHER_CONTENT,
            sound(&replaced(letter, "Grade: 1.3", "Grade: 1.0"), receipt),
        ),
        case(
            "original-byte-changed-under-the-seal",
            OTHER_CONTENT,
            [&replaced(letter, "Grade: 1.3", "Grade: 1.0"), update].concat(),
        ),
        case(
            "original-structure-changed-under-the-seal",
            CHANGED,
            [&replaced(letter, "/Root 1 0 R", "/Root 2 0 R"), update].concat(),
        ),
        case("original-longer", CHANGED, [letter, &b"\n"[..], update].concat()),
        case("original-shorter", CHANGED, [&letter[..letter.len() - 1], update].concat()),
        without_id_receipt_changed(scene),
    ]
}

/// Nothing but the receipt itself depends on its bytes where there is no `/ID`.
fn without_id_receipt_changed(scene: &Scene) -> Case {
    let (file, receipt) = &scene.without_id;
    let sealed = seal(file, receipt, Builder::V1).unwrap();
    let at = find(&sealed, "\nendstream") - 100;
    let mut changed = sealed.clone();
    changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
    case("receipt-byte-changed-without-id", "INVALID cosignature-bad", changed)
}

/// A seal around a sealed file, as one would build it who does not ask whether there is one.
fn resealed(scene: &Scene, sealed: &[u8]) -> Vec<u8> {
    let prev = start(sealed);
    let mut forge = crate::forge::Forge::genuine(sealed, &scene.receipt, "", prev);
    for (number, value) in &mut forge.objects {
        *value = value.replace("7 0 R", "9 0 R").replace("6 0 R", "8 0 R");
        *number += if *number > 1 { 2 } else { 0 };
    }
    forge.size = 10;
    forge.file(sealed)
}

/// Marks that say something else, are missing, doubled, or faked.
fn marks(scene: &Scene) -> Vec<Case> {
    let Scene { letter, receipt, .. } = scene;
    let sealed = seal(letter, receipt, Builder::V1).unwrap();
    let (original, length) = (letter.len(), receipt.len());
    let mark = format!("%beleg-seal/v1 original={original} receipt={length}\n");
    let says = |original: String, receipt: String| {
        let other = format!("%beleg-seal/v1 original={original} receipt={receipt}\n");
        let once = replaced(&sealed, &mark, &other);
        let at = letter.len() + 1;
        [&once[..at], other.as_bytes(), &once[at + mark.len()..]].concat()
    };
    let plus = |number: usize, by: i64| (number as i64 + by).to_string();
    let same = || (original.to_string(), length.to_string());
    let huge = "9".repeat(24);
    let said = |name: &str, original: String, receipt: String| {
        case(format!("mark-says-{name}"), CHANGED, says(original, receipt))
    };
    let planted = crate::maker::Maker::letter("").table();
    let planted = {
        // A mark that says its own place, in a file that nobody has sealed.
        let place = planted.len();
        let fake = format!("\n%beleg-seal/v1 original={place} receipt=3\n");
        [&planted[..], fake.as_bytes(), b"xref\n"].concat()
    };
    let at = letter.len() + 1;
    vec![
        said("longer-original", plus(original, 1), same().1),
        said("shorter-original", plus(original, -1), same().1),
        said("longer-receipt", same().0, plus(length, 1)),
        said("shorter-receipt", same().0, plus(length, -1)),
        said("no-receipt", same().0, "0".into()),
        said("no-original", "0".into(), same().1),
        said("huge-original", huge.clone(), same().1),
        said("huge-receipt", same().0, huge),
        said("leading-zero", format!("0{original}"), same().1),
        said("plus-sign", format!("+{original}"), same().1),
        case("mark-of-another-version", "CANNOT TELL seal-version-unknown", {
            let once = replaced(&sealed, "seal/v1 original", "seal/v2 original");
            replaced(&once, "seal/v1 original", "seal/v2 original")
        }),
        case(
            "mark-of-another-version-at-the-end",
            "CANNOT TELL seal-version-unknown",
            replaced(&sealed, "seal/v1 original", "seal/v10 original"),
        ),
        case("mark-at-the-end-gone", CHANGED, replaced(&sealed, &mark, "")),
        case(
            "mark-at-the-start-gone",
            CHANGED,
            [&sealed[..at], &sealed[at + mark.len()..]].concat(),
        ),
        case("marks-gone", UNSEALED, {
            let once = replaced(&sealed, &mark, "");
            [&once[..at], &once[at + mark.len()..]].concat()
        }),
        case("mark-twice-at-the-start", CHANGED, {
            [&sealed[..at], mark.as_bytes(), &sealed[at..]].concat()
        }),
        case("mark-twice-at-the-end", CHANGED, replaced(&sealed, &mark, &mark.repeat(2))),
        case("mark-in-the-middle-of-the-update", CHANGED, {
            replaced(&sealed, "\n1 0 obj", &format!("\n{mark}1 0 obj"))
        }),
        case("mark-planted-in-a-file-that-is-not-sealed", CHANGED, planted),
    ]
}
