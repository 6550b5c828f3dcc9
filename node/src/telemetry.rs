//! Log lines and metrics: set up once, by `serve`.
//!
//! Log lines go to stderr, with a message that can be read alone and fields with stable names
//! (`origin`, `size`, `duration_ms`). Keys, documents and request bodies are never logged.

use std::io;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Starts log lines. `level` that cannot be read is refused; a second start changes nothing.
pub fn start_logging(format: LogFormat, level: &str) -> Result<(), TelemetryError> {
    let filter =
        EnvFilter::try_new(level).map_err(|_| TelemetryError::Level { level: level.to_owned() })?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let _already_started = match format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// The metrics of this process, for `/metrics`: `metrics().map(|m| m.render())`.
pub fn metrics() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).as_ref()
}

/// Why log lines could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// The filter is not one.
    #[error("log_level {level:?} cannot be read\nwrite \"info\", \"warn\" or \"debug\"")]
    Level {
        /// As written.
        level: String,
    },
}
