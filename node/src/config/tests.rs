//! Config files that are refused, each with what the operator reads; and the one init writes.

use super::*;

const GOOD: &str = "listen = \"127.0.0.1:1\"\ndata = \"d\"\nfederation = \"f\"\n";

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("etc/node.toml"), text)
}

fn message(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn defaults_are_filled_in_and_paths_are_beside_the_file() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.data, Path::new("etc/d"));
    assert_eq!(config.federation, Path::new("etc/f"));
    assert_eq!((config.log, config.cosigner), (None, None));
    assert_eq!(config.round_interval, Duration::from_millis(2));
    assert_eq!(config.idle_interval, Duration::from_secs(60));
    assert_eq!(config.page, site::Settings::default());
}

#[test]
fn a_proxy_is_believed_only_if_that_is_said() {
    let proxies = |added: &str| {
        let config = parse(&format!("{GOOD}{added}")).unwrap();
        config.certificate_proxies.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(proxies("").is_empty());
    assert!(proxies("client_cert_header = false\ntrusted_proxies = [\"10.0.0.7\"]\n").is_empty());
    assert_eq!(proxies("client_cert_header = true\n"), ["127.0.0.1", "::1"]);
    let some = "client_cert_header = true\ntrusted_proxies = [\"::ffff:10.0.0.7\"]\n";
    assert_eq!(proxies(some), ["10.0.0.7"]);
    let got = message(&format!("{GOOD}client_cert_header = true\ntrusted_proxies = [\"proxy\"]\n"));
    assert!(got.contains("line 5: trusted_proxies must be a list of IP addresses"), "{got}");
}

#[test]
fn refusals_name_file_and_line() {
    for (added, want) in [
        ("listne = 1\n", "etc/node.toml, line 4: unknown field `listne`"),
        ("\n[peers]\na = 1\n", "etc/node.toml, line 5: unknown field `peers`"),
        ("round_interval_ms = \"fast\"\n", "etc/node.toml, line 4: invalid type"),
        ("# x\nround_interval_ms = 0\n", "line 5: round_interval_ms must be a number from 1 to"),
        ("pool_submissions = -1\n", "etc/node.toml, line 4: invalid value"),
        ("origin = \n", "etc/node.toml, line 4: "),
        ("data = \"again\"\n", "etc/node.toml, line 4: duplicate key"),
        ("origin = \"a\"\n", "etc/node.toml: origin is set and log_key is not\nset both"),
        ("log_key = \"a\"\n", "etc/node.toml: log_key is set and origin is not\nset both"),
        ("cosigner_mldsa_key = \"a\"\n", "cosigner_mldsa_key is set and cosigner_ed25519_key"),
        ("[page]\ncolour = 1\n", "etc/node.toml, line 5: unknown field `colour`"),
        ("[page.colours]\nlink = 1\n", "etc/node.toml, line 5: unknown field `link`"),
        ("log_format = \"xml\"\n", "etc/node.toml, line 4: unknown variant `xml`"),
    ] {
        let got = message(&format!("{GOOD}{added}"));
        assert!(got.contains(want), "{added:?}: {got}");
        assert_eq!(got.lines().count(), 2, "{got}");
    }
    let got = message("listen = \"localhost\"\ndata = \"d\"\nfederation = \"f\"\n");
    assert!(got.contains("line 1: listen must be an IP address and a port"), "{got}");
    assert!(message("data = \"d\"\n").contains("missing field `listen`"));
}

#[test]
fn the_section_of_the_template_is_one_that_is_read() {
    let template = include_str!("template.toml");
    let section = template.split_once("# [page]").unwrap().1;
    let section: String =
        section.lines().map(|line| line.trim_start_matches("# ")).collect::<Vec<_>>().join("\n");
    let page = parse(&format!("{GOOD}[page]{section}")).unwrap().page;
    assert_eq!(page.folder.as_deref(), Some(Path::new("etc/words")));
    assert_eq!(page.colours.accent.as_deref(), Some("#0b4f9e"));
    assert!(
        page.name.is_some()
            && page.contact.is_some()
            && page.languages.is_some()
            && page.colours.accent_dark.is_some()
    );
}

#[test]
fn a_missing_or_huge_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("node.toml");
    let missing = Config::read(&file).unwrap_err().to_string();
    assert!(missing.contains("cannot be read") && missing.contains("beleg-node init"));
    fs::write(&file, vec![b'#'; 70_000]).unwrap();
    assert!(matches!(Config::read(&file), Err(ConfigError::TooLarge { .. })));
}

#[test]
fn the_clocks_of_the_template_are_read() {
    let template = include_str!("template.toml");
    let section = template.split_once("# [anchor]").unwrap().1.split_once("# The pages").unwrap().0;
    let options = section.lines().filter_map(|line| line.strip_prefix("# "));
    let options = options.filter(|line| line.starts_with('[') || line.contains(" = "));
    let section: String = options.collect::<Vec<_>>().join("\n");
    let anchor = parse(&format!("{GOOD}[anchor]\n{section}")).unwrap().anchor;
    let (ots, bitcoin) = (anchor.ots.unwrap(), anchor.bitcoin.unwrap());
    assert_eq!((ots.calendars.len(), ots.need, ots.every_s), (2, 2, Some(3600)));
    assert_eq!((bitcoin.funding.len(), bitcoin.depth), (1, proto::limits::BITCOIN_DEPTH));
    assert!(parse(&format!("{GOOD}[anchor.ots]\ncalendar = []\n")).is_err());
}
