//! The border to JavaScript: bytes by place and length, both ways.
//!
//! ```text
//! input(length) -> place     make room for the question, written there by the page
//! ask() -> length            answer it
//! output() -> place          where the answer stands
//! host.read(file, from, place, length) -> bytes read; less than asked for says that it failed
//! host.write(place, length)  the next part of a file that is made
//! host.advance(bytes)        so many more were read of what is judged
//! ```
//!
//! The two buffers stay where they are until the next call. No pointer that comes from the page is
//! ever followed here; the page writes into memory that this module gave it.
#![expect(unsafe_code, reason = "exported names and imported functions cannot be said without it")]

use crate::{Host, Session, answer};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    safe fn read(file: u32, from: f64, place: *mut u8, length: u32) -> u32;
    safe fn write(place: *const u8, length: u32);
    safe fn advance(bytes: u32);
}

struct Page {
    session: Session,
    input: Vec<u8>,
    output: Vec<u8>,
}

static PAGE: Mutex<Page> =
    Mutex::new(Page { session: Session::new(), input: Vec::new(), output: Vec::new() });

fn page() -> MutexGuard<'static, Page> {
    PAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[unsafe(no_mangle)]
extern "C" fn input(length: u32) -> *mut u8 {
    let mut page = page();
    page.input = vec![0; length as usize];
    page.input.as_mut_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn ask() -> u32 {
    let mut page = page();
    let Page { session, input, output } = &mut *page;
    *output = answer(session, &mut Browser, input);
    input.clear();
    // Memory of 32-bit WASM holds no more.
    output.len() as u32
}

#[unsafe(no_mangle)]
extern "C" fn output() -> *const u8 {
    page().output.as_ptr()
}

/// The page's worker.
struct Browser;

impl Host for Browser {
    fn read(&mut self, file: u32, from: u64, into: &mut [u8]) -> bool {
        let length = into.len() as u32;
        // Files of a browser are shorter than 2^53 bytes.
        read(file, from as f64, into.as_mut_ptr(), length) == length
    }

    fn write(&mut self, bytes: &[u8]) {
        write(bytes.as_ptr(), bytes.len() as u32);
    }

    fn advance(&mut self, bytes: u32) {
        advance(bytes);
    }
}
