//! A recording TCP proxy: what is really sent between nodes, and whether given bytes are in it.

use anyhow::Result;
use base64ct::{Base64Unpadded, Encoding as _};
use flate2::read::GzDecoder;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Every connection's bytes, one stream for each direction.
type Streams = Arc<Mutex<Vec<Vec<u8>>>>;

/// Forwards one address to another and keeps what passes. It ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    streams: Streams,
    ended: Arc<AtomicBool>,
}

impl Proxy {
    /// Listens on `address` and forwards to `target`.
    pub fn start(address: SocketAddr, target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(address)?;
        let streams = Streams::default();
        let ended = Arc::new(AtomicBool::new(false));
        let (all, stop) = (streams.clone(), ended.clone());
        std::thread::spawn(move || {
            for incoming in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                // A target that is down shows as a closed connection, as it would without us.
                if let Ok(client) = incoming
                    && let Ok(server) = TcpStream::connect_timeout(&target, Duration::from_secs(2))
                {
                    forward(&client, &server, &all);
                    forward(&server, &client, &all);
                }
            }
        });
        Ok(Self { address, streams, ended })
    }

    /// Everything that has passed so far, one item for each connection and direction.
    pub fn recorded(&self) -> Vec<Vec<u8>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the accept loop.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_millis(200));
    }
}

fn forward(from: &TcpStream, to: &TcpStream, all: &Streams) {
    let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else { return };
    let all = all.clone();
    let number = {
        let mut streams = all.lock().unwrap_or_else(PoisonError::into_inner);
        streams.push(Vec::new());
        streams.len() - 1
    };
    std::thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(length) = from.read(&mut buffer) {
            let bytes = &buffer[..length];
            all.lock().unwrap_or_else(PoisonError::into_inner)[number].extend_from_slice(bytes);
            if length == 0 || to.write_all(bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
        let _ = from.shutdown(Shutdown::Read);
    });
}

/// What a reader of the wire could look at: the bytes themselves, and what is inside of every
/// gzip member in them.
pub fn layers(streams: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut layers = streams.to_vec();
    for stream in streams {
        for at in positions(stream, &[0x1f, 0x8b, 0x08]) {
            let mut inner = Vec::new();
            // Behind a member other bytes follow; what was unpacked until then counts.
            let _ = GzDecoder::new(&stream[at..]).take(64 << 20).read_to_end(&mut inner);
            layers.push(inner);
        }
    }
    layers
}

/// Whether `secret` stands in one of the layers: as bytes, as hex, or in base64 at any offset.
pub fn contains(layers: &[Vec<u8>], secret: &[u8]) -> bool {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    for shift in 0..3 {
        let mut shifted = vec![0; shift];
        shifted.extend_from_slice(secret);
        let text = base64(&shifted);
        // The first and last letters also hold bits of the neighbours, so they are left out.
        let clean = (shift * 8).div_ceil(6)..(shifted.len() * 8) / 6;
        forms.push(text.as_bytes()[clean].to_vec());
    }
    forms.iter().any(|form| layers.iter().any(|layer| !positions(layer, form).is_empty()))
}

fn positions(bytes: &[u8], wanted: &[u8]) -> Vec<usize> {
    let first = wanted.first().copied();
    (0..(bytes.len() + 1).saturating_sub(wanted.len()))
        .filter(|at| bytes.get(*at).copied() == first && bytes[*at..].starts_with(wanted))
        .collect()
}

fn base64(bytes: &[u8]) -> String {
    Base64Unpadded::encode_string(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};

    #[test]
    fn a_secret_is_found_in_every_form() -> Result<()> {
        let secret = b"sixteen secret b";
        let mut gzip = GzEncoder::new(b"POST x ".to_vec(), Compression::default());
        gzip.write_all(b"before sixteen secret b after")?;
        let forms = [
            b"..sixteen secret b..".to_vec(),
            b"73697874656564".iter().chain(b"").copied().collect(),
            base64(b"sixteen secret b").into_bytes(),
            base64(b"x-sixteen secret b and more").into_bytes(),
            base64(b"xysixteen secret b").into_bytes(),
            base64(b"{..sixteen secret b}").into_bytes(),
            gzip.finish()?,
        ];
        for (number, form) in forms.into_iter().enumerate() {
            assert_eq!(contains(&layers(&[form]), secret), number != 1, "form {number}");
        }
        Ok(())
    }
}
