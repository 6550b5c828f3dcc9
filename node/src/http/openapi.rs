//! The description of `/v1/*` in OpenAPI 3.1, generated from the handlers.
//!
//! `proto` knows nothing of OpenAPI, so the bodies that come from there are described here by types
//! that are never made; a test holds them against the real ones. `docs/openapi.json` is what
//! `beleg-node openapi` prints.

use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{OpenApi, ToSchema};

/// The body of every refusal.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub struct Refusal {
    /// A stable code.
    #[schema(example = "type-not-allowed")]
    error: String,
    /// What is wrong, in one sentence.
    message: String,
    /// What to do, in one sentence.
    next_step: String,
}

/// Everything that an issuer needs to make the receipts of a batch. Bytes and hashes are base64.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub struct IssuanceAnswer {
    /// The C2SP tlog proof that the issuance is in the log.
    proof: String,
    /// The issuance entry, base64.
    entry: String,
    issuer: IssuerProof,
    status: StatusOfBatch,
}

/// The issuer's entry in force.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub struct IssuerProof {
    /// Its index.
    index: u64,
    /// The entry, base64.
    entry: String,
    /// The inclusion proof, base64 hashes.
    proof: Vec<String>,
}

/// The status of the whole batch as of the checkpoint.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub struct StatusOfBatch {
    /// Time of the snapshot, POSIX seconds.
    time: u64,
    /// Length of the status list.
    length: u64,
    /// Root of the status list, base64.
    root: String,
    /// The proof that the snapshot is the last entry, base64 hashes.
    proof: Vec<String>,
    /// Index of the first piece.
    first_piece: u64,
    /// The pieces that hold the batch.
    pieces: Vec<Piece>,
}

/// A piece of the status list.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub struct Piece {
    /// 256 bytes, base64.
    piece: String,
    /// The path to the root of the list, base64 hashes.
    path: Vec<String>,
}

/// Bytes as they are.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "only its description is used")]
pub struct Raw(Vec<u8>);

/// A submission that waits.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub struct Waiting {
    /// Always `waiting`.
    state: String,
    /// What is waited for.
    message: String,
    /// Where to ask again.
    next_step: String,
}

/// A revocation that a log is held to.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub struct RevocationHeld {
    /// Always `held`.
    state: String,
    /// From this time on no checkpoint without it is cosigned, POSIX seconds.
    due: u64,
    /// What that means.
    message: String,
    /// What to do.
    next_step: String,
}

/// An issuer entry or a revocation that is published.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub struct IssuerAdmitted {
    /// Index of the entry.
    index: u64,
}

/// An issuer.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub struct IssuerListed {
    /// Index of the entry in force.
    index: u64,
    /// Index of the first entry.
    id: u64,
    /// The name that people see.
    name: String,
    /// The Ed25519 public key in hexadecimal digits.
    key: String,
    /// The document types that it may issue.
    scope: Vec<String>,
    /// Whether it is retired.
    retired: bool,
    /// Whether the entry counts for new issuances.
    in_force: bool,
    /// Sequence number of the last revocation that the issuer signed; 0 before the first.
    sequence: u64,
    /// The same for revocations of its documents by the administration key.
    admin_sequence: u64,
}

/// A document and what is said of it. Further fields are parts named `field.NAME`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub struct DocumentForm {
    /// Document type; one that the token is for.
    #[schema(example = "public.notice", max_length = 64)]
    r#type: String,
    /// The issuing unit, for people.
    #[schema(example = "Building authority", max_length = 4096)]
    unit: String,
    /// Last day of validity, `YYYY-MM-DD`, or `none`, which it is if left out.
    #[schema(rename = "valid-until", example = "none", nullable = false)]
    valid_until: Option<String>,
    /// The date that is claimed, `YYYY-MM-DD`.
    #[schema(nullable = false)]
    date: Option<String>,
    /// The office's reference.
    #[schema(max_length = 4096, nullable = false)]
    reference: Option<String>,
    /// The document, at most 1 GiB. It is hashed as it comes and kept nowhere.
    #[schema(value_type = Option<String>, format = Binary, nullable = false)]
    file: Option<Vec<u8>>,
    /// In the place of `file`: SHA-256 of the document, 64 hexadecimal digits in lower case.
    #[schema(nullable = false)]
    sha256: Option<String>,
    /// In the place of `file`: bytes of the document.
    #[schema(nullable = false)]
    length: Option<u64>,
    /// Media type; needed without `file`.
    #[schema(rename = "media-type", example = "application/pdf", nullable = false)]
    media_type: Option<String>,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Beleg node",
        description = "What an issuing office's program asks of a node: whole documents in hosted \
            mode, or signed batches. docs/hosted.md and docs/http-api.md explain it, and what \
            else a node serves.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "hosted", description = "For programs that can do no more than HTTP"),
        (name = "log", description = "For issuers with a key of their own"),
    ),
)]
struct Described;

/// The description without its paths, which the routes add.
pub(super) fn base() -> utoipa::openapi::OpenApi {
    let mut api = Described::openapi();
    api.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("Made by `beleg-node hosted token create`."));
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(token.build()));
    let certificate = SecurityScheme::MutualTls {
        description: Some("If the node's operator has registered it.".to_owned()),
        deprecated: None,
        extensions: None,
    };
    components.add_security_scheme("certificate", certificate);
    api
}

/// GET /openapi.json
pub(super) fn serve(text: Bytes) -> Response {
    let headers = [(CACHE_CONTROL, "public, max-age=60"), (CONTENT_TYPE, "application/json")];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests;
