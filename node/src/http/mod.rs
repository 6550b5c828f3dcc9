//! HTTP: the whole route table with its limits and time-outs. `docs/http-api.md` describes it.
//!
//! Handlers decode with `proto`, call a role and encode. What a handler has begun and must finish
//! runs in a task of its own, so a time-out or a client that hangs up interrupts nothing.

mod admit;
mod anchors;
mod changes;
mod docs;
mod documents;
pub mod error;
pub mod listen;
mod multipart;
mod office;
mod openapi;
mod ops;
mod page;
mod peer;
mod read;
pub mod state;
mod status;
mod submit;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod town;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use proto::hash::Hash;
use tower_http::timeout::TimeoutLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::anchor::keeper::Keeper;
use crate::evidence::Evidence;
use crate::health::Health;
use crate::hosted::Hosted;
use crate::lists::Lists;
use crate::log::Log;
use crate::log::publish::Peers;
use crate::mirror::service::Mirrors;
use crate::pages::Pages;
use crate::shelf::Shelf;
use error::ApiError;

/// Longest time that a client may ask an answer to wait for a publication.
pub const MAX_WAIT_S: u64 = 60;
/// Time for a request that waits for nobody.
const QUICK: Duration = Duration::from_secs(15);
/// Time for a submission: its wait and the work around it.
const SUBMIT: Duration = Duration::from_secs(MAX_WAIT_S + 15);
/// Time for a whole upload; one that stands still ends earlier.
const UPLOAD: Duration = Duration::from_secs(300);
/// Time for a document of the greatest length on a slow line, and for its receipt.
const DOCUMENT: Duration = Duration::from_secs(3_600);

/// What the handlers work on.
pub struct Node {
    /// The own log; `None` if this node only mirrors.
    pub log: Option<Arc<Log>>,
    /// The mirrors that the other logs push to.
    pub mirrors: Mirrors,
    /// All logs by origin hash, the own one included.
    pub shelves: BTreeMap<Hash, Arc<Shelf>>,
    /// Split views.
    pub evidence: Arc<Evidence>,
    /// The federation file.
    pub federation: Bytes,
    /// What the log is doing.
    pub health: Arc<Health>,
    /// How the peers are doing.
    pub peers: Arc<Peers>,
    /// The hosted offices; `None` if there is none.
    pub hosted: Option<Arc<Hosted>>,
    /// Status lists as verifiers fetch them.
    pub lists: Arc<Lists>,
    /// The anchors; `None` in a node that has no folder for them.
    pub anchors: Option<Arc<Keeper>>,
    /// The pages.
    pub pages: Pages,
    /// What the state of the federation is made of.
    pub outlook: state::Outlook,
}

/// The route table.
pub fn router(node: Arc<Node>) -> Router {
    let (described, api) = described();
    let page = Bytes::from(docs::page(&serde_json::to_value(&api).unwrap_or_default()));
    let api = Bytes::from(text(&api));
    let quick = Router::new()
        // tlog-tiles: the own log, and every log under its origin hash
        .route("/checkpoint", get(read::own_checkpoint))
        .route("/tile/{*rest}", get(read::own_tile))
        .route("/{log}/checkpoint", get(read::checkpoint))
        .route("/{log}/pending", get(read::pending))
        .route("/{log}/tile/{*rest}", get(read::tile))
        // the federation and what was found against it
        .route("/federation", get(read::federation))
        .route("/evidence", get(read::evidence_list))
        .route("/evidence/{name}", get(read::evidence))
        // what outside clocks say
        .route("/anchors/{month}", get(anchors::list))
        .route("/anchors/{root}/{file}", get(anchors::file))
        // operation
        .route("/healthz", get(ops::alive))
        .route("/readyz", get(ops::ready))
        .route("/metrics", get(ops::metrics))
        // the interface, described for programs and for people
        .route("/openapi.json", get(async move || openapi::serve(api.clone())))
        .route("/docs", get(async move || docs::serve(page.clone())))
        // tlog-witness, tlog-mirror: at most ADD_CHECKPOINT_BYTES
        .route("/add-checkpoint", post(peer::add_checkpoint))
        .layer(timeout(QUICK));
    let upload = Router::new()
        // tlog-mirror: read as it comes, package by package
        .route("/add-entries", post(peer::add_entries))
        .layer(timeout(UPLOAD));
    quick
        .merge(pages())
        .merge(upload)
        .merge(described)
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn(count))
        .with_state(node)
}

/// The pages, at the addresses that they have in a static folder.
fn pages() -> Router<Arc<Node>> {
    let named = |path: &'static str| {
        get(move |State(node): State<Arc<Node>>, headers| page::named(node, headers, path))
    };
    Router::new()
        .route("/", named("index.html"))
        .route("/index.html", named("index.html"))
        .route("/live.html", named("live.html"))
        .route("/desk.html", named("desk.html"))
        .route("/accessibility.html", named("accessibility.html"))
        .route("/manifest.webmanifest", named("manifest.webmanifest"))
        .route("/sw.js", named("sw.js"))
        .route("/page/{*rest}", get(page::file))
        .layer(timeout(QUICK))
}

/// The part of the route table that other people's programs use, with its description.
fn described() -> (Router<Arc<Node>>, OpenApi) {
    let submit = OpenApiRouter::with_openapi(openapi::base())
        // 107 bytes and 65,535 bytes at most
        .routes(routes!(submit::issuance))
        .routes(routes!(submit::issuance_again))
        .routes(routes!(submit::issuer, submit::issuers))
        // 65,535 bytes at most
        .routes(routes!(status::revoke))
        .routes(routes!(status::hold, status::held))
        .layer(timeout(SUBMIT));
    // whole status lists, and what this node sees of the others
    let lists = OpenApiRouter::new()
        .routes(routes!(status::own_list))
        .routes(routes!(status::list_of))
        .routes(routes!(state::state))
        .layer(timeout(QUICK));
    let document = OpenApiRouter::new()
        // hosted mode: read as it comes, documents of 1 GiB at most, texts of 64 KiB
        .routes(routes!(documents::issue, office::find))
        .layer(timeout(DOCUMENT));
    let office = OpenApiRouter::new()
        // hosted mode: at most a receipt and 256 KiB; the answer waits for the publication
        .routes(routes!(changes::ask, changes::list))
        .routes(routes!(changes::show))
        .routes(routes!(changes::approve))
        .routes(routes!(changes::reject))
        .routes(routes!(office::show))
        .layer(timeout(SUBMIT));
    submit.merge(lists).merge(document).merge(office).split_for_parts()
}

/// The description of `/v1/*` in OpenAPI 3.1, as `docs/openapi.json` has it.
pub fn description() -> String {
    text(&described().1)
}

fn text(api: &OpenApi) -> String {
    // Texts and numbers always serialise.
    api.to_pretty_json().unwrap_or_default() + "\n"
}

fn timeout(most: Duration) -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, most)
}

async fn nothing_here() -> ApiError {
    ApiError::not_found("There is nothing here.")
}

async fn wrong_method() -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "This address does not take requests of this method.",
        "docs/http-api.md says which method it takes.",
    )
}

/// Counts answers by route and status.
async fn count(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let route = path.map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let status = response.status().as_str().to_owned();
    metrics::counter!("beleg_http_requests_total", "route" => route, "status" => status)
        .increment(1);
    response
}

/// Reads a whole body, if it is not larger than that.
async fn read_body(body: Body, most: usize) -> Result<Bytes, ApiError> {
    axum::body::to_bytes(body, most).await.map_err(|_| {
        ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            &format!("The body is cut off or larger than {most} bytes."),
            "Check what was sent against docs/http-api.md.",
        )
    })
}

/// Runs work that blocks.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::stopping())
}
