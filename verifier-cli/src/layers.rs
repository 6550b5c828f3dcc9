//! The layers of a receipt in words, for somebody who wants to follow them by hand.

use crate::run::Opened;
use crate::view;
use check::{CheckpointView, EntryView, LayersView, StatusLayer};
use proto::hash::Timestamp;
use proto::time;
use verifier::shown;

/// The layers as JSON shows them.
pub fn view(opened: &Opened) -> LayersView {
    LayersView::new(&view::path(&opened.path), opened.size, &opened.receipt)
}

/// The layers in words, line by line, escaped.
pub fn words(opened: &Opened) -> Vec<String> {
    let view = view(opened);
    let mut page = Page(Vec::new());
    page.line(format!("Receipt {} ({} bytes)", shown::path(&opened.path), view.bytes));
    page.line("Nothing here has been checked; `beleg verify` does that.".to_owned());
    page.section("Fields: what the issuer says of the document");
    for field in &view.fields {
        page.part(&format!("{} {}", field.index, field.name), &field.value);
    }
    let all = view.field_count;
    page.part("count", &format!("{all}, of which {} are hidden", view.hidden_fields));
    page.section("Commitment: the hash over all salted fields");
    page.part("commitment", view.commitment.as_deref().unwrap_or("the fields do not fit together"));
    page.section("Batch: the documents that were issued together, padded and in random order");
    let width = view.batch.width.map_or_else(|| "?".to_owned(), |width| width.to_string());
    page.part("place", &format!("{} of {width}", view.batch.index));
    page.hashes("path", &view.batch.path);
    page.part("batch root", view.batch.root.as_deref().unwrap_or("none"));
    page.section("Entry: what the issuer signed and the log holds");
    page.entry(view.entry.as_ref());
    page.hashes("proof", &view.proof);
    page.section("Checkpoint: the log's tree, signed and cosigned");
    page.checkpoint(&view.checkpoint);
    page.section("Issuer: its own entry in the same log");
    page.part("entry", &view.issuer.entry.to_string());
    page.part("name", &view.issuer.name);
    page.part("key", &view.issuer.key);
    page.part("types", &view.issuer.scope.join(", "));
    page.hashes("proof", &view.issuer.proof);
    page.section("Status: whether the document stood when the receipt was made");
    page.status(view.status.as_ref());
    page.section("Federation");
    page.part("id", &view.federation);
    for version in &view.links {
        page.part("link", &format!("to the tree that version {version} pins"));
    }
    for anchor in &view.anchors {
        page.section("Anchor: what clocks outside the federation say of the log");
        page.part("size", &anchor.size.to_string());
        page.part("root", &anchor.root);
        let root = anchor.federation_root.as_deref();
        page.part("anchored root", root.unwrap_or("the path leads to none"));
        for one in &anchor.evidence {
            page.part(one.kind, &format!("{} bytes", one.bytes));
        }
    }
    page.0
}

struct Page(Vec<String>);

impl Page {
    fn line(&mut self, line: String) {
        self.0.push(line);
    }

    fn section(&mut self, title: &str) {
        self.line(String::new());
        self.line(title.to_owned());
    }

    fn part(&mut self, name: &str, value: &str) {
        self.line(format!("  {:14} {}", shown::text(name), shown::text(value)));
    }

    fn hashes(&mut self, name: &str, hashes: &[String]) {
        self.part(name, &format!("{} hashes, from the sibling up", hashes.len()));
        hashes.iter().for_each(|hash| self.part("", hash));
    }

    fn entry(&mut self, entry: Option<&EntryView>) {
        let Some(entry) = entry else {
            return self.part("entry", "none: fields and path lead nowhere");
        };
        self.part("index", &entry.index.to_string());
        self.part("leaf hash", &entry.leaf_hash);
        self.part("bytes", &entry.bytes);
        self.part("first status", &entry.first_status.to_string());
    }

    fn checkpoint(&mut self, checkpoint: &CheckpointView) {
        self.part("origin", &checkpoint.origin);
        self.part("size", &checkpoint.size.to_string());
        self.part("root", &checkpoint.root);
        for line in &checkpoint.signatures {
            let time = line
                .time
                .map_or_else(String::new, |time| format!(", dated {}", time::utc(Timestamp(time))));
            self.part(
                "signature",
                &format!("{}+{}: {}{time}", line.key_name, line.key_id, line.kind),
            );
        }
    }

    fn status(&mut self, status: Option<&StatusLayer>) {
        let Some(status) = status else { return self.part("status", "none") };
        self.part("index", &status.index.to_string());
        self.part("state", status.state.unwrap_or("the piece does not belong to the list"));
        self.part("as of", &time::utc(Timestamp(status.snapshot_time)));
        self.part("list", &format!("{} documents, root {}", status.list_length, status.list_root));
        self.hashes("snapshot proof", &status.proof);
        self.hashes("piece path", &status.piece_path);
        if let Some(checkpoint) = &status.checkpoint {
            self.checkpoint(checkpoint);
        }
    }
}
