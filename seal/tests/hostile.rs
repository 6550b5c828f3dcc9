//! 1. What cannot be sealed is refused, each with its code.
//! 2. Whatever byte is changed in a sealed file, it does not open as sealed. Attacks by name are in
//!    `verifier-cli/tests/testdata/sealed`, where the verifier judges them.
//! 3. Files made to cost time or memory end in a refusal soon.

use maker::{Maker, originals, start};
use seal::{Builder, Opened, open, seal};
use std::time::Instant;

mod maker;

const RECEIPT: &[u8] = b"c2sp.org/tlog-proof@v1\nindex 1\n\nstands for a receipt\n";

fn code(original: &[u8]) -> &'static str {
    match seal(original, RECEIPT, Builder::V1) {
        Ok(_) => "sealed",
        Err(refusal) => refusal.code(),
    }
}

fn replaced(file: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = file.windows(from.len()).rposition(|window| window == from).expect("it is there");
    [&file[..at], to, &file[at + from.len()..]].concat()
}

fn xmp(text: &str) -> Vec<u8> {
    let length = text.len();
    let stream = format!("<< /Type /Metadata /Length {length} >>\nstream\n{text}\nendstream");
    Maker::letter("/Metadata 6 0 R").and(stream).table()
}

fn signed(field: &str, signature: &str) -> Vec<u8> {
    Maker::letter("/AcroForm << /SigFlags 3 /Fields [6 0 R] >>")
        .and(format!("<< /FT /Sig /T (a) /V 7 0 R {field} >>"))
        .and(format!("<< /Type /Sig /ByteRange [0 1 2 3] /Contents <00> {signature} >>"))
        .table()
}

/// A sealed file that does not look like one: it gets no second seal even so.
fn hidden_marks(sealed: &[u8]) -> Vec<u8> {
    let once = replaced(sealed, b"%beleg-seal/v1", b"%hidden-seal/1");
    replaced(&once, b"%beleg-seal/v1", b"%hidden-seal/1")
}

#[test]
fn what_cannot_be_sealed_is_refused_with_its_code() {
    let letter = Maker::letter("");
    let table = letter.table();
    let sealed = seal(&table, RECEIPT, Builder::V1).unwrap();
    let at = start(&table).to_string();
    let taken = "/Names << /EmbeddedFiles << /Names [(receipt.tlog-proof) 3 0 R] >> >>";
    for (name, file, want) in [
        ("nothing", Vec::new(), "not-a-pdf"),
        ("text", b"hello".to_vec(), "not-a-pdf"),
        ("bytes before the header", [b"\n", table.as_slice()].concat(), "not-a-pdf"),
        ("only a header", b"%PDF-1.7\n".to_vec(), "pdf-broken"),
        ("cut", table[..table.len() - 9].to_vec(), "pdf-broken"),
        ("trailing garbage", [table.as_slice(), b"garbage"].concat(), "pdf-broken"),
        ("startxref moved", replaced(&table, at.as_bytes(), b"7"), "pdf-broken"),
        ("startxref beyond", replaced(&table, at.as_bytes(), b"999999"), "pdf-broken"),
        ("sealed", sealed.clone(), "already-sealed"),
        ("sealed and more", [&sealed[..], b"\n%%EOF\n"].concat(), "already-sealed"),
        ("sealed with hidden marks", hidden_marks(&sealed), "attachment-name-taken"),
        ("encrypted", letter.clone().trailer("/Encrypt 5 0 R").table(), "pdf-encrypted"),
        ("encrypted stream", letter.clone().trailer("/Encrypt 5 0 R").stream(), "pdf-encrypted"),
        ("a loop", letter.clone().trailer(&format!("/Prev {at}")).table(), "pdf-broken"),
        ("prev beyond", letter.clone().trailer("/Prev 99999999").table(), "pdf-broken"),
        ("a key twice", Maker::letter("/Lang (a) /Lang (b)").table(), "pdf-broken"),
        ("size too small", replaced(&table, b"/Size 6", b"/Size 5"), "pdf-broken"),
        ("another root", replaced(&table, b"/Root 1", b"/Root 2"), "pdf-broken"),
        ("a root that is free", replaced(&table, b"00000 n ", b"00000 f "), "sealed"),
        ("name taken", Maker::letter(taken).table(), "attachment-name-taken"),
        ("certified", Maker::letter("/Perms << /DocMDP 7 0 R >>").table(), "signature-forbids"),
        ("usage rights", Maker::letter("/Perms << /UR3 7 0 R >>").table(), "signature-forbids"),
        ("signed", signed("", ""), "sealed"),
        ("signed, fields locked", signed("/Lock << /Action /All >>", ""), "sealed"),
        ("signed, all locked", signed("/Lock << /Action /All /P 1 >>", ""), "signature-forbids"),
        (
            "signed with DocMDP",
            signed("", "/Reference [<< /TransformMethod /DocMDP >>]"),
            "signature-forbids",
        ),
        ("PDF/A-1", xmp("<pdfaid:part>1</pdfaid:part>"), "pdf-a-forbids"),
        ("PDF/A-2", xmp("<r pdfaid:part=\"2\" pdfaid:conformance=\"B\"/>"), "pdf-a-forbids"),
        ("PDF/A-4", xmp("<pdfaid:part>4</pdfaid:part>"), "pdf-a-forbids"),
        (
            "PDF/A-4f",
            xmp("<pdfaid:part>4</pdfaid:part><pdfaid:conformance>F</pdfaid:conformance>"),
            "sealed",
        ),
        ("PDF/A-3", xmp("<pdfaid:part>3</pdfaid:part>"), "sealed"),
    ] {
        assert_eq!(code(&file), want, "{name}");
    }
    let mut huge = vec![0; seal::limits::ORIGINAL_BYTES + 1];
    huge[..table.len()].copy_from_slice(&table);
    assert_eq!(code(&huge), "pdf-too-large");
    let long = vec![b'a'; seal::limits::RECEIPT_BYTES + 1];
    let refused = seal(&table, &long, Builder::V1).unwrap_err();
    assert_eq!(refused.code(), "receipt-too-large");
}

#[test]
fn no_changed_byte_leaves_the_seal_sound() {
    for (name, original) in originals() {
        let sealed = seal(&original, RECEIPT, Builder::V1).unwrap();
        // In the original a change may be one of content, which the verdict sees, not the seal.
        let receipt = sealed.windows(RECEIPT.len()).rposition(|w| w == RECEIPT).unwrap();
        for at in original.len()..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            let inside = (receipt..receipt + RECEIPT.len()).contains(&at);
            match open(&changed) {
                // Without an ID nothing else depends on the receipt: it is the seal of that one.
                Opened::Sealed { receipt, .. } => {
                    assert!(name == "without-id" && inside, "{name}: byte {at}");
                    assert_ne!(receipt, RECEIPT);
                }
                Opened::Damaged(_) | Opened::UnknownVersion | Opened::NotSealed => {}
            }
        }
        for cut in original.len()..sealed.len() {
            let opened = open(&sealed[..cut]);
            assert!(!matches!(opened, Opened::Sealed { .. }), "{name}: cut at {cut}");
        }
        for more in [&b"\n"[..], b"x", b"\n%%EOF\n", &sealed[original.len()..]] {
            let opened = open(&[&sealed, more].concat());
            assert!(matches!(opened, Opened::Damaged(_)), "{name}: {more:?}: {opened:?}");
        }
        assert!(matches!(open(&[b"%", &sealed[..]].concat()), Opened::Damaged(_)), "{name}");
    }
}

#[test]
fn bombs_end_soon() {
    let began = Instant::now();
    let many = |text: &str, count: usize| text.repeat(count);
    let deep = format!("/Lang {}{}", many("[", 100_000), many("]", 100_000));
    assert_eq!(code(&Maker::letter(&deep).table()), "pdf-too-intricate");
    let wide = format!("/AF [{}]", many("3 0 R ", 100_000));
    assert_eq!(code(&Maker::letter(&wide).table()), "pdf-too-intricate");
    let keys: String = (0..10_000).map(|key| format!("/K{key} 0 ")).collect();
    assert_eq!(code(&Maker::letter(&keys).table()), "pdf-too-intricate");
    let form = "/AcroForm << /Fields [6 0 R] >>";
    let round = Maker::letter(form).and("<< /T (a) /Kids [6 0 R 6 0 R] >>").table();
    assert_eq!(code(&round), "pdf-too-intricate");
    let tree = "/Names << /EmbeddedFiles 6 0 R >>";
    let round = Maker::letter(tree).and("<< /Limits [(a) (z)] /Kids [6 0 R] >>").table();
    assert_eq!(code(&round), "pdf-too-intricate");
    let huge = format!("/Lang ({})", many("a", 5 * 1024 * 1024));
    assert_eq!(code(&Maker::letter(&huge).table()), "pdf-broken");
    let zeros = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b' '; 80 << 20], 9);
    let head =
        format!("<< /Type /Metadata /Filter /FlateDecode /Length {} >>\nstream\n", zeros.len());
    let bomb = [head.as_bytes(), &zeros, b"\nendstream"].concat();
    let bomb = Maker::letter("/Metadata 6 0 R").and(bomb).table();
    assert_eq!(code(&bomb), "pdf-too-intricate");
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}
