//! Who may use what: the borders between the parts, checked by name in sources and manifests.

use super::File;

/// In files whose path starts with `area`, none of `names` may stand, except in the file `but`.
struct Fence {
    area: &'static str,
    but: &'static str,
    names: &'static [&'static str],
    why: &'static str,
}

const FENCES: [Fence; 19] = [
    Fence {
        area: "node/src/",
        but: "node/src/store/index.rs",
        names: &["sled::"],
        why: "only the index may know sled, so that another can take its place",
    },
    Fence {
        area: "node/src/http/",
        but: "node/src/http/error.rs", // turns every role's errors into answers
        names: &["crate::store", "crate::keys", "SigningKey"],
        why: "HTTP decodes, calls a role and encodes; it neither stores nor signs",
    },
    Fence {
        area: "node/src/log/",
        but: "",
        names: &["axum::", "crate::mirror::service", "crate::mirror::receive", "crate::http"],
        why: "the log role knows no HTTP, and of the mirror role its client only",
    },
    Fence {
        area: "node/src/hosted/",
        but: "",
        names: &["axum::", "crate::http", "crate::mirror"],
        why: "hosted offices know no HTTP, and of the roles the log only",
    },
    Fence {
        area: "node/src/mirror/",
        but: "",
        names: &["axum::", "crate::log::", "crate::http"],
        why: "the mirror role knows no HTTP and no other role",
    },
    Fence {
        area: "node/src/store/",
        but: "",
        names: &["crate::http", "crate::log::", "crate::mirror"],
        why: "the store knows no role and no HTTP",
    },
    Fence {
        area: "proto/src/",
        but: "",
        names: &[
            "std::time",
            "std::fs",
            "std::net",
            "std::io",
            "std::thread",
            "getrandom",
            "rand::",
        ],
        why: "proto has no clock, file, socket, thread or randomness",
    },
    Fence {
        area: "check/src/",
        but: "",
        names: &["std::"],
        why: "what the command line and the page share has no file and no clock",
    },
    Fence {
        area: "verifier-web/src/",
        but: "",
        names: &["std::time", "std::fs", "std::net", "std::io", "std::thread"],
        why: "the page's module reads what the page hands it, and nothing else",
    },
    Fence {
        area: "proto/src/merkle/",
        but: "proto/src/merkle/plan.rs", // says which tiles a proof needs
        names: &["crate::note", "crate::tile", "crate::checkpoint", "crate::ledger"],
        why: "trees know only hashes, bytes and limits",
    },
    Fence {
        area: "proto/src/tile/",
        but: "",
        names: &["crate::note", "crate::checkpoint", "crate::ledger", "crate::federation"],
        why: "tiles know only trees, hashes, bytes and limits",
    },
    Fence {
        area: "proto/src/note/",
        but: "",
        names: &["crate::checkpoint", "crate::cosignature", "crate::merkle", "crate::ledger"],
        why: "a note does not know what it says",
    },
    Fence {
        area: "proto/src/checkpoint.rs",
        but: "",
        names: &["crate::cosignature", "crate::federation", "crate::verify"],
        why: "upward: checkpoint < cosignature < policy < verify",
    },
    Fence {
        area: "proto/src/cosignature/",
        but: "",
        names: &["crate::policy", "crate::federation", "crate::verify"],
        why: "upward: checkpoint < cosignature < policy < verify",
    },
    Fence {
        area: "proto/src/witness/",
        but: "",
        names: &["crate::mirror"],
        why: "a mirror is a witness that does more, not the other way round",
    },
    Fence {
        area: "verifier-cli/src/",
        but: "verifier-cli/src/update.rs",
        names: &["std::net", "ureq", "TcpStream", "UdpSocket"],
        why: "the verifier opens no socket",
    },
    Fence {
        area: "verifier-web/site/src/",
        but: "verifier-web/site/src/table.rs", // a test compares it with the folder
        names: &["std::fs", "std::net", "std::env", "std::time"],
        why: "the pages come out as bytes; who wants files or a server makes them of those",
    },
    Fence {
        area: "tests/",
        but: "",
        names: &["node::"],
        why: "the stories see what a stranger sees: the binaries",
    },
    Fence {
        area: "issuer-cli/src/",
        but: "",
        names: &["node::", "sled"],
        why: "the issuer's tool talks to a node over HTTP only",
    },
];

/// Packages that may not stand in a manifest.
const MANIFESTS: [(&str, &[&str]); 6] = [
    ("proto/Cargo.toml", &["tokio", "tracing", "log", "rand", "getrandom", "axum", "sled"]),
    ("issuer-cli/Cargo.toml", &["beleg-node", "node", "sled", "axum"]),
    ("verifier-cli/Cargo.toml", &["beleg-node", "node", "sled", "tokio", "reqwest", "axum"]),
    ("verifier-web/site/Cargo.toml", &["beleg-node", "node", "tokio", "axum", "sled", "reqwest"]),
    ("tests/Cargo.toml", &["beleg-node", "node", "sled"]),
    ("xtask/Cargo.toml", &["beleg-node", "node", "sled"]),
];

/// Complains about one file on the wrong side of a border.
pub fn check(file: &File, complaints: &mut Vec<String>) {
    for (manifest, refused) in MANIFESTS.iter().filter(|(path, _)| *path == file.path) {
        for (number, line) in (1..).zip(file.text.lines()) {
            let name = line.split([' ', '.', '=']).next().unwrap_or("");
            if refused.contains(&name) {
                complaints.push(format!("{manifest}:{number}: {name} does not belong here"));
            }
        }
    }
    // A unit test may put two parts together.
    if !file.path.ends_with(".rs") || file.path.ends_with("/tests.rs") {
        return;
    }
    if file.path == "proto/src/lib.rs" && !file.text.contains("#![no_std]") {
        complaints.push("proto/src/lib.rs: #![no_std] is the fence and has to stay".into());
    }
    for fence in FENCES.iter().filter(|fence| file.path.starts_with(fence.area)) {
        if file.path == fence.but {
            continue;
        }
        for (number, line) in (1..).zip(file.text.lines()) {
            let code = line.split("//").next().unwrap_or("");
            for name in fence.names.iter().filter(|name| uses(code, name)) {
                complaints.push(format!("{}:{number}: {name}: {}", file.path, fence.why));
            }
        }
    }
}

/// Whether `name` stands in `code` and is not the end of a longer word.
fn uses(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(path: &str, text: &str) -> usize {
        let mut list = Vec::new();
        check(&File { path: path.into(), text: text.into() }, &mut list);
        list.len()
    }

    #[test]
    fn sled_stays_in_the_index() {
        assert_eq!(complaints("node/src/store/index.rs", "use sled::Db;"), 0);
        assert_eq!(complaints("node/src/store/files.rs", "use sled::Db;"), 1);
    }

    #[test]
    fn comments_and_longer_words_are_no_use() {
        assert_eq!(complaints("tests/src/a.rs", "// as node::log does\nlet a = beleg_node::B;"), 0);
        assert_eq!(complaints("tests/src/a.rs", "let a = node::B;"), 1);
    }

    #[test]
    fn a_manifest_is_checked_by_package() {
        assert_eq!(complaints("proto/Cargo.toml", "tokio.workspace = true"), 1);
        assert_eq!(complaints("proto/Cargo.toml", "sha2.workspace = true"), 0);
    }
}
