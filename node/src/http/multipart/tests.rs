//! Forms cut at every place, forms that are none, and bytes that look like boundaries.

use super::*;

const TYPE: &str = "multipart/form-data; boundary=xYz";

/// Name, content type and bytes of each part.
type Parts = Vec<(String, Option<String>, Vec<u8>)>;

fn decode(content_type: &str, body: &[u8], step: usize) -> Result<Parts, FormError> {
    let mut decoder = Decoder::new(content_type)?;
    let mut parts = Parts::new();
    let mut open = false;
    for chunk in body.chunks(step) {
        decoder.push(chunk, &mut |event| {
            match event {
                Event::Part(head) => {
                    assert!(!open);
                    open = true;
                    parts.push((head.name, head.content_type, Vec::new()));
                }
                Event::Bytes(bytes) => {
                    assert!(open);
                    parts.last_mut().unwrap().2.extend_from_slice(bytes);
                }
                Event::End => open = false,
            }
            Ok::<(), FormError>(())
        })?;
        // Nothing but what may still become a boundary, or a head, is held.
        assert!(decoder.buffer.len() <= HEAD_BYTES + step, "{}", decoder.buffer.len());
    }
    decoder.finish()?;
    assert!(!open);
    Ok(parts)
}

fn part(name: &str, more: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("--xYz\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n");
    [head.as_bytes(), bytes, b"\r\n"].concat()
}

fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    [&parts.concat()[..], b"--xYz--\r\n"].concat()
}

#[test]
fn parts_are_found_wherever_the_body_is_cut() {
    let tricky = b"a\r\n--xY\r\n--xYy\r\r\n-\n--xYz\r\n";
    let body = form(&[
        part("type", "", b"permit"),
        part("file", "; filename=\"a;b \\\"c\\\".pdf\"\r\nContent-Type: application/pdf", tricky),
        part("empty", "", b""),
    ]);
    let want: Parts = vec![
        ("type".to_owned(), None, b"permit".to_vec()),
        ("file".to_owned(), Some("application/pdf".to_owned()), tricky.to_vec()),
        ("empty".to_owned(), None, Vec::new()),
    ];
    for step in 1..=body.len() {
        assert_eq!(decode(TYPE, &body, step), Ok(want.clone()), "{step}");
    }
    let no_line_end = &body[..body.len() - 2];
    assert_eq!(decode(TYPE, no_line_end, 7), Ok(want));
    assert_eq!(decode(TYPE, b"--xYz--", 7), Ok(Parts::new()));
    // Cut off anywhere, it is no form.
    for end in 0..no_line_end.len() {
        assert_eq!(decode(TYPE, &body[..end], 50), Err(FormError::CutOff), "{end}");
    }
}

#[test]
fn content_types_that_are_no_form() {
    let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
    for content_type in [
        "",
        "multipart/form-data",
        "multipart/mixed; boundary=x",
        "application/json; boundary=x",
        "multipart/form-data; charset=utf-8",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"a\r\nb\"",
        "multipart/form-data; boundary=\"a",
        &long,
    ] {
        assert_eq!(Decoder::new(content_type).err(), Some(FormError::NoForm), "{content_type}");
    }
    for content_type in
        ["Multipart/Form-Data;boundary=xYz", "multipart/form-data; charset=utf-8; Boundary=\"xYz\""]
    {
        assert_eq!(decode(content_type, &form(&[]), 9), Ok(Parts::new()), "{content_type}");
    }
}

#[test]
fn bodies_that_are_no_form() {
    let good = part("a", "", b"b");
    let head = |head: &str| [b"--xYz\r\n", head.as_bytes(), b"\r\n\r\nb\r\n--xYz--"].concat();
    let disposition = "Content-Disposition: form-data; name=\"a\"";
    let long = format!("{disposition}\r\nX: {}", "x".repeat(HEAD_BYTES));
    for (body, want) in [
        (b"preamble\r\n--xYz--".to_vec(), FormError::BadBoundary),
        (b"\r\n--xYz--".to_vec(), FormError::BadBoundary),
        (b"--other--".repeat(3), FormError::BadBoundary),
        (b"--xYzz\r\n".to_vec(), FormError::BadBoundary),
        (b"--xYz \r\n".to_vec(), FormError::BadBoundary),
        ([form(std::slice::from_ref(&good)), b"more".to_vec()].concat(), FormError::BadBoundary),
        (head("Content-Type: text/plain"), FormError::BadHead),
        (head("Content-Disposition: attachment; name=\"a\""), FormError::BadHead),
        (head("Content-Disposition: form-data"), FormError::BadHead),
        (head("Content-Disposition: form-data; filename=\"name=x\""), FormError::BadHead),
        (head("Content-Disposition: form-data; name=\"a"), FormError::BadHead),
        (head("no colon"), FormError::BadHead),
        (head(&format!("{disposition}\r\nContent-Transfer-Encoding: base64")), FormError::Encoded),
        (head(&long), FormError::HeadTooLong),
        (form(&vec![good.clone(); PARTS + 1]), FormError::TooManyParts),
        (good, FormError::CutOff),
    ] {
        for step in [1, 3, body.len()] {
            let got = decode(TYPE, &body, step);
            assert_eq!(got, Err(want), "{}", String::from_utf8_lossy(&body[..body.len().min(80)]));
        }
    }
}
