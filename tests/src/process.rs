//! The three binaries: built once, run to their end or kept as child processes.
//!
//! A child never outlives its [`Process`], unless it is released on purpose.

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Where the built binaries are.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// `beleg-node`
    pub node: PathBuf,
    /// `beleg-issuer`
    pub issuer: PathBuf,
    /// `beleg`
    pub verifier: PathBuf,
}

/// How the binaries are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build; what the demo and the tests use.
    Dev,
    /// What the benchmark measures.
    Release,
}

impl Binaries {
    /// Builds the three packages and asks cargo where it put them.
    ///
    /// With `BELEG_BIN_DIR` set nothing is built and the binaries are taken from that folder.
    pub fn build(profile: Profile) -> Result<Self> {
        if let Some(dir) = std::env::var_os("BELEG_BIN_DIR") {
            return Self::in_folder(Path::new(&dir));
        }
        let mut cargo = cargo();
        cargo.args(["build", "--message-format=json-render-diagnostics"]);
        // As `cargo test --workspace` does, so that no dependency is built twice.
        cargo.args(["--workspace", "--bins"]);
        if profile == Profile::Release {
            cargo.arg("--release");
        }
        // Errors and warnings go where the caller's own go; only the list of products is read.
        let out = cargo.stderr(Stdio::inherit()).output().context("cannot run cargo build")?;
        ensure!(out.status.success(), "cargo build failed: see its messages above");
        let built = String::from_utf8(out.stdout)?;
        let find = |name: &str| -> Result<PathBuf> {
            built
                .lines()
                .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
                .filter(|product| product["target"]["name"] == name)
                .find_map(|product| product["executable"].as_str().map(PathBuf::from))
                .with_context(|| format!("cargo build made no binary named {name}"))
        };
        Ok(Self {
            node: find("beleg-node")?,
            issuer: find("beleg-issuer")?,
            verifier: find("beleg")?,
        })
    }

    fn in_folder(dir: &Path) -> Result<Self> {
        let find = |name: &str| -> Result<PathBuf> {
            let path = dir.join(name);
            ensure!(path.is_file(), "{} is not there: build it first", path.display());
            Ok(path)
        };
        Ok(Self {
            node: find("beleg-node")?,
            issuer: find("beleg-issuer")?,
            verifier: find("beleg")?,
        })
    }
}

/// The most memory, in KiB, that a process had in use so far.
pub fn peak_kib(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// The dev binaries, built by whoever asks first in this process.
///
/// # Panics
/// If they cannot be built: no story can be told without them.
pub fn binaries() -> &'static Binaries {
    static BUILT: OnceLock<Binaries> = OnceLock::new();
    BUILT.get_or_init(|| match Binaries::build(Profile::Dev) {
        Ok(built) => built,
        Err(error) => panic!("{error:#}"),
    })
}

/// The cargo that runs us, or the one on the path, at the top of the workspace.
///
/// What cargo told *us* about our own package is taken out of its environment: build scripts that
/// watch those variables would run again each time, and half of the dependencies after them.
pub fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(workspace());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let ours = ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_", "CARGO_CRATE_"];
        if ours.iter().any(|start| name.starts_with(start)) || name == "CARGO_PRIMARY_PACKAGE" {
            command.env_remove(name);
        }
    }
    command
}

/// The folder with the workspace's `Cargo.toml`.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// What a finished command said.
#[derive(Clone, Debug)]
pub struct Output {
    /// Exit code; 128 + n for signal n, as a shell counts.
    pub code: i32,
    /// Standard output as text.
    pub stdout: String,
    /// Standard error as text.
    pub stderr: String,
}

impl Output {
    /// Standard output, or an error with everything the command said.
    pub fn ok(self) -> Result<String> {
        if self.code == 0 {
            return Ok(self.stdout);
        }
        bail!("exit code {}\n{}{}", self.code, self.stdout, self.stderr)
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Result<Output> {
    use std::os::unix::process::ExitStatusExt;
    let program = command.get_program().to_owned();
    let out = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}", Path::new(&program).display()))?;
    Ok(Output {
        code: out.status.code().unwrap_or_else(|| 128 + out.status.signal().unwrap_or(0)),
        stdout: String::from_utf8_lossy(&out.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
    })
}

/// A running child with its output in a file.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`; both of its output streams are appended to the file `log`.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let out = File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("cannot write {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()
            .with_context(|| format!("cannot start {:?}", command.get_program()))?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it as a power cut would: no chance to finish anything.
    pub fn kill(mut self) {
        self.end();
    }

    /// Asks it to finish what it has in hand (SIGTERM) and waits for its exit code.
    pub fn stop(mut self) -> Result<i32> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).context("cannot send SIGTERM")?;
        match self.wait(Duration::from_secs(15))? {
            Some(code) => Ok(code),
            None => bail!("it did not stop within 15 s; its log ends:\n{}", self.tail()),
        }
    }

    /// Its exit code, if it ends by itself within `limit`.
    pub fn wait(&mut self, limit: Duration) -> Result<Option<i32>> {
        use std::os::unix::process::ExitStatusExt;
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait()? {
                let signal = || 128 + status.signal().unwrap_or(0);
                return Ok(Some(status.code().unwrap_or_else(signal)));
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Leaves it running for good and says which process it is.
    pub fn release(self) -> u32 {
        let id = self.child.id();
        std::mem::forget(self);
        id
    }

    /// The last lines it wrote.
    pub fn tail(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    fn end(&mut self) {
        // Both fail only for a child that has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// A port on 127.0.0.1 on which nobody listens.
///
/// It lies below the range from which the kernel takes ports for outgoing connections, so that a
/// node which is down for a while finds its port still free.
pub fn free_port() -> Result<u16> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(37);
    for _ in 0..2_000 {
        let step = TAKEN.fetch_add(1, Ordering::Relaxed);
        let port = 10_000 + (first.wrapping_add(step) % 22_000) as u16;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port between 10000 and 32000 on 127.0.0.1")
}
