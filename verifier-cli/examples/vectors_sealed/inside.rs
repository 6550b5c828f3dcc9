//! What is done inside of the update: objects, table and trailer, each with all else made to fit.

use crate::forge::{Forge, filespec, stream};
use crate::maker::start;
use crate::scene::Scene;
use crate::{CHANGED, Case, case, find, replaced};
use seal::{Builder, seal};

pub fn cases(scene: &Scene) -> Vec<Case> {
    let sealed = seal(&scene.letter, &scene.receipt, Builder::V1).unwrap();
    let at = find(&sealed, "/ID [");
    let id = String::from_utf8_lossy(&sealed[at..]).lines().next().unwrap().to_owned() + "\n";
    let genuine = Forge::genuine(&scene.letter, &scene.receipt, &id, start(&scene.letter));
    // So that each case below differs in nothing but what it says.
    assert_eq!(genuine.file(&scene.letter), sealed);
    let mut cases = objects(scene, &genuine);
    cases.extend(places(scene, &genuine));
    cases.extend(attachments(scene, &genuine, &sealed));
    let forged = |name: &str, forge: Forge| case(name, CHANGED, forge.file(&scene.letter));
    cases.extend(trailers(&genuine).into_iter().map(|(name, forge)| forged(name, forge)));
    cases
}

/// The catalog with something done to it.
fn catalog(genuine: &Forge, change: impl Fn(&str) -> String) -> Forge {
    let mut forge = genuine.clone();
    let value = &mut forge.objects[2].1;
    let changed = change(value);
    assert_ne!(*value, changed);
    *value = changed;
    forge
}

/// Objects that would show something else.
fn objects(scene: &Scene, genuine: &Forge) -> Vec<Case> {
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 8 0 R \
                /Resources << /Font << /F1 5 0 R >> >> >>";
    let text = "BT /F1 18 Tf 72 760 Td (Grade: 1.0) Tj ET";
    let content = format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len());
    let note = "<< /Type /Annot /Subtype /FreeText /Rect [60 740 300 790] /Contents (1.0) \
                /DA (/F1 18 Tf) >>";
    let noted = page.replace("/Contents 8 0 R", "/Contents 4 0 R /Annots [8 0 R]");
    let add = |forge: &Forge, key: &str| {
        catalog(forge, |value| value.replace("/Pages", &format!("{key}\n/Pages")))
    };
    let run = "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>";
    let hidden = genuine.clone().and(9, "<< /Type /OCG /Name (a) >>");
    let hidden = add(&hidden, "/OCProperties << /OCGs [9 0 R] /D << /OFF [9 0 R] >> >>");
    let unlisted = format!("3 0 obj\n{page}\nendobj\n8 0 obj\n{content}\nendobj\n");
    let pages = "<< /Type /Pages /Kids [3 0 R 3 0 R] /Count 2 >>";
    [
        ("shadow-page-content", genuine.clone().and(4, &content)),
        ("shadow-page", genuine.clone().and(3, page).and(8, &content)),
        ("shadow-page-with-a-note", genuine.clone().and(3, &noted).and(8, note)),
        ("shadow-pages", genuine.clone().and(2, pages)),
        ("shadow-font", genuine.clone().and(5, "<< /Type /Font /BaseFont /Symbol >>")),
        ("shadow-objects-not-in-the-table", Forge { before_table: unlisted, ..genuine.clone() }),
        ("comment-in-the-update", Forge { before_table: "% a note\n".into(), ..genuine.clone() }),
        ("object-of-no-use", genuine.clone().and(8, "null")),
        ("catalog-with-an-action", add(genuine, run)),
        ("catalog-with-other-pages", {
            let other = catalog(genuine, |value| value.replace("/Pages 2 0 R", "/Pages 8 0 R"));
            other.and(8, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
        }),
        ("catalog-with-a-layer-that-is-off", hidden),
        ("catalog-with-another-order", {
            catalog(genuine, |value| {
                value.replace("/Type /Catalog\n/Pages 2 0 R", "/Pages 2 0 R\n/Type /Catalog")
            })
        }),
        ("catalog-with-one-blank-more", {
            catalog(genuine, |value| value.replace("/Pages 2", "/Pages  2"))
        }),
        ("catalog-without-af", { catalog(genuine, |value| value.replace("/AF [7 0 R]\n", "")) }),
    ]
    .into_iter()
    .map(|(name, forge)| case(name, CHANGED, forge.file(&scene.letter)))
    .collect()
}

/// The same objects, written in another way.
fn places(scene: &Scene, genuine: &Forge) -> Vec<Case> {
    let receipt = &scene.receipt;
    let mut numbers = catalog(genuine, |value| value.replace("7 0 R", "9 0 R"));
    numbers.objects[0].0 = 8;
    numbers.objects[1] = (9, filespec(8));
    numbers.size = 10;
    let mut swapped = catalog(genuine, |value| value.replace("7 0 R", "6 0 R"));
    swapped.objects = vec![(6, filespec(7)), (7, stream(receipt)), swapped.objects[2].clone()];
    let mut order = genuine.clone();
    order.objects.rotate_right(1);
    let windows = Forge { eol: "\r\n", ..genuine.clone() };
    let elsewhere = |start: usize| Forge { start: Some(start), ..genuine.clone() };
    let table = find(&genuine.file(&scene.letter), "xref\n1 1");
    let mut cases: Vec<Case> = [
        ("objects-with-other-numbers", numbers),
        ("objects-with-swapped-numbers", swapped),
        ("objects-in-another-order", order),
        ("lines-end-with-two-bytes", windows),
        ("startxref-of-the-original", elsewhere(start(&scene.letter))),
        ("startxref-before-the-table", elsewhere(table - 1)),
        ("startxref-beyond-the-file", elsewhere(9_999_999)),
        ("startxref-zero", elsewhere(0)),
    ]
    .into_iter()
    .map(|(name, forge)| case(name, CHANGED, forge.file(&scene.letter)))
    .collect();
    let sealed = genuine.file(&scene.letter);
    let entry = String::from_utf8_lossy(&sealed[table..]).lines().nth(2).unwrap().to_owned();
    let original = start(&scene.letter);
    let other = format!("{:010} 00000 n ", find(&scene.letter[..original], "1 0 obj"));
    let older = replaced(&sealed, &entry, &other);
    cases.push(case("table-leads-to-the-old-catalog", CHANGED, older));
    let free = replaced(&sealed, &entry, &format!("{} 00000 f ", &entry[..10]));
    cases.push(case("table-frees-the-catalog", CHANGED, free));
    let generation = replaced(&sealed, &entry, &format!("{} 00001 n ", &entry[..10]));
    cases.push(case("table-with-another-generation", CHANGED, generation));
    cases
}

/// The attachment swapped, renamed, or packed in another way.
fn attachments(scene: &Scene, genuine: &Forge, sealed: &[u8]) -> Vec<Case> {
    let mut byte = sealed.to_vec();
    let at = find(sealed, "\nendstream") - 100;
    byte[at] = if byte[at] == b'A' { b'B' } else { b'A' };
    let swapped = {
        let mut forge = genuine.clone();
        forge.objects[0].1 = stream(&scene.of_other);
        forge.receipt = scene.of_other.len().to_string();
        forge
    };
    let behind = {
        // The receipt is where it belongs, and readers are led to another one.
        let mut forge = genuine.clone().and(8, &stream(&scene.of_other));
        forge.objects[1].1 = filespec(8);
        forge
    };
    let edit = |from: &str, to: &str| replaced(sealed, from, to);
    vec![
        case("attachment-byte-changed", CHANGED, byte),
        case("attachment-swapped", CHANGED, swapped.file(&scene.letter)),
        case("attachment-behind-the-name", CHANGED, behind.file(&scene.letter)),
        case("attachment-renamed", CHANGED, edit("/UF (receipt", "/UF (invoice")),
        case("attachment-of-another-relation", CHANGED, edit("/Supplement", "/Alternative")),
        case("attachment-of-another-type", CHANGED, edit("/text#2Fplain", "/text#2fplain")),
        case("attachment-with-a-filter", CHANGED, {
            let mut forge = genuine.clone();
            let length = scene.receipt.len();
            let hex = hex::encode(&scene.receipt);
            forge.objects[0].1 = format!(
                "<<\n/Type /EmbeddedFile\n/Subtype /text#2Fplain\n/Params << /Size {length} >>\n\
                 /Filter /ASCIIHexDecode\n/Length {}\n>>\nstream\n{hex}\nendstream",
                hex.len()
            );
            forge.file(&scene.letter)
        }),
        case("attachment-twice", CHANGED, {
            let mut forge = genuine.clone().and(8, &filespec(6));
            forge.objects[2].1 = forge.objects[2].1.replace(
                "[(receipt.tlog-proof) 7 0 R]",
                "[(receipt.tlog-proof) 7 0 R\n(receipt.tlog-proof) 8 0 R]",
            );
            forge.file(&scene.letter)
        }),
    ]
}

fn trailers(genuine: &Forge) -> Vec<(&'static str, Forge)> {
    let with = |change: &dyn Fn(&str) -> String| {
        let trailer = change(&genuine.trailer);
        assert_ne!(trailer, genuine.trailer);
        Forge { trailer, ..genuine.clone() }
    };
    let id = genuine.trailer.lines().find(|line| line.starts_with("/ID")).unwrap().to_owned();
    vec![
        ("trailer-with-one-entry-more", with(&|text| format!("{text}/Extra true\n"))),
        ("trailer-with-a-key-twice", with(&|text| format!("{text}/Root 2 0 R\n"))),
        ("trailer-with-encrypt", with(&|text| format!("{text}/Encrypt 5 0 R\n"))),
        ("trailer-with-another-root", with(&|text| text.replace("/Root 1", "/Root 3"))),
        ("trailer-with-another-prev", with(&|text| text.replace("/Prev ", "/Prev 1"))),
        ("trailer-without-prev", with(&|text| text.split("/Prev").next().unwrap().into())),
        ("trailer-without-id", with(&|text| text.replace(&(id.clone() + "\n"), ""))),
        ("trailer-with-id-in-capitals", with(&|text| text.replace(&id, &id.to_ascii_uppercase()))),
        ("trailer-with-another-size", Forge { size: 9, ..genuine.clone() }),
    ]
}
