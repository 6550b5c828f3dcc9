//! What the service manager is told (sd_notify): one datagram for each state, and nothing if there
//! is no service manager.

use crate::watch::{Step, Wait, Watch};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Signs of life at most this often.
const BEAT: Duration = Duration::from_secs(1);

/// The connection to the service manager; every sign of progress is a sign of life.
pub struct Service<'a> {
    socket: Option<(UnixDatagram, SocketAddr)>,
    last: Mutex<Option<Instant>>,
    screen: &'a dyn Watch,
}

impl<'a> Service<'a> {
    /// Finds the service manager by `NOTIFY_SOCKET`.
    pub fn find(screen: &'a dyn Watch) -> Service<'a> {
        let address = std::env::var_os("NOTIFY_SOCKET").and_then(|name| {
            match name.as_bytes().strip_prefix(b"@") {
                Some(name) => SocketAddr::from_abstract_name(name).ok(),
                None => SocketAddr::from_pathname(&name).ok(),
            }
        });
        let socket = address.and_then(|address| {
            let socket = UnixDatagram::unbound().ok()?;
            // A service manager that does not read must not stop the work.
            socket.set_nonblocking(true).ok()?;
            Some((socket, address))
        });
        Service { socket, last: Mutex::new(None), screen }
    }

    /// Says something; a service manager that is away is none.
    pub fn say(&self, text: &str) {
        if let Some((socket, address)) = &self.socket {
            let _ = socket.send_to_addr(text.as_bytes(), address);
        }
    }

    /// Still alive.
    pub fn beat(&self) {
        let Ok(mut last) = self.last.lock() else { return };
        if last.is_none_or(|last| last.elapsed() >= BEAT) {
            *last = Some(Instant::now());
            self.say("WATCHDOG=1");
        }
    }
}

impl Watch for Service<'_> {
    fn begin(&self, _: Step, _: u64) {
        self.beat();
    }
    fn advance(&self, _: u64) {
        self.beat();
    }
    fn end(&self) {
        self.beat();
    }
    fn waiting(&self, why: Wait) {
        self.beat();
        self.screen.waiting(why);
    }
}
