//! How much memory the ledger of anchors takes, and how long it is read: so many years of hourly
//! roots on four clocks, as a node writes them. Prints one row for docs/anchors.md.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use node::anchor::ledger::{FILE, Ledger};
use proto::hash::sha256;

const HOUR_S: u64 = 3600;
const FIRST: u64 = 1_767_225_600;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let years: u64 = std::env::args().nth(1).map_or(Ok(10), |years| years.parse())?;
    let folder = std::env::temp_dir().join(format!("beleg-anchor-ledger-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let measured = measure(&folder, years * 8766);
    fs::remove_dir_all(&folder)?;
    measured
}

fn measure(folder: &Path, roots: u64) -> Result<(), Box<dyn std::error::Error>> {
    let path = folder.join(FILE);
    write(&path, roots)?;
    let (before, start) = (resident_kb()?, Instant::now());
    let ledger = Ledger::open(folder)?;
    let (took, after) = (start.elapsed(), resident_kb()?);
    let count = ledger.anchors().roots.len();
    let (file, memory) = (fs::metadata(&path)?.len() >> 20, after.saturating_sub(before) >> 10);
    println!("| {count} | {file} MiB | {memory} MiB | {:.1} s |", took.as_secs_f64());
    Ok(())
}

/// The lines of roots that four clocks have proven.
fn write(path: &Path, roots: u64) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for number in 0..roots {
        let (time, root) = (FIRST + number * HOUR_S, sha256(&number.to_be_bytes()));
        let mut line = |what: String| {
            writeln!(file, r#"{{"anchor":1,"time":{time},"root":"{root}","what":{what}}}"#)
        };
        line(r#"{"made":{"clocks":["ots","bitcoin","evm-main","tsa-example"]}}"#.into())?;
        for (clock, kind, words, rest) in [
            ("ots", "bitcoin", "2 of 2 calendars have it; in block 871234", ""),
            ("bitcoin", "bitcoin", "in block 871234 with 6 on top", SAT),
            ("evm-main", "evm", "in block 21345678, which is final", WEI),
            ("tsa-example", "tsa", "stamped on 2026-05-03 14:00:59 UTC by CN=Example", ENDS),
        ] {
            let start = format!(r#""clock":"{clock}","words":"{words}""#);
            let open = format!(r#"{start},"state":{{"step":1}},"again":{time}"#);
            line(format!(r#"{{"open":{{{open}}}}}"#))?;
            let done = format!(r#"{start},"kind":"{kind}","file":"{clock}.1"{rest}"#);
            line(format!(r#"{{"done":{{{done}}}}}"#))?;
        }
    }
    file.flush()
}

const SAT: &str = r#","cost":{"amount":"1530","unit":"sat"}"#;
const WEI: &str = r#","cost":{"amount":"455150000000000","unit":"wei"}"#;
const ENDS: &str = r#","ends":1924992000"#;

/// Memory of this process.
fn resident_kb() -> std::io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    number.ok_or_else(|| std::io::Error::other("no VmRSS in /proc/self/status"))
}
