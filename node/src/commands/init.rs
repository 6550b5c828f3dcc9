//! `init`: the on-line keys and the config file of a new node. It writes all of them or, where
//! one is there already, none.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;

use proto::checkpoint::Checkpoint;
use proto::hash::{EMPTY_ROOT, TreeSize};
use proto::limits;
use proto::note::{KeyType, VerifierKey};

use super::{CommandError, Output, io_error};
use crate::args::Init;
use crate::keys;

/// Every option explained; the words between @ are filled in.
const TEMPLATE: &str = include_str!("../config/template.toml");

/// Why a node cannot be set up so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// Neither a log nor a cosigner.
    #[error(
        "a node without a log and without a cosigner has nothing to do\n\
             give --origin, --operator or both"
    )]
    Nothing,
    /// The origin cannot stand in a checkpoint.
    #[error(
        "{origin:?} cannot be the origin of a log\n\
             use a name without spaces and plus signs, such as town.example/log"
    )]
    Origin {
        /// As given.
        origin: String,
    },
    /// The operator's name cannot stand in a federation file.
    #[error("{name:?} cannot be the short name of an operator\nuse a-z, 0-9 and hyphens")]
    Operator {
        /// As given.
        name: String,
    },
    /// The address to listen at is none.
    #[error(
        "{listen:?} is not an address to listen at\n\
             give an IP address and a port, such as 127.0.0.1:8080"
    )]
    Listen {
        /// As given.
        listen: String,
    },
}

pub(super) fn run(args: &Init, out: &mut dyn Write) -> Result<(), CommandError> {
    let mut out = Output(out);
    check(args)?;
    let config = args.dir.join("node.toml");
    let planned = planned_keys(args);
    if config.symlink_metadata().is_ok() {
        return Err(CommandError::Exists { file: config.display().to_string() });
    }
    for (file, ..) in &planned {
        keys::check_free(&args.dir.join(file))?;
    }
    fs::create_dir_all(&args.dir).map_err(|e| io_error(&args.dir, "create folder", e))?;
    let mut made = Vec::new();
    for (file, name, kind) in &planned {
        made.push(keys::create(&args.dir.join(file), name, *kind)?);
        out.line(&format!("wrote {} and {file}.pub", args.dir.join(file).display()));
    }
    write_config(&config, &config_text(args))?;
    out.line(&format!("wrote {}", config.display()));
    tell_next_steps(args, &made, &mut out);
    Ok(())
}

fn check(args: &Init) -> Result<(), InitError> {
    if args.origin.is_none() && args.operator.is_none() {
        return Err(InitError::Nothing);
    }
    if let Some(origin) = &args.origin {
        let good = Checkpoint::new(origin, TreeSize(0), EMPTY_ROOT).is_ok()
            && proto::note::key::is_name(origin)
            && origin.len() <= limits::ORIGIN_BYTES;
        if !good {
            return Err(InitError::Origin { origin: origin.clone() });
        }
    }
    if let Some(name) = &args.operator {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = (1..=limits::SHORT_NAME_BYTES).contains(&name.len());
        if !fits || !name.bytes().all(plain) {
            return Err(InitError::Operator { name: name.clone() });
        }
    }
    if args.listen.parse::<SocketAddr>().is_err() {
        return Err(InitError::Listen { listen: args.listen.clone() });
    }
    Ok(())
}

/// Which keys the node needs: file, key name, type.
fn planned_keys(args: &Init) -> Vec<(&'static str, String, KeyType)> {
    let mut planned = Vec::new();
    if let Some(origin) = &args.origin {
        planned.push(("log", origin.clone(), KeyType::Ed25519));
    }
    if let Some(operator) = &args.operator {
        let host = args.origin.as_deref().and_then(|origin| origin.split('/').next());
        let default = || format!("{}/cosigner", host.unwrap_or(operator));
        let name = args.cosigner_name.clone().unwrap_or_else(default);
        planned.push(("cosigner-ed25519", name.clone(), KeyType::CosignatureV1));
        planned.push(("cosigner-mldsa", name, KeyType::SubtreeV1));
    }
    planned
}

/// The template with this node's values; options of a part that the node has not are commented out.
pub(crate) fn config_text(args: &Init) -> String {
    let (log, cosigner) = (args.origin.is_some(), args.operator.is_some());
    let origin = args.origin.as_deref().unwrap_or("town.example/log");
    let lines = TEMPLATE.lines().map(|line| {
        let absent = (line.contains("@ORIGIN@") || line.contains("@LOG_KEY@")) && !log
            || (line.contains("@ED25519_KEY@") || line.contains("@MLDSA_KEY@")) && !cosigner;
        let line = line
            .replace("@LISTEN@", &quoted(&args.listen))
            .replace("@ORIGIN@", &quoted(origin))
            .replace("@LOG_KEY@", &quoted("log"))
            .replace("@ED25519_KEY@", &quoted("cosigner-ed25519"))
            .replace("@MLDSA_KEY@", &quoted("cosigner-mldsa"));
        format!("{}{line}\n", if absent { "# " } else { "" })
    });
    lines.collect()
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn write_config(config: &Path, text: &str) -> Result<(), CommandError> {
    let opened = OpenOptions::new().write(true).create_new(true).open(config);
    let mut file = opened.map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => CommandError::Exists { file: config.display().to_string() },
        _ => io_error(config, "create", e),
    })?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let synced = written.and_then(|()| match config.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    });
    synced.map_err(|e| io_error(config, "write", e))
}

fn tell_next_steps(args: &Init, made: &[VerifierKey], out: &mut Output<'_>) {
    let default = format!("http://{}", args.listen);
    let url = args.url.as_deref().unwrap_or(&default).trim_end_matches('/');
    out.line("");
    out.line("For the federation file, hand on (GOVERNANCE and ADMINISTRATION are the vkeys that");
    out.line("beleg-node key new makes, on another machine):");
    let mut keys = made.iter();
    let log = args.origin.as_ref().and_then(|_| keys.next());
    if let (Some(name), Some(ed25519), Some(mldsa)) = (&args.operator, keys.next(), keys.next()) {
        out.line(&format!("  --operator \"{name} {url} GOVERNANCE {ed25519} {mldsa}\""));
    }
    if let Some(log) = log {
        let operator = args.operator.as_deref().unwrap_or("OPERATOR");
        out.line(&format!(
            "  --authority \"NAME {operator} {url} {log} ADMINISTRATION DISPLAY NAME\""
        ));
    }
    let federation = args.dir.join("federation");
    out.line("");
    out.line(&format!("Then put the signed federation file at {} and run", federation.display()));
    out.line(&format!("  beleg-node serve --config {}", args.dir.join("node.toml").display()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn args(dir: &Path) -> Init {
        Init {
            dir: dir.to_owned(),
            origin: Some("town.example/log".to_owned()),
            operator: Some("town".to_owned()),
            cosigner_name: None,
            listen: "127.0.0.1:8001".to_owned(),
            url: None,
        }
    }

    fn init(args: &Init) -> Result<String, String> {
        let mut out = Vec::new();
        run(args, &mut out).map_err(|e| e.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn what_init_writes_is_what_serve_reads() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("a/b");
        let said = init(&args(&dir)).unwrap();
        assert!(said.contains("--operator \"town http://127.0.0.1:8001 GOVERNANCE town.example/"));
        let config = Config::read(&dir.join("node.toml")).unwrap();
        assert_eq!(config.data, dir.join("data"));
        let log = config.log.unwrap();
        assert_eq!(log.origin, "town.example/log");
        let key = keys::load(&log.key, KeyType::Ed25519).unwrap();
        assert_eq!(key.verifier_key().name(), "town.example/log");
        let cosigner = config.cosigner.unwrap();
        let ed25519 = keys::load(&cosigner.ed25519_key, KeyType::CosignatureV1).unwrap();
        let mldsa = keys::load(&cosigner.mldsa_key, KeyType::SubtreeV1).unwrap();
        assert_eq!(ed25519.verifier_key().name(), "town.example/cosigner");
        assert_eq!(mldsa.verifier_key().name(), "town.example/cosigner");
    }

    #[test]
    fn the_template_shows_every_option_with_its_default() {
        let folder = tempfile::tempdir().unwrap();
        let text = config_text(&args(folder.path()));
        let file = folder.path().join("node.toml");
        fs::write(&file, &text).unwrap();
        let whole = Config::read(&file).unwrap();
        let needed = ["listen", "data", "federation", "origin", "log_key", "cosigner"];
        let only = text.lines().filter(|line| needed.iter().any(|name| line.starts_with(name)));
        fs::write(&file, only.collect::<Vec<_>>().join("\n")).unwrap();
        assert_eq!(Config::read(&file).unwrap(), whole);
        let options = text.lines().filter(|line| !line.starts_with('#') && line.contains(" = "));
        assert_eq!(options.count(), 19);
    }

    #[test]
    fn a_node_may_have_a_part_only() {
        let folder = tempfile::tempdir().unwrap();
        let only_log = Init { operator: None, ..args(&folder.path().join("log")) };
        init(&only_log).unwrap();
        let config = Config::read(&only_log.dir.join("node.toml")).unwrap();
        assert!(config.log.is_some() && config.cosigner.is_none());
        let only_cosigner = Init { origin: None, ..args(&folder.path().join("cosigner")) };
        init(&only_cosigner).unwrap();
        let config = Config::read(&only_cosigner.dir.join("node.toml")).unwrap();
        assert!(config.log.is_none() && config.cosigner.is_some());
    }

    #[test]
    fn nothing_is_overwritten_and_then_nothing_is_written() {
        for there in ["node.toml", "log", "log.pub", "cosigner-mldsa", "cosigner-ed25519.pub"] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(there), "mine").unwrap();
            let error = init(&args(folder.path())).unwrap_err();
            assert!(error.contains("exists"), "{there}: {error}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{there}");
        }
    }

    #[test]
    fn names_that_no_federation_could_hold_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("x");
        let text = |text: &str| Some(text.to_owned());
        for (bad, want) in [
            (Init { origin: text("a b"), ..args(&dir) }, "origin of a log"),
            (Init { origin: text(""), ..args(&dir) }, "origin of a log"),
            (Init { operator: text("Town"), ..args(&dir) }, "short name of an operator"),
            (Init { listen: "localhost".to_owned(), ..args(&dir) }, "not an address"),
            (Init { operator: None, origin: None, ..args(&dir) }, "nothing to do"),
            (Init { cosigner_name: text("a+b"), ..args(&dir) }, "key name"),
        ] {
            let error = init(&bad).unwrap_err();
            assert!(error.contains(want) && error.lines().count() == 2, "{error}");
            assert!(!dir.join("node.toml").exists());
        }
    }
}
