//! The accept loop: bounded connections, a time-out for slow request heads, ordered shutdown.
//!
//! `axum::serve` sets no timer, so a client that never finishes its request head would keep its
//! connection for ever. Here hyper gets one. Request bodies and answers have their time-outs in the
//! route table (`http::router`); what a handler has begun and must finish runs in its own task.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Connections served at one time; the next one waits in the kernel's queue.
const MAX_CONNECTIONS: usize = 4_096;
/// A request head that takes longer than this closes its connection. It also bounds how long an
/// idle connection is kept alive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// How long requests in hand may take after shutdown was asked for.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// After a failed accept (out of file descriptors, mostly) the loop waits this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where a request's connection comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Remote(pub IpAddr);

/// Serves `router` on `listener` until `stop` resolves, then lets the requests in hand finish.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    serve_within(HEAD_TIMEOUT, listener, router, stop).await;
}

async fn serve_within(
    head_timeout: Duration,
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        let Some((stream, remote, slot)) = accepted else { continue };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head_timeout)
            .serve_connection(TokioIo::new(stream), service(router.clone(), remote));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::trace!(%error, "connection closed early");
            }
            drop(slot);
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests still open at shutdown were cut off");
    }
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, Remote, tokio::sync::OwnedSemaphorePermit)> {
    let slot = slots.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, from)) => {
            // A round is two small requests: waiting to fill a segment would double its time.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY could not be set");
            }
            Some((stream, Remote(from.ip()), slot))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

fn service(
    router: Router,
    remote: Remote,
) -> impl hyper::service::Service<
    hyper::Request<Incoming>,
    Response = axum::response::Response,
    Error = Infallible,
    Future = impl Future<Output = Result<axum::response::Response, Infallible>> + Send + 'static,
> + Send
+ 'static {
    hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        async move {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(remote);
            Ok(tower_call(router, request).await)
        }
    })
}

async fn tower_call(mut router: Router, request: Request) -> axum::response::Response {
    use tower_service::Service as _;
    match router.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_head_that_never_ends_closes_its_connection_and_no_other() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", axum::routing::get(async || "here"));
        let most = Duration::from_millis(400);
        let server = tokio::spawn(serve_within(most, listener, router, std::future::pending()));
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").await.unwrap();
        let began = std::time::Instant::now();
        // One that is quick is served meanwhile.
        let mut quick = TcpStream::connect(address).await.unwrap();
        quick.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        quick.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("here"), "{answer}");
        // A byte now and then keeps nothing open.
        let mut rest = Vec::new();
        let dripping = async {
            for _ in 0..50 {
                tokio::time::sleep(Duration::from_millis(100)).await;
                if slow.write_all(b"X").await.is_err() {
                    break;
                }
                let mut seen = [0; 256];
                let read = tokio::time::timeout(Duration::from_millis(1), slow.read(&mut seen));
                match read.await {
                    Ok(Ok(0) | Err(_)) => return,
                    Ok(Ok(count)) => rest.extend_from_slice(&seen[..count]),
                    Err(_) => {}
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), dripping).await.unwrap();
        let took = began.elapsed();
        assert!(took >= most && took < Duration::from_secs(5), "{took:?}");
        assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
        server.abort();
    }
}
