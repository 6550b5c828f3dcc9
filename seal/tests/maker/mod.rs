//! Small PDF files made here, byte for byte the same every time.

#![allow(dead_code, reason = "each user needs a part")]

use std::fmt::Write as _;

/// How a file is put together.
#[derive(Default, Clone)]
pub struct Maker {
    /// Objects from number 1 on: what stands between `obj` and `endobj`.
    pub objects: Vec<Vec<u8>>,
    /// Further lines of the trailer.
    pub trailer: String,
}

impl Maker {
    /// One page that says "A letter"; the catalog has these further entries.
    pub fn letter(catalog: &str) -> Maker {
        let text = "BT /F1 18 Tf 72 760 Td (A letter) Tj ET";
        let objects = [
            format!("<< /Type /Catalog /Pages 2 0 R {catalog} >>"),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".into(),
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
             /Resources << /Font << /F1 5 0 R >> >> >>"
                .into(),
            format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".into(),
        ];
        let trailer = "/ID [<00112233445566778899aabbccddeeff> <00>]".into();
        Maker { objects: objects.into_iter().map(String::into_bytes).collect(), trailer }
    }

    /// With one more object.
    pub fn and(mut self, object: impl AsRef<[u8]>) -> Maker {
        self.objects.push(object.as_ref().to_vec());
        self
    }

    /// With another trailer.
    pub fn trailer(mut self, trailer: &str) -> Maker {
        self.trailer = trailer.into();
        self
    }

    fn body(&self) -> (Vec<u8>, Vec<usize>) {
        let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
        let mut places = Vec::new();
        for (number, object) in (1..).zip(&self.objects) {
            places.push(file.len());
            file.extend(format!("{number} 0 obj\n").bytes());
            file.extend(object);
            file.extend(b"\nendobj\n");
        }
        (file, places)
    }

    /// With a cross-reference table.
    pub fn table(&self) -> Vec<u8> {
        let (mut file, places) = self.body();
        let start = file.len();
        let mut end = format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1);
        for place in &places {
            let _ = writeln!(end, "{place:010} 00000 n ");
        }
        let _ = write!(end, "trailer\n<< /Size {} /Root 1 0 R ", places.len() + 1);
        let _ = write!(end, "{} >>\nstartxref\n{start}\n%%EOF\n", self.trailer);
        file.extend(end.bytes());
        file
    }

    /// With a cross-reference stream that is not compressed.
    pub fn stream(&self) -> Vec<u8> {
        let (mut file, mut places) = self.body();
        let start = file.len();
        places.push(start);
        let size = places.len() + 1;
        let rows = places.iter().flat_map(|place| {
            let [.., a, b, c] = place.to_be_bytes();
            [1, a, b, c]
        });
        let rows: Vec<u8> = [0, 0, 0, 0].into_iter().chain(rows).collect();
        let number = places.len();
        let mut end =
            format!("{number} 0 obj\n<< /Type /XRef /Size {size} /W [1 3 0] /Root 1 0 R ");
        let _ = write!(end, "{} /Length {} >>\nstream\n", self.trailer, rows.len());
        file.extend(end.bytes());
        file.extend(rows);
        file.extend(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").bytes());
        file
    }

    /// As Word writes it: a table, and an empty one that leads to a stream with more objects.
    pub fn hybrid(&self) -> Vec<u8> {
        let mut file = self.table();
        let before = start(&file);
        let size = self.objects.len() + 1;
        let at = file.len();
        file.extend(format!("{size} 0 obj\n(hidden)\nendobj\n").bytes());
        let stream = file.len();
        let [.., a, b, c] = at.to_be_bytes();
        let [.., d, e, f] = stream.to_be_bytes();
        let rows = [1, a, b, c, 1, d, e, f];
        let number = size + 1;
        let head = format!(
            "{number} 0 obj\n<< /Type /XRef /Size {} /W [1 3 0] /Index [{size} 2] /Root 1 0 R \
             /Length 8 >>\nstream\n",
            size + 2
        );
        file.extend(head.bytes());
        file.extend(rows);
        file.extend(b"\nendstream\nendobj\n");
        let here = file.len();
        let end = format!(
            "xref\n0 0\ntrailer\n<< /Size {} /Root 1 0 R {} /Prev {before} /XRefStm {stream} >>\n\
             startxref\n{here}\n%%EOF",
            size + 2,
            self.trailer
        );
        file.extend(end.bytes());
        file
    }
}

/// The number behind the last `startxref`.
pub fn start(file: &[u8]) -> usize {
    let text = String::from_utf8_lossy(&file[file.len().saturating_sub(100)..]).into_owned();
    let number = text.rsplit("startxref").next().and_then(|rest| rest.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Files that can be sealed, each of another make.
pub fn originals() -> Vec<(&'static str, Vec<u8>)> {
    let letter = Maker::letter("");
    let attached = |tree: &str| {
        Maker::letter("/Names 6 0 R /AF 7 0 R")
            .and(format!("<< /Dests << /Names [] >> /EmbeddedFiles {tree} >>"))
            .and("[8 0 R]")
            .and("<< /Type /Filespec /F (b.txt) /UF (b.txt) /EF << /F 9 0 R >> >>")
            .and("<< /Type /EmbeddedFile /Length 5 >>\nstream\nhello\nendstream")
    };
    let metadata = "<x:xmpmeta><pdfaid:part>3</pdfaid:part></x:xmpmeta>";
    let length = metadata.len();
    vec![
        ("table", letter.table()),
        ("stream", letter.stream()),
        ("hybrid", letter.hybrid()),
        ("without-id", letter.clone().trailer("").table()),
        ("names-leaf", attached("<< /Names [(b) 8 0 R (s) 8 0 R] >>").table()),
        ("names-after-kids", {
            attached("<< /Kids [10 0 R] >>")
                .and("<< /Limits [(b) (c)] /Names [(b) 8 0 R] >>")
                .table()
        }),
        ("names-before-kids", {
            attached("<< /Kids [10 0 R] >>")
                .and("<< /Limits [(t) (z)] /Names [(t) 8 0 R] >>")
                .stream()
        }),
        ("names-inside-kid", {
            attached("<< /Kids [10 0 R] >>")
                .and("<< /Limits [(b) (z)] /Kids [11 0 R 12 0 R] >>")
                .and("<< /Limits [(b) (b)] /Names [(b) 8 0 R] >>")
                .and("<< /Limits [<63> <7a>] /Names [(c) 8 0 R (\\172) 8 0 R] >>")
                .table()
        }),
        ("pdf-a-3", {
            let head = "<< /Type /Metadata /Subtype /XML";
            let stream = format!("{head} /Length {length} >>\nstream\n{metadata}\nendstream");
            Maker::letter("/Metadata 6 0 R").and(stream).table()
        }),
        ("mark-in-a-stream", {
            let mark = "%beleg-seal/v1 original=7 receipt=3\n";
            let stream = format!("<< /Length {} >>\nstream\n{mark}\nendstream", mark.len());
            letter.clone().and(stream).table()
        }),
    ]
}
