//! The benchmark's load client: many keep-alive connections, one request in flight on each.
//!
//! `load submit` sends issuances that were signed before the clock starts; `load noop` serves an
//! axum handler that does nothing, to show what the client and the HTTP stack cost by themselves.
//! Loopback only; bounded in connections, requests and time. It prints one line of JSON.

use anyhow::{Context, Result, bail, ensure};
use clap::{Parser, Subcommand};
use desk::Desk;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[path = "../tests/desk.rs"]
mod desk;

#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    mode: Mode,
}

#[derive(Subcommand)]
enum Mode {
    /// Send signed issuances to a node
    Submit(Submit),
    /// Serve a handler that does nothing
    Noop {
        #[arg(long)]
        listen: SocketAddr,
    },
}

#[derive(clap::Args)]
struct Submit {
    /// Where the requests go
    #[arg(long)]
    node: SocketAddr,
    /// The node that knows the issuers, if it is another one
    #[arg(long)]
    asked: Option<SocketAddr>,
    #[arg(long)]
    federation: PathBuf,
    #[arg(long)]
    origin: String,
    /// The issuer's key file
    #[arg(long)]
    key: PathBuf,
    /// Height of each batch: 4 for one document, 14 for ten thousand
    #[arg(long, default_value_t = 4)]
    height: u8,
    #[arg(long)]
    clients: usize,
    #[arg(long)]
    seconds: u64,
    /// At most so many requests
    #[arg(long)]
    most: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Args::parse().mode {
        Mode::Submit(submit) => run(submit).await,
        Mode::Noop { listen } => serve_noop(listen).await,
    }
}

async fn serve_noop(listen: SocketAddr) -> Result<()> {
    // It reads the body and answers as much as a node does, and nothing else.
    let answer: &'static str = Box::leak("x".repeat(16 * 1024).into_boxed_str());
    let handler = move |_body: axum::body::Bytes| async move { answer };
    let routes = axum::Router::new().route("/v1/issuances", axum::routing::post(handler));
    let listener = tokio::net::TcpListener::bind(listen).await?;
    Ok(axum::serve(listener, routes).await?)
}

/// Whole requests, head and body.
fn sign_requests(args: &Submit) -> Result<Vec<Vec<u8>>> {
    let desk =
        Desk::open(&args.federation, &args.origin, &args.key, args.asked.unwrap_or(args.node))?;
    let head = format!(
        "POST /v1/issuances?wait_s=60 HTTP/1.1\r\nhost: {}\r\n\
         content-type: application/octet-stream\r\ncontent-length: 107\r\n\r\n",
        args.node
    );
    (0..args.most).map(|_| Ok([head.as_bytes(), &desk.sign_new(args.height)?].concat())).collect()
}

#[derive(Default)]
struct Tally {
    times_us: Vec<u64>,
    told_to_wait: u64,
    bytes: u64,
}

async fn run(args: Submit) -> Result<()> {
    ensure!(args.node.ip().is_loopback(), "loopback only");
    ensure!(args.clients <= 1024 && args.seconds <= 120 && args.most <= 2_000_000, "too much");
    let requests = Arc::new(sign_requests(&args)?);
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let deadline = start + Duration::from_secs(args.seconds);
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..args.clients {
        clients.spawn(client(args.node, requests.clone(), next.clone(), deadline));
    }
    let mut total = Tally::default();
    while let Some(tally) = clients.join_next().await {
        let tally = tally??;
        total.times_us.extend(tally.times_us);
        total.told_to_wait += tally.told_to_wait;
        total.bytes += tally.bytes;
    }
    let seconds = start.elapsed().as_secs_f64();
    total.times_us.sort_unstable();
    let count = total.times_us.len();
    ensure!(count > 0, "no request was answered");
    let at = |share: f64| total.times_us[((count - 1) as f64 * share) as usize] as f64 / 1000.0;
    println!(
        "{{\"count\":{count},\"seconds\":{seconds:.3},\"per_second\":{:.1},\"p50_ms\":{:.2},\
         \"p99_ms\":{:.2},\"told_to_wait\":{},\"answer_bytes\":{}}}",
        count as f64 / seconds,
        at(0.5),
        at(0.99),
        total.told_to_wait,
        total.bytes / count as u64
    );
    Ok(())
}

async fn client(
    node: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    next: Arc<AtomicUsize>,
    deadline: Instant,
) -> Result<Tally> {
    let mut stream = TcpStream::connect(node).await?;
    stream.set_nodelay(true)?;
    let mut tally = Tally::default();
    let mut buffer = Vec::with_capacity(64 * 1024);
    while Instant::now() < deadline {
        let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
        let start = Instant::now();
        loop {
            stream.write_all(request).await?;
            let (status, length) = answer(&mut stream, &mut buffer).await?;
            match status {
                200 => {
                    tally.times_us.push(start.elapsed().as_micros() as u64);
                    tally.bytes += length as u64;
                    break;
                }
                503 => {
                    tally.told_to_wait += 1;
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                other => bail!("status {other}: {}", String::from_utf8_lossy(&buffer)),
            }
        }
    }
    Ok(tally)
}

/// Reads one answer into `buffer`; its status and the length of its body.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<(u16, usize)> {
    buffer.clear();
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        ensure!(buffer.len() < 16 * 1024, "a head of more than 16 KB");
        ensure!(stream.read_buf(buffer).await? > 0, "the connection was closed");
    };
    let text = std::str::from_utf8(&buffer[..head])?;
    let status = text.split(' ').nth(1).context("no status")?.parse()?;
    let length = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .context("no content-length")?;
    let length: usize = length.1.trim().parse()?;
    ensure!(length < 64 << 20, "an answer of {length} bytes");
    while buffer.len() < head + length {
        ensure!(stream.read_buf(buffer).await? > 0, "the answer is cut short");
    }
    Ok((status, length))
}
