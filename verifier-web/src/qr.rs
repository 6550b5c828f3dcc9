//! The code on a printed sheet, from a picture. What it says proves nothing.

use crate::Refusal;

/// Pixels of the largest picture that is looked at, one byte each.
pub(crate) const PIXELS: usize = 16 * 1024 * 1024;

/// The text of the first code in a picture of one grey byte a pixel; none if there is none.
pub(crate) fn read(width: u32, height: u32, grey: &[u8]) -> Result<Option<String>, Refusal> {
    let (width, height) = (width as usize, height as usize);
    let pixels = width.checked_mul(height).filter(|pixels| *pixels <= PIXELS);
    if pixels != Some(grey.len()) {
        return Err(Refusal::question("The picture has not the size that is said."));
    }
    let mut reader = quircs::Quirc::default();
    let codes = reader.identify(width, height, grey).flatten();
    let texts = codes.filter_map(|code| String::from_utf8(code.decode().ok()?.payload).ok());
    Ok(texts.into_iter().next())
}
