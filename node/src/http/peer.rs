//! What the other operators' logs call: `add-checkpoint` (tlog-witness) and `add-entries`
//! (tlog-mirror).

use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use proto::limits;

use super::{Node, error};
use crate::mirror::receive::{AddEntriesRefusal, Received, Upload};

const TEXT: &str = "text/plain; charset=utf-8";
/// Compressed or not, what one upload may send. What is larger comes in several requests, as
/// tlog-mirror recommends.
const UPLOAD_BYTES: usize = 64 * 1024 * 1024;
/// An upload that stands still for this long has ended.
const STALL: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 15 });
/// Compressed bytes taken at a time. Gzip makes at most about a thousand bytes out of one, so this
/// bounds what waits between the decompressor and the decoder.
const GZIP_STEP: usize = 4 * 1024;

/// POST /add-checkpoint
pub async fn add_checkpoint(State(node): State<Arc<Node>>, body: Body) -> Response {
    let Ok(bytes) = axum::body::to_bytes(body, limits::ADD_CHECKPOINT_BYTES).await else {
        return error::body_too_large();
    };
    match node.mirrors.add_checkpoint(&bytes).await {
        // tlog-mirror#add-checkpoint: the cosignatures come later, from add-entries.
        Ok(()) => (StatusCode::OK, [(CONTENT_TYPE, TEXT)], "").into_response(),
        Err(refusal) => error::add_checkpoint(refusal),
    }
}

/// POST /add-entries
pub async fn add_entries(
    State(node): State<Arc<Node>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let gzip = match headers.get(CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None | Some(b"identity") => false,
        Some(b"gzip" | b"x-gzip") => true,
        Some(_) => return error::unknown_encoding(),
    };
    let mut response = match receive(&node, body, gzip).await {
        Ok(Received::Cosigned(lines)) => {
            (StatusCode::OK, [(CONTENT_TYPE, TEXT)], lines).into_response()
        }
        Ok(Received::Partial(info)) => error::mirror_info(202, &info),
        Err(response) => response,
    };
    response.headers_mut().insert(ACCEPT_ENCODING, axum::http::HeaderValue::from_static("gzip"));
    response
}

/// Reads for as long as bytes come and are wanted. What stops in the middle is committed up to the
/// last whole package (tlog-mirror#processing).
async fn receive(node: &Node, mut body: Body, gzip: bool) -> Result<Received, Response> {
    let mut upload = Upload::new(&node.mirrors);
    let mut unpacker = gzip.then(|| flate2::write::GzDecoder::new(Vec::new()));
    let mut seen = 0usize;
    let mut stalled = false;
    loop {
        let chunk = match tokio::time::timeout(STALL, next(&mut body)).await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(_) => {
                stalled = true;
                break;
            }
        };
        seen += chunk.len();
        if seen > UPLOAD_BYTES {
            break;
        }
        let more = match &mut unpacker {
            None => upload.push(&chunk).await.map_err(error::add_entries)?,
            Some(unpacker) => push_gzip(&mut upload, unpacker, &chunk).await?,
        };
        if !more {
            break;
        }
    }
    match upload.finish().await {
        Err(AddEntriesRefusal::NothingArrived) if stalled => Err(error::body_too_slow()),
        Err(AddEntriesRefusal::NothingArrived) if seen > UPLOAD_BYTES => {
            Err(error::body_too_large())
        }
        outcome => outcome.map_err(error::add_entries),
    }
}

async fn push_gzip(
    upload: &mut Upload<'_>,
    unpacker: &mut flate2::write::GzDecoder<Vec<u8>>,
    chunk: &[u8],
) -> Result<bool, Response> {
    for step in chunk.chunks(GZIP_STEP) {
        let unpacked = unpacker.write_all(step).and_then(|()| unpacker.flush());
        unpacked.map_err(|_| error::bad_gzip())?;
        let bytes = std::mem::take(unpacker.get_mut());
        if !upload.push(&bytes).await.map_err(error::add_entries)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The next bytes; `None` at the end or when the client has hung up.
pub(super) async fn next(body: &mut Body) -> Option<Bytes> {
    loop {
        let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
        // Trailers are no data.
        if let Ok(data) = frame?.ok()?.into_data() {
            return Some(data);
        }
    }
}
