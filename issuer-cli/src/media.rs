//! The media type of a document: by the end of its name, else by its first bytes.
//!
//! It is what the issuer says about the file and nothing that a verdict depends on. The name goes
//! first, because many formats are a zip or an XML inside.

use std::path::Path;

/// What is said of a file that neither table knows.
pub const UNKNOWN: &str = "application/octet-stream";

/// How many first bytes [`media_type`] looks at.
pub const HEAD: usize = 16;

const BY_NAME: [(&str, &str); 32] = [
    ("asice", "application/vnd.etsi.asic-e+zip"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("eml", "message/rfc822"),
    ("gif", "image/gif"),
    ("gml", "application/gml+xml"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("p7m", "application/pkcs7-mime"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("rtf", "application/rtf"),
    ("svg", "image/svg+xml"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("txt", "text/plain"),
    ("webp", "image/webp"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];

const BY_HEAD: [(&[u8], &str); 9] = [
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"PK\x03\x04", "application/zip"),
    (b"{\\rtf", "application/rtf"),
    (b"<?xml", "application/xml"),
];

/// The media type of the file with this name and these first bytes.
pub fn media_type(path: &Path, head: &[u8]) -> &'static str {
    let named = path.extension().and_then(|e| e.to_str()).and_then(|extension| {
        let lower = extension.to_ascii_lowercase();
        BY_NAME.iter().find(|(name, _)| *name == lower)
    });
    if let Some((_, media_type)) = named {
        return media_type;
    }
    let seen = BY_HEAD.iter().find(|(start, _)| head.starts_with(start));
    seen.map_or(UNKNOWN, |(_, media_type)| media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_goes_first_then_the_first_bytes() {
        let cases: [(&str, &[u8], &str); 7] = [
            ("a.pdf", b"", "application/pdf"),
            ("A.PDF", b"PK\x03\x04", "application/pdf"),
            ("notice", b"%PDF-1.7", "application/pdf"),
            ("scan.0001", b"\x89PNG\r\n\x1a\n", "image/png"),
            ("x.xml", b"<?xml", "application/xml"),
            ("x.unheard-of", b"hello", UNKNOWN),
            ("", b"", UNKNOWN),
        ];
        for (name, head, want) in cases {
            assert_eq!(media_type(Path::new(name), head), want, "{name}");
        }
    }

    #[test]
    fn every_first_bytes_fit_what_is_kept_of_them() {
        assert!(BY_HEAD.iter().all(|(start, _)| start.len() <= HEAD));
    }
}
