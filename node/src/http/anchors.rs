//! Anchors as plain files: the list of a month, and for each root its statement, its checkpoints
//! and the evidence of each clock.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use proto::hash::Hash;
use proto::time::Month;

use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use super::read::{BYTES, FOR_EVER, SHORT, TEXT, served};
use super::{Node, blocking};
use crate::anchor::keeper::{CHECKPOINTS, Keeper, STATEMENT};
use crate::anchor::view::ClockState;

/// A clock outside the federation. Times are POSIX seconds.
#[derive(Serialize, ToSchema)]
pub struct AnchorState {
    /// Its name in this node.
    clock: String,
    /// `bitcoin`, `evm` or `tsa`.
    kind: &'static str,
    /// Seconds between two roots; null if it is asked on demand alone.
    every_s: Option<u64>,
    /// When the newest root was made for which it has brought evidence.
    proven: Option<u64>,
    /// Roots with which it is not at an end.
    open: usize,
    /// Why it does not go on.
    failing: Option<String>,
    /// When its certificate ends.
    certificate_ends: Option<u64>,
}

impl From<&ClockState> for AnchorState {
    fn from(state: &ClockState) -> AnchorState {
        AnchorState {
            clock: state.name.clone(),
            kind: state.kind.name(),
            every_s: state.every.map(|every| every.as_secs()),
            proven: state.proven.map(|time| time.0),
            open: state.open,
            failing: state.failing.as_ref().map(|failing| failing.words.clone()),
            certificate_ends: state.ends.map(|time| time.0),
        }
    }
}

/// GET /anchors/{month}: a line for each piece of evidence, `TIME ROOT KIND FILE`.
pub async fn list(
    State(node): State<Arc<Node>>,
    Path(month): Path<String>,
) -> Result<Response, ApiError> {
    let keeper = keeper(&node)?;
    let missing = |_| ApiError::not_found("A list of anchors is of a month, such as 2026-05.");
    let month = Month::parse(&month).map_err(missing)?;
    let listed = blocking(move || keeper.list(month)).await?;
    let mut text = String::new();
    for one in listed {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {} {} {}", one.time, one.root, one.kind.name(), one.file);
    }
    Ok(served(TEXT, SHORT, text.into()))
}

/// GET /anchors/{root}/{file}
pub async fn file(
    State(node): State<Arc<Node>>,
    Path((root, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let keeper = keeper(&node)?;
    let missing = || ApiError::not_found("There is no such anchor, or no such file of it.");
    let root = Hash::from_hex(&root).map_err(|_| missing())?;
    let text = [STATEMENT, CHECKPOINTS].contains(&name.as_str());
    let bytes = blocking(move || keeper.file(&root, &name)).await??;
    Ok(served(if text { TEXT } else { BYTES }, FOR_EVER, bytes.ok_or_else(missing)?.into()))
}

fn keeper(node: &Node) -> Result<Arc<Keeper>, ApiError> {
    node.anchors.clone().ok_or_else(|| ApiError::not_found("This node keeps no anchors."))
}
