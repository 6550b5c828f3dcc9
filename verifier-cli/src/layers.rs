//! The layers of a receipt in words, for somebody who wants to follow them by hand.

use crate::export::{ExportView, Exported};
use crate::run::Opened;
use crate::view;
use check::{CheckpointView, EntryView, EvidenceLayer, LayersView, StampLayer, StatusLayer};
use proto::hash::Timestamp;
use proto::time;
use serde::Serialize;
use verifier::shown;

/// The layers as JSON shows them, and what was written of them.
#[derive(Serialize)]
pub struct InspectionView<'a> {
    #[serde(flatten)]
    layers: LayersView,
    evidence: Option<ExportView<'a>>,
}

/// The layers for a program.
pub fn view(opened: &Opened) -> InspectionView<'_> {
    let evidence = opened.export.as_ref().map(ExportView::from);
    InspectionView { layers: layers(opened), evidence }
}

fn layers(opened: &Opened) -> LayersView {
    LayersView::new(&view::path(&opened.path), opened.size, &opened.receipt)
}

/// The layers in words, line by line, escaped.
pub fn words(opened: &Opened) -> Vec<String> {
    let view = layers(opened);
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
        anchor.evidence.iter().for_each(|one| page.evidence(one));
    }
    if let Some(export) = &opened.export {
        let folder = shown::path(&export.folder);
        page.section(&format!("Files in {folder}, for other people's tools"));
        export.files.iter().for_each(|file| page.exported(file));
        export.left_out.iter().for_each(|why| page.part("left out", why));
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

    fn evidence(&mut self, evidence: &EvidenceLayer) {
        let bytes = evidence.bytes;
        self.part(
            evidence.kind,
            &format!("{bytes} bytes, not judged (`beleg verify` does). Says:"),
        );
        if let Some(problem) = &evidence.problem {
            self.part("", &format!("nothing that can be read: {}", problem.message));
        }
        if let Some(claim) = &evidence.bitcoin {
            self.part("", &format!("about {}", claim.about));
            let block = |height: &u64| self.part("", &format!("in Bitcoin block {height}"));
            claim.heights.iter().for_each(block);
            let more =
                |calendar: &String| self.part("", &format!("more is promised by {calendar}"));
            claim.calendars.iter().for_each(more);
        }
        if let Some(claim) = &evidence.evm {
            let (number, chain, block) = (claim.number, claim.chain_id, &claim.block);
            let time = time::utc(Timestamp(claim.block_time));
            self.part("", &format!("in block {number} of chain {chain}, dated {time}"));
            self.part("", &format!("with the hash {block}"));
        }
        let stamps = evidence.tsa.iter().flat_map(|claim| &claim.time_stamps);
        stamps.enumerate().for_each(|(at, stamp)| self.stamp(at, stamp));
    }

    fn stamp(&mut self, at: usize, stamp: &StampLayer) {
        let (time, policy) = (time::utc(Timestamp(stamp.time)), &stamp.policy);
        let subject = stamp.subject.as_deref().unwrap_or("somebody whose certificate is missing");
        let renewed = if at == 0 { "" } else { ", renewing what is above" };
        self.part("", &format!("time-stamp of {time}, by {subject}{renewed}"));
        self.part("", &format!("  about {} ({}), policy {policy}", stamp.about, stamp.digest));
        let (certificates, lists) = (stamp.certificates, stamp.lists);
        self.part("", &format!("  with {certificates} certificates, {lists} revocation lists"));
    }

    fn exported(&mut self, file: &Exported) {
        let Exported { name, over, check } = file;
        self.line(shown::text(&format!("  {name}: {over}; {check}")).into_owned());
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
