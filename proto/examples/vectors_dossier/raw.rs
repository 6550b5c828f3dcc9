//! A ZIP put together field by field, so that each can be wrong.

/// What the first entry holds.
pub const MEDIA_TYPE: &str = "application/x-beleg-dossier+zip";

/// An entry; as made, it is right.
pub struct Raw {
    pub name: Vec<u8>,
    pub content: Vec<u8>,
    pub made_by: u16,
    pub flags: u16,
    pub method: u16,
    pub time: u16,
    pub crc32: u32,
    /// Compressed and not.
    pub sizes: [u32; 2],
    pub extra: Vec<u8>,
    pub comment: Vec<u8>,
    pub attributes: u32,
    /// Where the directory says that it is, if elsewhere.
    pub place: Option<u32>,
    /// What only the header in front of the content says.
    pub local_name: Option<String>,
    pub local_size: Option<u32>,
    /// Bytes in front of that header that belong to nothing.
    pub gap: Vec<u8>,
}

impl Raw {
    pub fn new(name: &str, content: &str) -> Raw {
        Raw {
            name: name.into(),
            content: content.into(),
            made_by: 10,
            flags: if name.is_ascii() { 0 } else { 1 << 11 },
            method: 0,
            time: 0,
            crc32: crc32fast::hash(content.as_bytes()),
            sizes: [u32::try_from(content.len()).unwrap(); 2],
            extra: Vec::new(),
            comment: Vec::new(),
            attributes: 0,
            place: None,
            local_name: None,
            local_size: None,
            gap: Vec::new(),
        }
    }

    fn common(&self, sizes: [u32; 2], name: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for number in [10, self.flags, self.method, self.time, 0x21] {
            out.extend(number.to_le_bytes());
        }
        for number in [self.crc32, sizes[0], sizes[1]] {
            out.extend(number.to_le_bytes());
        }
        for length in [name, self.extra.len()] {
            out.extend(u16::try_from(length).unwrap().to_le_bytes());
        }
        out
    }
}

/// The file: entries, directory, end.
pub fn file(entries: &[Raw]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for raw in entries {
        out.extend(&raw.gap);
        let place = raw.place.unwrap_or(u32::try_from(out.len()).unwrap());
        let local_name = raw.local_name.as_ref().map_or(&raw.name[..], |name| name.as_bytes());
        let local_sizes = raw.local_size.map_or(raw.sizes, |size| [size; 2]);
        out.extend(b"PK\x03\x04");
        out.extend(raw.common(local_sizes, local_name.len()));
        out.extend(local_name);
        out.extend(&raw.extra);
        out.extend(&raw.content);
        directory.extend(b"PK\x01\x02");
        directory.extend(raw.made_by.to_le_bytes());
        directory.extend(raw.common(raw.sizes, raw.name.len()));
        directory.extend(u16::try_from(raw.comment.len()).unwrap().to_le_bytes());
        directory.extend([0; 4]);
        directory.extend(raw.attributes.to_le_bytes());
        directory.extend(place.to_le_bytes());
        directory.extend(&raw.name);
        directory.extend(&raw.extra);
        directory.extend(&raw.comment);
    }
    let place = u32::try_from(out.len()).unwrap();
    let length = u32::try_from(directory.len()).unwrap();
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    out.extend([count, count].concat());
    out.extend(length.to_le_bytes());
    out.extend(place.to_le_bytes());
    out.extend([0, 0]);
    out
}
