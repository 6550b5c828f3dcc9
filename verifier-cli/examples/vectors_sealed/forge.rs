//! An update as an attacker writes it who knows how the builder works: the genuine one, but for
//! what he changes. Everything else is right (offsets, lengths, table), so that a reader shows the
//! file without complaint and only the comparison tells.

use std::fmt::Write as _;

/// The name of every attachment that holds a receipt.
const NAME: &str = "receipt.tlog-proof";

/// What is written behind the original.
#[derive(Clone)]
pub struct Forge {
    /// The length that the marks say the original has.
    pub original: String,
    /// The length that the marks say the receipt has.
    pub receipt: String,
    /// Which of the two marks is there.
    pub marks: [bool; 2],
    /// Number and value of each object, in the order in which they are written.
    pub objects: Vec<(u32, String)>,
    /// `/Size` and the lines behind it.
    pub size: u32,
    pub trailer: String,
    /// What ends a line.
    pub eol: &'static str,
    /// Bytes between the last object and the table.
    pub before_table: String,
    /// Where `startxref` leads, if not to the table.
    pub start: Option<usize>,
}

impl Forge {
    /// The genuine update of a one-page letter with a table and five objects.
    pub fn genuine(original: &[u8], receipt: &[u8], id: &str, prev: usize) -> Forge {
        let files = "<<\n/EmbeddedFiles <<\n/Names [(receipt.tlog-proof) 7 0 R]\n>>\n>>";
        let catalog = format!("<<\n/Type /Catalog\n/Pages 2 0 R\n/Names {files}\n/AF [7 0 R]\n>>");
        Forge {
            original: original.len().to_string(),
            receipt: receipt.len().to_string(),
            marks: [true, true],
            objects: vec![(6, stream(receipt)), (7, filespec(6)), (1, catalog)],
            size: 8,
            trailer: format!("/Root 1 0 R\n{id}/Prev {prev}\n"),
            eol: "\n",
            before_table: String::new(),
            start: None,
        }
    }

    /// With one more object behind the others.
    pub fn and(mut self, number: u32, value: &str) -> Forge {
        self.objects.push((number, value.into()));
        self.size = self.size.max(number + 1);
        self
    }

    /// The file: original and update.
    pub fn file(&self, original: &[u8]) -> Vec<u8> {
        let eol = self.eol;
        let mark =
            format!("%beleg-seal/v1 original={} receipt={}{eol}", self.original, self.receipt);
        let mark = |which: usize| if self.marks[which] { mark.as_str() } else { "" };
        let mut update = format!("\n{}", mark(0));
        let mut places = Vec::new();
        for (number, value) in &self.objects {
            places.push((*number, original.len() + update.len()));
            let _ = write!(update, "{number} 0 obj{eol}{value}{eol}endobj{eol}");
        }
        update += &self.before_table;
        let table = original.len() + update.len();
        places.sort_unstable();
        let _ = write!(update, "xref{eol}");
        for run in places.chunk_by(|a, b| a.0 + 1 == b.0) {
            let _ = write!(update, "{} {}{eol}", run[0].0, run.len());
            for (_, place) in run {
                let end = if eol == "\n" { " \n" } else { eol };
                let _ = write!(update, "{place:010} 00000 n{end}");
            }
        }
        let trailer = self.trailer.replace('\n', eol);
        let _ = write!(update, "trailer{eol}<<{eol}/Size {}{eol}{trailer}>>{eol}", self.size);
        let start = self.start.unwrap_or(table);
        let _ = write!(update, "{}startxref{eol}{start}{eol}%%EOF{eol}", mark(1));
        [original, update.as_bytes()].concat()
    }
}

/// The object that holds the receipt.
pub fn stream(receipt: &[u8]) -> String {
    let (length, text) = (receipt.len(), String::from_utf8_lossy(receipt));
    format!(
        "<<\n/Type /EmbeddedFile\n/Subtype /text#2Fplain\n/Params << /Size {length} >>\n\
         /Length {length}\n>>\nstream\n{text}\nendstream"
    )
}

/// The object that names the receipt.
pub fn filespec(stream: u32) -> String {
    format!(
        "<<\n/Type /Filespec\n/F ({NAME})\n/UF ({NAME})\n/AFRelationship /Supplement\n\
         /EF << /F {stream} 0 R /UF {stream} 0 R >>\n>>"
    )
}

/// An incremental update as any program appends it: these objects, and nothing of a seal.
pub fn saved(file: &[u8], size: u32, objects: &[(u32, &str)], prev: usize) -> Vec<u8> {
    let mut forge = Forge::genuine(file, b"", "", prev);
    forge.marks = [false, false];
    forge.objects = objects.iter().map(|(number, value)| (*number, (*value).into())).collect();
    forge.size = size;
    forge.file(file)
}
