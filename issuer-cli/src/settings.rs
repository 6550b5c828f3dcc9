//! `issuer.toml`: what an issuer's folder says about itself. An unknown name is refused with its
//! line, because a setting that is silently not read is worse than none.

use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use verifier::input::{self, InputError};

/// The settings file inside the issuer's folder.
pub const FILE: &str = "issuer.toml";
const LIMIT: usize = 64 * 1024;

/// What `issuer.toml` may say; `init` writes each with its explanation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The office's name as it stands in the ledger.
    pub name: String,
    /// The authority's short name in the federation file.
    pub authority: String,
    /// Document types that this issuer may issue.
    pub types: Vec<String>,
    /// The federation file.
    #[serde(default = "federation_file")]
    pub federation: PathBuf,
    /// The issuer's key.
    #[serde(default = "key_file")]
    pub key: PathBuf,
    /// The unit that issues when `--unit` is not given.
    pub unit: Option<String>,
    /// The node's address when it is not the one in the federation file.
    pub node: Option<String>,
    /// The certificate authorities to trust instead of the public ones, as PEM.
    pub ca_file: Option<PathBuf>,
    /// A proxy between this machine and the node.
    pub proxy: Option<String>,
    /// The address of the page that checks, printed on sheets.
    pub verifier_url: Option<String>,
    /// Run by `watch-ledger` with its alarm as input: program and arguments.
    #[serde(default)]
    pub alarm_command: Vec<String>,
    /// How long to go on asking a node that is away or waits for its quorum.
    #[serde(default = "patience_s")]
    pub patience_s: u64,
}

fn federation_file() -> PathBuf {
    PathBuf::from("federation")
}

fn key_file() -> PathBuf {
    PathBuf::from("key")
}

fn patience_s() -> u64 {
    120
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// There is no such file, or it cannot be read.
    #[error("{0}")]
    Input(#[from] InputError),
    /// Not UTF-8.
    #[error("it is not UTF-8 text")]
    NotText,
    /// Not TOML, an unknown name, or a value of the wrong kind; the message shows the line.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// `patience_s` is out of bounds.
    #[error("patience_s is {0}; it must be from 1 to 86400")]
    Patience(u64),
}

impl Settings {
    /// Reads the settings of the issuer's folder; paths in it count from that folder.
    pub fn read(folder: &Path) -> Result<Settings, SettingsError> {
        let bytes = input::read_bounded(&folder.join(FILE), LIMIT)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| SettingsError::NotText)?;
        let mut settings = Settings::parse(text)?;
        settings.federation = folder.join(&settings.federation);
        settings.key = folder.join(&settings.key);
        settings.ca_file = settings.ca_file.map(|file| folder.join(file));
        Ok(settings)
    }

    fn parse(text: &str) -> Result<Settings, SettingsError> {
        let settings: Settings = toml::from_str(text)?;
        if !(1..=86_400).contains(&settings.patience_s) {
            return Err(SettingsError::Patience(settings.patience_s));
        }
        Ok(settings)
    }

    /// How long to go on asking.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.patience_s)
    }
}

/// The settings file that `init` writes: every option, each explained.
pub fn template(name: &str, authority: &str, types: &[String]) -> String {
    let types: Vec<String> = types.iter().map(|t| quoted(t)).collect();
    format!(
        "\
# Settings of one issuing office. `beleg-issuer` reads this file each time it runs.
# A name that it does not know is refused. Paths count from this folder.

# The office's name, as the authority registered it. It stands in every receipt's issuer entry.
name = {name}

# The authority, by its short name in the federation file.
authority = {authority}

# The document types that this office may issue, as the authority registered them.
types = [{types}]

# The federation file. Put a newer version in its place when the federation hands one out.
federation = \"federation\"

# The office's key. It never leaves this folder; back it up as you would a seal.
key = \"key\"

# The unit named in a document when `issue` is called without --unit.
# unit = \"Registry 3\"

# The node's address, if it is not the one in the federation file (an inner address, say).
# node = \"https://beleg.example.org\"

# Certificate authorities to trust for https, as PEM, instead of the public ones.
# ca_file = \"ca.pem\"

# A proxy between this machine and the node. The environment is not asked for one.
# proxy = \"http://proxy.example.org:3128\"

# The address of the page that checks, as `sheet` prints it.
# verifier_url = \"https://beleg.example.org/\"

# Run by `watch-ledger` for each alarm, which stands in its input: program and arguments.
# alarm_command = [\"/usr/bin/mail\", \"-s\", \"Beleg\", \"it@example.org\"]

# For how many seconds to go on asking while the node is away or waits for its quorum.
# Nothing is lost after that: `beleg-issuer resume` goes on where it stopped.
patience_s = 120
",
        name = quoted(name),
        authority = quoted(authority),
        types = types.join(", ")
    )
}

/// `text` as a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_init_writes_is_read_back() {
        let types = ["residence.certificate".to_owned(), "by-law".to_owned()];
        let name = "Citizens' office \"North\"\\1";
        let text = template(name, "city-a", &types);
        let settings = Settings::parse(&text).unwrap();
        assert_eq!((settings.name.as_str(), settings.types.as_slice()), (name, &types[..]));
        assert_eq!(settings.authority, "city-a");
        assert_eq!(settings.patience(), Duration::from_secs(120));
        // The options that are commented out are real ones, too.
        let all: String = text
            .lines()
            .map(|l| l.strip_prefix("# ").filter(|l| l.contains(" = \"")).unwrap_or(l))
            .flat_map(|l| [l, "\n"])
            .collect();
        let settings = Settings::parse(&all).unwrap();
        assert!(settings.unit.is_some() && settings.node.is_some());
        assert!(settings.ca_file.is_some() && settings.proxy.is_some());
        assert!(settings.verifier_url.is_some());
    }

    #[test]
    fn an_unknown_name_is_refused_with_its_line() {
        let text = "name = \"a\"\nauthority = \"b\"\ntypes = []\npatience = 3\n";
        let error = Settings::parse(text).unwrap_err().to_string();
        assert!(error.contains("line 4") && error.contains("patience"), "{error}");
        let error = Settings::parse("name = \"a\"\n").unwrap_err().to_string();
        assert!(error.contains("authority"), "{error}");
        let text = "name = \"a\"\nauthority = \"b\"\ntypes = []\npatience_s = 0\n";
        assert!(matches!(Settings::parse(text), Err(SettingsError::Patience(0))));
    }
}
