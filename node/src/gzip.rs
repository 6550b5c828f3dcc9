//! Bodies that are whole in memory, compressed.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

/// The gzip form of these bytes.
pub fn pack(bytes: &[u8], level: Compression) -> io::Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), level);
    packer.write_all(bytes)?;
    packer.finish()
}
