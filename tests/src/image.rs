//! Writes grey images: a PNG as an office scanner would make it, and an uncompressed TIFF of any
//! size for the case of the very large file.

use flate2::{Compression, Crc, write::ZlibEncoder};
use std::io::{Result, Write};

/// A PNG of `width` x `height` grey pixels that looks like a scanned page of text.
pub fn scan_png(width: u32, height: u32) -> Result<Vec<u8>> {
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::fast());
    for y in 0..height {
        rows.write_all(&[0])?; // filter type 0: the row as it is
        let row: Vec<u8> = (0..width).map(|x| grey(x, y, width)).collect();
        rows.write_all(&row)?;
    }
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 0, 0, 0, 0]); // 8 bits, grey, deflate, standard filters, not interlaced
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"IDAT", &rows.finish()?);
    chunk(&mut file, b"IEND", &[]);
    Ok(file)
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let mut check = Crc::new();
    check.update(kind);
    check.update(data);
    file.extend((data.len() as u32).to_be_bytes());
    file.extend_from_slice(kind);
    file.extend_from_slice(data);
    file.extend(check.sum().to_be_bytes());
}

/// Paper with some grain, and dark marks of uneven length where lines of text would stand.
fn grey(x: u32, y: u32, width: u32) -> u8 {
    let mix = |a: u32, b: u32| (a.wrapping_mul(2_654_435_761) ^ b.wrapping_mul(40_503)) >> 7;
    let grain = (mix(x, y) % 12) as u8;
    let margin = width / 10;
    let inside = x > margin && x < width - margin;
    let line = y / 24;
    let word = mix(x / 40, line) % 5 != 0;
    if inside && word && !line.is_multiple_of(9) && y % 24 < 10 && mix(x / 3, y / 3) % 3 != 0 {
        40 + grain
    } else {
        240 + grain
    }
}

/// Writes a TIFF of `width` x `height` grey pixels, one byte each and uncompressed: a scanned map.
pub fn map_tiff(out: &mut impl Write, width: u32, height: u32) -> Result<()> {
    let pixels = width * height;
    // Little-endian header; the directory stands first, the one strip of pixels behind it.
    let tags: [(u16, u16, u32); 9] = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 8), // bits per sample
        (259, 3, 1), // no compression
        (262, 3, 1), // 0 is black
        (273, 4, 8 + 2 + 9 * 12 + 4),
        (277, 3, 1),      // samples per pixel
        (278, 4, height), // rows in the strip
        (279, 4, pixels),
    ];
    out.write_all(b"II*\0")?;
    out.write_all(&8_u32.to_le_bytes())?;
    out.write_all(&(tags.len() as u16).to_le_bytes())?;
    for (tag, kind, value) in tags {
        out.write_all(&tag.to_le_bytes())?;
        out.write_all(&kind.to_le_bytes())?;
        out.write_all(&1_u32.to_le_bytes())?;
        out.write_all(&value.to_le_bytes())?;
    }
    out.write_all(&0_u32.to_le_bytes())?;
    let mut row = vec![0; width as usize];
    for y in 0..height {
        for (x, pixel) in (0_u32..).zip(row.iter_mut()) {
            let street = x % 640 < 24 || y % 512 < 24;
            *pixel = if street { 250 } else { (120 + (x / 640 + y / 512 * 7) % 90) as u8 };
        }
        out.write_all(&row)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_unpacks_to_its_rows() -> Result<()> {
        use std::io::Read;
        let file = scan_png(60, 40)?;
        let at = file.windows(4).position(|window| window == b"IDAT").unwrap_or(0);
        let mut rows = Vec::new();
        flate2::read::ZlibDecoder::new(&file[at + 4..]).read_to_end(&mut rows)?;
        assert_eq!(rows.len(), 61 * 40);
        Ok(())
    }

    #[test]
    fn a_map_has_the_size_its_directory_says() -> Result<()> {
        let mut file = Vec::new();
        map_tiff(&mut file, 700, 600)?;
        assert_eq!(file.len(), 122 + 700 * 600);
        Ok(())
    }
}
