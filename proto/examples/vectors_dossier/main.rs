//! Writes the test vectors of dossiers to `tests/testdata/dossier`: good ones, and what is done to
//! them. Contents are short texts; what receipts say plays no part here.
//!
//! What a case must give is written here by hand and not computed, so that a mistake in the code
//! does not become an expectation. `tests/dossier.rs` compares.

#[path = "../../tests/case/mod.rs"]
mod case;
mod raw;

use case::Case;
use proto::dossier::{Builder, List, Listed};
use proto::hash::sha256;
use raw::Raw;

/// Documents and what stands for their receipts.
const FILES: [(&str, &str); 4] = [
    ("a.txt", "This is document a.\n"),
    ("a.txt.tlog-proof", "stands for a receipt\n"),
    ("folder/b.txt", "This is document b.\n"),
    ("folder/b.txt.tlog-proof", "stands for another receipt\n"),
];

fn list(files: &[(&str, &str)]) -> String {
    let line = |(name, content): &(&str, &str)| {
        format!("{} {} {name}\n", sha256(content.as_bytes()), content.len())
    };
    format!("beleg.dossier/v1\n{}", files.iter().map(line).collect::<String>())
}

/// The entries of a dossier with these files, and its list.
fn entries(files: &[(&str, &str)]) -> Vec<Raw> {
    with_list(&list(files), files)
}

fn with_list(list: &str, files: &[(&str, &str)]) -> Vec<Raw> {
    let first = [("mimetype", raw::MEDIA_TYPE), ("META-INF/beleg-dossier", list)];
    let first = first.into_iter().map(|(name, content)| Raw::new(name, content));
    let rest = files.iter().map(|(name, content)| Raw::new(&format!("documents/{name}"), content));
    first.chain(rest).collect()
}

fn case(name: &str, expect: &str, file: impl AsRef<[u8]>) -> Case {
    Case::new("dossier", name, expect, file.as_ref())
}

/// A dossier in which one entry is another.
fn edited(name: &str, expect: &str, place: usize, edit: impl FnOnce(&mut Raw)) -> Case {
    let mut entries = entries(&FILES);
    edit(&mut entries[place]);
    case(name, expect, raw::file(&entries))
}

fn good() -> Vec<Case> {
    let listed = |(name, content): &(&str, &str)| Listed {
        sha256: sha256(content.as_bytes()),
        length: u32::try_from(content.len()).unwrap(),
        name: (*name).into(),
    };
    let list = List::new(FILES.iter().map(listed).collect()).unwrap();
    let (mut builder, mut file) = Builder::new(&list).unwrap();
    for (listed, (_, content)) in list.files().iter().zip(FILES) {
        file.extend(builder.next(listed, crc32fast::hash(content.as_bytes())).unwrap());
        file.extend(content.bytes());
    }
    file.extend(builder.finish().unwrap());
    // So that each case below differs in nothing but what it says.
    assert_eq!(file, raw::file(&entries(&FILES)));
    let alone = [("sealed.pdf", "stands for a sealed PDF")];
    let umlaut = [("Bescheid f\u{fc}r M\u{fc}ller.txt", "text"), ("empty", "")];
    let nested = [("a.zip", "PK\x03\x04"), ("a.zip.tlog-proof", "stands for a receipt")];
    vec![
        case("good", "ok 2 documents, 2 receipts", file),
        case("good-without-receipts", "ok 1 documents, 0 receipts", raw::file(&entries(&alone))),
        case("good-name-not-ascii", "ok 2 documents, 0 receipts", raw::file(&entries(&umlaut))),
        case("good-archive-inside", "ok 1 documents, 1 receipts", raw::file(&entries(&nested))),
    ]
}

fn ends() -> Vec<Case> {
    let entries = entries(&FILES);
    let file = raw::file(&entries);
    let end = |at: usize, to: &[u8]| {
        let mut file = file.clone();
        let at = file.len() - 22 + at;
        file[at..at + to.len()].copy_from_slice(to);
        file
    };
    let behind = |more: &[u8]| [&file[..], more].concat();
    let mut comment = end(20, &[3, 0]);
    comment.extend(b"abc");
    let length = file.len();
    let mut twice = file.clone();
    twice.extend(&file[length - 22..]);
    vec![
        case("empty", "End", b""),
        case("too-short", "End", b"PK\x05\x06"),
        case("cut-by-one", "End", &file[..length - 1]),
        case("cut-in-the-directory", "End", &file[..length - 100]),
        case("cut-in-a-content", "End", &file[..120]),
        case("byte-behind", "End", behind(b"\n")),
        case("dossier-behind", "Place", behind(&file)),
        case("end-twice", "Place", twice),
        case("bytes-in-front", "Place", [b"MZ", &file[..]].concat()),
        case("comment", "End", comment),
        case("comment-promised", "End", end(20, &[3, 0])),
        case("two-disks", "End", end(4, &[1, 0])),
        case("other-count-on-this-disk", "End", end(8, &[5, 0])),
        case("count-too-small", "Place", end(8, &[5, 0, 5, 0])),
        case("count-too-large", "Place", end(8, &[7, 0, 7, 0])),
        case("count-of-30000", "TooMany", end(8, &[0x30, 0x75, 0x30, 0x75])),
        case("zip64-count", "Zip64", end(8, &[0xff; 4])),
        case("zip64-place", "Zip64", end(16, &[0xff; 4])),
        case("directory-elsewhere", "Place", end(16, &[0, 0, 0, 0])),
        case("directory-of-a-gigabyte", "TooLarge", end(12, &[0, 0, 0, 0x40])),
        case("no-entry-at-all", "First", raw::file(&[])),
    ]
}

fn headers() -> Vec<Case> {
    vec![
        edited("encrypted", "Encrypted", 2, |raw| raw.flags = 1),
        edited("encrypted-strongly", "Encrypted", 2, |raw| raw.flags = 0x41),
        edited("data-descriptor", "Descriptor", 2, |raw| raw.flags = 8),
        edited("deflated", "Compressed", 2, |raw| raw.method = 8),
        edited("method-of-aes", "Compressed", 2, |raw| raw.method = 99),
        edited("zip64-size", "Zip64", 2, |raw| raw.sizes = [u32::MAX; 2]),
        edited("extra-field", "Extra", 2, |raw| raw.extra = b"\x01\x00\x00\x00".to_vec()),
        edited("entry-comment", "Extra", 2, |raw| raw.comment = b"a".to_vec()),
        edited("two-sizes", "Sizes", 2, |raw| raw.sizes[1] += 1),
        edited("size-too-large", "Place", 2, |raw| raw.sizes = [raw.sizes[0] + 1; 2]),
        edited("size-too-small", "Place", 2, |raw| raw.sizes = [raw.sizes[0] - 1; 2]),
        edited("size-of-4-gigabytes", "Place", 2, |raw| raw.sizes = [u32::MAX - 1; 2]),
        edited("overlapping", "Place", 3, |raw| raw.place = Some(0)),
        edited("gap", "Place", 3, |raw| raw.gap = b"hidden".to_vec()),
        edited("local-name-differs", "Header", 2, |raw| {
            raw.local_name = Some("documents/z.txt".into());
        }),
        edited("local-size-differs", "Header", 2, |raw| raw.local_size = Some(3)),
        edited("time", "Spelling", 2, |raw| raw.time = 1),
        edited("attributes-of-a-link", "Spelling", 2, |raw| raw.attributes = 0xa1ff_0000),
        edited("made-by-unix", "Spelling", 2, |raw| raw.made_by = 0x031e),
        edited("flag-for-nothing", "Spelling", 2, |raw| raw.flags = 1 << 11),
        edited("crc-differs", "Content", 2, |raw| raw.crc32 ^= 1),
        edited("content-differs", "Content", 2, |raw| {
            raw.content = b"This is document x.\n".to_vec();
            raw.crc32 = crc32fast::hash(&raw.content);
        }),
        edited("name-not-utf-8", "Spelling", 2, |raw| raw.name[10] = 0xff),
    ]
}

fn names() -> Vec<Case> {
    let named = |case_name: &str, expect: &str, name: &str| {
        let files = [(name, "text")];
        case(case_name, expect, raw::file(&entries(&files)))
    };
    let long = ["x"; 300].join("");
    let deep = ["x"; 300].join("/");
    let both = |case_name: &str, one: &str, two: &str| {
        case(case_name, "NameTwice", raw::file(&entries(&[(one, "text"), (two, "text")])))
    };
    vec![
        named("name-goes-up", "Name(Dot)", "../a.txt"),
        named("name-goes-up-inside", "Name(Dot)", "a/../../b.txt"),
        named("name-absolute", "Name(Empty)", "/etc/passwd"),
        named("name-of-a-folder", "Name(Empty)", "a/"),
        named("name-with-two-slashes", "Name(Empty)", "a//b"),
        named("name-empty", "Name(Empty)", ""),
        named("name-with-backslash", "Name(Letter)", "a\\..\\b.txt"),
        named("name-with-drive", "Name(Letter)", "C:a.txt"),
        named("name-with-zero", "List", "a.txt\0.pdf"),
        named("name-turned-around", "Name(Letter)", "a\u{202e}fdp.exe"),
        named("name-hidden", "Name(Dot)", ".bashrc"),
        named("name-ends-in-full-stop", "Name(Ending)", "a."),
        named("name-ends-in-blank", "Name(Ending)", "a "),
        named("name-too-long", "Name(Long)", &long),
        named("name-too-deep", "Name(Long)", &deep),
        both("name-twice-but-for-capitals", "A.txt", "a.txt"),
        both("name-of-a-file-and-a-folder", "a", "a/b"),
    ]
}

fn lists() -> Vec<Case> {
    let good = list(&FILES);
    let says = |name: &str, expect: &str, text: &str| {
        case(name, expect, raw::file(&with_list(text, &FILES)))
    };
    let twice = format!("{good}{}\n", good.lines().last().unwrap());
    let swapped = {
        let mut lines: Vec<&str> = good.lines().collect();
        lines.swap(1, 2);
        lines.join("\n") + "\n"
    };
    let mut entries = entries(&FILES);
    entries.swap(0, 1);
    let list_second = raw::file(&entries);
    let mut order = with_list(&good, &FILES);
    order.swap(2, 4);
    let mut other = with_list(&good, &FILES);
    other[0] = Raw::new("mimetype", "application/epub+zip");
    let orphan = [("a.txt.tlog-proof", "stands for a receipt")];
    let of_receipt = [("a.txt", "a"), ("a.txt.tlog-proof.tlog-proof", "stands for a receipt")];
    vec![
        says("list-of-another-version", "List", &good.replace("/v1", "/v2")),
        says("list-without-newline", "List", good.trim_end()),
        says("list-with-two-blanks", "List", &good.replacen(' ', "  ", 1)),
        says("list-in-capitals", "List", &good.replace('a', "A")),
        says("list-with-leading-zero", "List", &good.replacen(" 20 ", " 020 ", 1)),
        says("list-not-sorted", "List", &swapped),
        says("list-twice-the-same", "List", &twice),
        says("list-shorter", "ListDiffers", &list(&FILES[..2])),
        says("list-longer", "ListDiffers", &format!("{good}{} 0 z\n", sha256(b""))),
        says("list-with-another-length", "ListDiffers", &good.replacen(" 20 ", " 21 ", 1)),
        says("list-of-nothing", "Empty", "beleg.dossier/v1\n"),
        case("list-in-front", "First", list_second),
        case("entries-in-another-order", "ListDiffers", raw::file(&order)),
        case("another-media-type", "First", raw::file(&other)),
        case("receipt-alone", "ReceiptAlone", raw::file(&crate::entries(&orphan))),
        case("receipt-of-a-receipt", "ReceiptAlone", raw::file(&crate::entries(&of_receipt))),
    ]
}

fn main() -> std::io::Result<()> {
    let cases: Vec<Case> =
        [good(), ends(), headers(), names(), lists()].into_iter().flatten().collect();
    case::write(&cases)
}
