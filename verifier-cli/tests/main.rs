//! `beleg` as a person or a program meets it: the built binary, files on disk, exit codes and
//! output. The federation, the log and the receipts are real and made here; no node is needed.

mod attacks;
mod desk;
mod dossier;
mod evidence;
mod fixture;
mod inspect;
mod many;
mod node;
mod redact;
mod single;
mod status;
mod update;
mod upgrade;
