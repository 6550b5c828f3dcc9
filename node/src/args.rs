//! The command line, as typed. What it means is decided in `commands`.

pub mod anchor;
pub mod bitcoin;
pub mod emergency;
#[cfg(feature = "evm")]
pub mod evm;
pub mod page;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::hosted::token::May;

/// Runs one authority's node of a Beleg federation, and keeps its keys and its federation file.
///
/// Exit status: 0 if it did what was asked; 1 if it could not, or if fsck found something wrong;
/// 2 if the command line cannot be read.
#[derive(Parser, Debug)]
#[command(name = "beleg-node", version)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Makes the on-line keys and the config file of a new node. Overwrites nothing.
    Init(Init),
    /// Runs the node until it is told to stop (Ctrl-C or SIGTERM).
    Serve(Serve),
    /// Derives every hash from the files again and compares; changes nothing.
    Fsck(ConfigFile),
    /// Keys that never come to a node.
    #[command(subcommand)]
    Key(Key),
    /// The federation file: who belongs, whose keys count.
    #[command(subcommand)]
    Federation(Federation),
    /// The offices that may issue in an authority's name.
    #[command(subcommand)]
    Issuer(Issuer),
    /// Offices for which this node hashes, signs and writes receipts.
    #[command(subcommand)]
    Hosted(Hosted),
    /// What goes to clocks outside the federation, and what comes back.
    #[command(subcommand)]
    Anchor(anchor::Anchor),
    /// Bitcoin, before a node anchors by transactions of its own.
    #[command(subcommand)]
    Bitcoin(bitcoin::Bitcoin),
    /// An EVM chain, before the federation knows it.
    #[cfg(feature = "evm")]
    #[command(subcommand)]
    Evm(evm::Evm),
    /// Makes the federation's own pages: a folder for any web server, or one HTML file that checks
    /// documents from disk, without a network. Overwrites nothing but its own work.
    Page(page::Page),
    /// Prints the description of the HTTP interface for programs (OpenAPI 3.1).
    Openapi,
}

/// `init`
#[derive(Args, Debug)]
pub struct Init {
    /// Folder for config, keys and data; made if it is not there.
    #[arg(long)]
    pub dir: PathBuf,
    /// Origin of the authority's log, such as town.example/log. Leave it out in a node that only
    /// checks and cosigns the logs of others.
    #[arg(long)]
    pub origin: Option<String>,
    /// Short name of the operator whose cosigner runs here (a-z, 0-9, hyphen). Leave it out if
    /// the operator's cosigner runs in another node: an operator has exactly one.
    #[arg(long)]
    pub operator: Option<String>,
    /// Name of the cosigner's two keys [default: HOST/cosigner, with the host of the origin, or
    /// the operator's name if there is none]
    #[arg(long)]
    pub cosigner_name: Option<String>,
    /// Address and port where the node listens.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Where others reach the node [default: http://LISTEN]
    #[arg(long)]
    pub url: Option<String>,
}

/// `serve`
#[derive(Args, Debug)]
pub struct Serve {
    /// The node's config file.
    #[arg(long)]
    pub config: PathBuf,
    /// Do not wait, before the first signature after this start, for what this operator knows of
    /// our log. Only if you are sure that it is gone for good and that our data is current: if
    /// it is not, the log shows two faces and is closed by the others. May be given several times.
    #[arg(long, value_name = "OPERATOR")]
    pub without_peer: Vec<String>,
}

/// A command that needs the config file only.
#[derive(Args, Debug)]
pub struct ConfigFile {
    /// The node's config file.
    #[arg(long)]
    pub config: PathBuf,
}

/// `key ...`
#[derive(Subcommand, Debug)]
pub enum Key {
    /// Makes a key: FILE with mode 0600, and FILE.pub to hand on. Overwrites nothing.
    New {
        /// What the key is for.
        #[arg(long)]
        purpose: Purpose,
        /// Its name, such as town.example/governance: no space, no plus sign.
        #[arg(long)]
        name: String,
        /// The file to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// What an off-line key is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Purpose {
    /// Signs versions of the federation file; of an operator.
    Governance,
    /// Admits and retires issuers; of an authority.
    Administration,
}

/// `federation ...`
#[derive(Subcommand, Debug)]
pub enum Federation {
    /// Writes the text of a first version, or with --previous of the next one, for signing.
    Create(Box<Create>),
    /// Adds a governance signature to the newest version in the file.
    Sign {
        /// The federation file.
        federation: PathBuf,
        /// The operator's governance key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Shows in words what a federation file says, and whether it is complete.
    Show {
        /// The federation file.
        federation: PathBuf,
    },
}

/// `federation create`
#[derive(Args, Debug)]
pub struct Create {
    /// The file to write; it must not be there yet.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The complete federation file that the new version follows. What is not given stays as it
    /// is there.
    #[arg(long, value_name = "FEDERATION")]
    pub previous: Option<PathBuf>,
    /// Name of the federation.
    #[arg(long, required_unless_present = "previous")]
    pub name: Option<String>,
    /// Operators that must have cosigned.
    #[arg(long, required_unless_present = "previous")]
    pub quorum: Option<u64>,
    /// Operators that may fail or lie at the same time.
    #[arg(long, required_unless_present = "previous")]
    pub faults: Option<u64>,
    /// Last day on which this version says that something is fresh.
    #[arg(long, value_name = "YYYY-MM-DD", required_unless_present = "previous")]
    pub expires: Option<String>,
    /// Greatest age of a status, in seconds, with which a document is VALID.
    #[arg(long, value_name = "SECONDS", required_unless_present = "previous")]
    pub status_age: Option<u64>,
    /// An operator: "NAME URL GOVERNANCE COSIGNER-ED25519 COSIGNER-MLDSA". A key is a vkey or the
    /// file that holds it. One that is there already is replaced. May be given several times.
    #[arg(long, value_name = "LINE")]
    pub operator: Vec<String>,
    /// An authority: "NAME OPERATOR URL LOG ADMINISTRATION DISPLAY NAME"; keys as above.
    #[arg(long, value_name = "LINE")]
    pub authority: Vec<String>,
    /// An operator that leaves.
    #[arg(long, value_name = "NAME", requires = "previous")]
    pub drop_operator: Vec<String>,
    /// An authority that leaves. Its log stays pinned where it is now.
    #[arg(long, value_name = "NAME", requires = "previous")]
    pub drop_authority: Vec<String>,
    /// A published checkpoint of one of the logs, to be pinned: a file or a URL. For a log of
    /// which none is given, the authority's node is asked.
    #[arg(long, value_name = "FILE|URL", requires = "previous")]
    pub checkpoint: Vec<String>,
    /// A log that has not published anything yet, and is pinned as empty.
    #[arg(long, value_name = "ORIGIN", requires = "previous")]
    pub unpublished: Vec<String>,
    /// A clock outside the federation that counts: "bitcoin NETWORK HEIGHT BLOCK-HASH", "evm NAME
    /// CHAIN-ID CONTRACT CODE-HASH", "tsa NAME ROOT-CERTIFICATE.pem" or "tsa-algorithm NAME
    /// LAST-DAY|none". One of that name is replaced.
    #[arg(long, value_name = "LINE")]
    pub clock: Vec<String>,
    /// A clock that counts no more: "bitcoin", "evm NAME", "tsa NAME", "tsa-algorithm NAME".
    #[arg(long, value_name = "NAME", requires = "previous")]
    pub drop_clock: Vec<String>,
}

/// `issuer ...`
#[derive(Subcommand, Debug)]
pub enum Issuer {
    /// Signs an office's request, so that it may issue, and hands the entry to the node.
    Admit(Admit),
    /// The same for the request of an office that is in the log and changes its key, name or
    /// scope.
    Rotate(Admit),
    /// Retires an office for good: it issues nothing more.
    Retire {
        /// Its id, as `issuer list` shows it.
        #[arg(long)]
        id: u64,
        /// Whose log it is in, and who signs.
        #[command(flatten)]
        signer: Signer,
        /// Short name of the authority.
        #[arg(long, value_name = "NAME")]
        authority: String,
    },
    /// The emergency: an office's key is stolen. Lists what it signed in a time, retires it, and
    /// suspends or revokes all of that.
    Contain(emergency::Contain),
    /// Lets documents of an office stand again that the administration key, or the office, has
    /// suspended; with --last-word also what was revoked.
    Reinstate(emergency::Reinstate),
    /// Lists the offices in an authority's log, as its node tells them.
    List {
        /// The federation file.
        #[arg(long)]
        federation: PathBuf,
        /// Short name of the authority.
        #[arg(long, value_name = "NAME")]
        authority: String,
        /// The node to ask, if not at the address in the federation file.
        #[arg(long, value_name = "URL")]
        node: Option<String>,
    },
}

/// `issuer admit`, `issuer rotate`
#[derive(Args, Debug)]
pub struct Admit {
    /// The request that `beleg-issuer` has written.
    pub request: PathBuf,
    /// Who signs.
    #[command(flatten)]
    pub signer: Signer,
}

/// Who signs an issuer entry, and who takes it.
#[derive(Args, Debug)]
pub struct Signer {
    /// The authority's administration key.
    #[arg(long, visible_alias = "admin-key", value_name = "FILE")]
    pub key: PathBuf,
    /// The federation file.
    #[arg(long)]
    pub federation: PathBuf,
    /// The node that takes the entry, if not at the address in the federation file.
    #[arg(long, value_name = "URL")]
    pub node: Option<String>,
}

/// `hosted ...`
#[derive(Subcommand, Debug)]
pub enum Hosted {
    /// Makes an office's folder with its issuer key, and the request that the authority's
    /// administrator admits with `issuer admit`. Overwrites nothing.
    Init {
        /// Which office.
        #[command(flatten)]
        office: HostedOffice,
        /// The office's name, as people see it.
        #[arg(long)]
        name: String,
        /// A document type that it issues. May be given several times.
        #[arg(long = "type", value_name = "TYPE", required = true)]
        types: Vec<String>,
    },
    /// The tokens with which programs issue in the office's name.
    #[command(subcommand)]
    Token(Token),
    /// Lists what was issued, oldest first: status index, time, type, reference.
    Issued {
        /// Which office.
        #[command(flatten)]
        office: HostedOffice,
        /// Only documents with this reference.
        #[arg(long)]
        reference: Option<String>,
        /// Only the document with this status index.
        #[arg(long, value_name = "INDEX")]
        status: Option<u64>,
    },
}

/// `hosted token ...`
#[derive(Subcommand, Debug)]
pub enum Token {
    /// Makes a token and shows it, this once.
    Create {
        /// Which office.
        #[command(flatten)]
        office: HostedOffice,
        /// Who uses it.
        #[arg(long)]
        name: String,
        /// What it lets do: issue, withdraw, approve, separated by commas.
        #[arg(long, value_name = "WHAT", value_delimiter = ',', default_value = "issue",
            value_parser = may)]
        may: Vec<May>,
        /// A document type that it is for. May be given several times; may be left out for a token
        /// that approves and does nothing else.
        #[arg(long = "type", value_name = "TYPE")]
        types: Vec<String>,
        /// Documents, or changes, a minute, at most.
        #[arg(long, value_name = "DOCUMENTS", default_value_t = 60)]
        rate: u32,
        /// A client certificate (PEM) that lets in in the place of a token.
        #[arg(long, value_name = "FILE")]
        certificate: Option<PathBuf>,
        /// With --certificate: make a token as well, and ask for both.
        #[arg(long, requires = "certificate")]
        both: bool,
    },
    /// Lists tokens: id, state, rate, documents issued, time of the last one, types, what it may,
    /// what is shown, name.
    List {
        /// Which office.
        #[command(flatten)]
        office: HostedOffice,
    },
    /// Revokes a token; from the next request on it lets nobody in.
    Revoke {
        /// Which office.
        #[command(flatten)]
        office: HostedOffice,
        /// Its id, as `hosted token list` shows it.
        #[arg(long)]
        id: String,
    },
}

/// A hosted office of a node.
#[derive(Args, Debug)]
pub struct HostedOffice {
    /// The node's config file.
    #[arg(long)]
    pub config: PathBuf,
    /// Short name of the office (a-z, 0-9, hyphen).
    #[arg(long, value_name = "NAME")]
    pub office: String,
}

fn may(word: &str) -> Result<May, String> {
    May::parse(word).ok_or_else(|| "write issue, withdraw or approve".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent_and_every_option_is_explained() {
        CommandLine::command().debug_assert();
        let mut commands = vec![CommandLine::command()];
        while let Some(command) = commands.pop() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for option in command.get_arguments() {
                assert!(option.get_help().is_some(), "{} {}", command.get_name(), option.get_id());
            }
            commands.extend(command.get_subcommands().cloned());
        }
    }
}
