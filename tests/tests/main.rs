//! The stories: real processes, real keys, real disk. One file each; its head lists the steps.

mod desk;
mod ledger;
mod town;

mod backup;
mod bad_input;
mod browser;
mod byte_changed;
mod c2sp;
mod counts;
mod delivery;
mod dossier;
mod duplicates;
mod federation_state;
mod full_disk;
mod hosted;
mod hot_folder;
mod issuer_killed;
mod journal;
mod keys_change;
mod kills;
mod list;
mod no_socket;
mod offline;
mod outage;
mod pages;
mod readme;
mod sealed;
mod sheet;
mod status;
mod stolen_key;
mod theft;
mod two_nodes;
mod two_persons;
mod wire;
mod withdraw;
