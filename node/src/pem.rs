//! Certificates in files: PEM (RFC 7468), one or many, or one in DER.

use proto::text;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates in a file, DER; what stands between them is for people. Without the line of a
/// PEM file it is one certificate in DER. Nothing is said about what is in them.
pub fn certificates(file: &[u8]) -> Result<Vec<Vec<u8>>, text::TextError> {
    let Some(text) = std::str::from_utf8(file).ok().filter(|text| text.contains(BEGIN)) else {
        return Ok(vec![file.to_vec()]);
    };
    let blocks = text.split(BEGIN).skip(1).filter_map(|rest| rest.split_once(END));
    blocks
        .map(|(base64, _)| {
            let base64: String = base64.split_whitespace().collect();
            text::base64_decode(&base64)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_many_are_read() {
        assert_eq!(certificates(&[0x30, 0x80]), Ok(vec![vec![0x30, 0x80]]));
        let two = format!("subject=A\n{BEGIN}\nAAEC\nAwQF\n{END}\n\n{BEGIN}\r\nBg==\r\n{END}\r\n");
        assert_eq!(certificates(two.as_bytes()), Ok(vec![vec![0, 1, 2, 3, 4, 5], vec![6]]));
        assert!(certificates(format!("{BEGIN}\n?\n{END}\n").as_bytes()).is_err());
    }
}
