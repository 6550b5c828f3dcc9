//! A listener in the place of a node: it serves what it is given and keeps what it was asked.

use crate::desk::text;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// One node.
pub struct Node {
    pub address: SocketAddr,
    files: Files,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Node {
    pub fn start() -> Node {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (files, heard) = (Files::default(), Arc::default());
        let node = Node { address, files: Arc::clone(&files), heard: Arc::clone(&heard) };
        thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &files, &heard);
            }
        });
        node
    }

    /// Serves these bytes from now on.
    pub fn serve(&self, path: &str, bytes: &[u8]) {
        self.files.lock().unwrap().insert(path.to_owned(), bytes.to_vec());
    }

    /// Serves nothing from now on.
    pub fn clear(&self) {
        self.files.lock().unwrap().clear();
    }

    /// What it was asked since the last call.
    pub fn heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

fn answer(mut stream: TcpStream, files: &Files, heard: &Mutex<Vec<String>>) {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        request.push(byte[0]);
    }
    let request = text(&request);
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let zip = request.to_lowercase().contains("accept-encoding: gzip");
    heard.lock().unwrap().push(request);
    let file = files.lock().unwrap().get(&path).cloned();
    let unknown = path.ends_with("/status-list").then_some("checkpoint-unknown");
    let (status, body) = match file {
        Some(file) => ("200 OK", file),
        None => {
            let code = unknown.unwrap_or("not-found");
            ("404 Not Found", format!("{{\"error\":\"{code}\",\"message\":\"\"}}").into_bytes())
        }
    };
    let mut head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    let body = if zip { gzip(&body) } else { body };
    head += if zip { "content-encoding: gzip\r\n" } else { "" };
    head += &format!("content-length: {}\r\n\r\n", body.len());
    // A client that has read enough may hang up.
    let _ = stream.write_all(&[head.as_bytes(), &body].concat());
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
