//! Nodes that are not what they should be: one that changes answers of a good one, one that never
//! ends, one that never answers.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A node that stands before another.
pub struct Liar;

impl Liar {
    /// Its address. `lie` gets the method and the result of the good node.
    pub async fn start(
        good: String,
        lie: impl Fn(&str, &mut Value) + Send + Sync + 'static,
    ) -> String {
        let lie = Arc::new(lie);
        let answer = move |path: Option<Path<String>>, body: Bytes| {
            let (good, lie) = (good.clone(), Arc::clone(&lie));
            async move {
                let question: Value = serde_json::from_slice(&body).unwrap();
                let method = question["method"].as_str().unwrap();
                let mut answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": null});
                // On this path it keeps transactions for itself.
                if path.is_none() || method != "eth_sendRawTransaction" {
                    let asked = reqwest::Client::new().post(good).body(body.clone());
                    let asked = asked.header("content-type", "application/json").send().await;
                    let bytes = asked.unwrap().bytes().await.unwrap();
                    answer = serde_json::from_slice(&bytes).unwrap();
                }
                lie(method, &mut answer["result"]);
                answer.to_string()
            }
        };
        serve(
            Router::new()
                .route("/", axum::routing::post(answer.clone()))
                .route("/{path}", axum::routing::post(answer)),
        )
        .await
    }
}

/// Says more than anybody can hold: a gigabyte of spaces.
pub async fn endless() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await;
            for _ in 0..16_384 {
                if stream.write_all(&[b' '; 65_536]).await.is_err() {
                    break;
                }
            }
        }
    });
    format!("http://{address}")
}

/// Takes the question and says nothing.
pub async fn stalls() -> String {
    serve(Router::new().route("/", axum::routing::post(std::future::pending::<String>))).await
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}
