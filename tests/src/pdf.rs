//! Writes small, plain PDF files: one A4 page of text in a standard font, no embedded parts.
//!
//! Left out: everything a demo letter does not need (images, fonts, compression, metadata).

/// A one-page PDF 1.4 file with a title and lines of ASCII text.
pub fn page(title: &str, lines: &[String]) -> Vec<u8> {
    let mut text = String::from("BT\n/F1 18 Tf\n72 760 Td\n");
    text.push_str(&format!("({}) Tj\n/F1 11 Tf\n0 -36 Td\n15 TL\n", escaped(title)));
    for line in lines {
        text.push_str(&format!("({}) Tj T*\n", escaped(line)));
    }
    text.push_str("ET\n");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}endstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    assemble(&objects)
}

/// Objects 1.. with header, cross-reference table and trailer around them.
fn assemble(objects: &[String]) -> Vec<u8> {
    let mut file = String::from("%PDF-1.4\n");
    let mut table = String::from("0000000000 65535 f \n");
    for (number, object) in objects.iter().enumerate() {
        // Each line of the table is exactly 20 bytes long: that is why the blank is there.
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let start = file.len();
    let size = objects.len() + 1;
    file.push_str(&format!("xref\n0 {size}\n{table}"));
    file.push_str(&format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"));
    file.into_bytes()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '(' | ')' | '\\' => out.extend(['\\', letter]),
            ' '..='~' => out.push(letter),
            _ => out.push('?'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_line_points_at_its_object() {
        let file = String::from_utf8(page("A (b) \\ c", &["one".to_owned()])).unwrap_or_default();
        let start: usize = file
            .lines()
            .skip_while(|line| *line != "startxref")
            .nth(1)
            .and_then(|line| line.parse().ok())
            .unwrap_or(0);
        assert!(file[start..].starts_with("xref\n0 6\n"));
        let table = file[start..].lines().skip(3).take(5);
        for (number, line) in table.enumerate() {
            let at: usize = line[..10].parse().unwrap_or(0);
            assert!(file[at..].starts_with(&format!("{} 0 obj\n", number + 1)));
        }
        assert!(file.contains("(A \\(b\\) \\\\ c) Tj"));
    }
}
