// Details for experts: every layer of the receipt, from the fields up to the checkpoint and the status,
// with the drawing. These are the receipt's own figures; what of them was proven, the four lines say.

import { element, pair } from "./element.js";
import { treeDrawing } from "./check-tree.js";
import { isolated } from "./words.js";

/** The details, closed. They are filled when they are opened first. */
export function showDetails(words, result) {
  const body = element("div", { class: "layers stack" });
  const fill = () => body.children.length === 0 && body.append(...layerParts(words, result.layers));
  return element(
    "details",
    { class: "part", id: "details", ontoggle: fill },
    element("summary", {}, words.say("details.title")),
    body,
  );
}

function layerParts(words, layers) {
  const { batch, entry, checkpoint, issuer, status } = layers;
  const drawing = layers.commitment && batch.root ? [element("div", { class: "tree-frame" }, treeDrawing(words, layers))] : [];
  return [
    element("p", { class: "quiet" }, words.say("details.text")),
    ...drawing,
    layer(words, "fields", fieldsTable(words, layers), [["commitment", hash(layers.commitment)]]),
    layer(words, "batch", hashList(words, batch.path), [
      ["place", words.say("details.place.text", { n: batch.index + 1, width: batch.width ?? 0 })],
      ["batch-root", hash(batch.root)],
    ]),
    layer(words, "entry", hashList(words, layers.proof), entry === null ? [] : [
      ["index", words.number(entry.index)],
      ["leaf", hash(entry.leaf_hash)],
      ["bytes", hash(entry.bytes)],
      ["first-status", words.number(entry.first_status)],
    ]),
    layer(words, "checkpoint", signatureTable(words, checkpoint), checkpointRows(words, checkpoint)),
    layer(words, "issuer", hashList(words, issuer.proof), [
      ["index", words.number(issuer.entry)],
      ["name", isolated(issuer.name)],
      ["key", hash(issuer.key)],
      ["scope", isolated(words.list(issuer.scope))],
      ["retired", words.say(issuer.retired ? "yes" : "no")],
    ]),
    status === null ? layer(words, "status", element("p", {}, words.say("details.status.none")), []) : statusLayer(words, status),
    layer(words, "federation", null, [
      ["federation-id", hash(layers.federation)],
      ["links", layers.links.length === 0 ? words.say("no") : words.list(layers.links.map(String))],
    ]),
  ];
}

function layer(words, name, body, rows) {
  const pairs = rows.flatMap(([key, value]) => pair(words.say(`details.${key}`), value));
  return element(
    "section",
    { class: "layer", "data-layer": name },
    element("h3", {}, words.say(`layer.${name}`)),
    element("p", { class: "quiet small" }, words.say(`layer.${name}.text`)),
    rows.length > 0 ? element("dl", { class: "pairs" }, ...pairs) : null,
    body,
  );
}

function hash(text) {
  return element("span", { class: "hash" }, text ?? "\u2013");
}

/** A path from the sibling up; where it is empty, the leaf is the root. */
function hashList(words, hashes) {
  if (hashes.length === 0) return element("p", { class: "small" }, words.say("details.path.none"));
  return element(
    "div",
    {},
    element("p", { class: "small" }, words.say("details.path", { n: hashes.length })),
    element("ol", { class: "hashes" }, ...hashes.map((text) => element("li", {}, hash(text)))),
  );
}

function fieldsTable(words, layers) {
  const row = (field) =>
    element(
      "tr",
      {},
      element("td", { class: "figures" }, words.number(field.index)),
      element("th", { scope: "row" }, isolated(field.name)),
      element("td", {}, isolated(field.value)),
    );
  const n = layers.hidden_fields;
  const text = words.say("details.fields.count", { all: layers.field_count, n });
  return element("div", {}, table(words, ["place", "name", "value"], layers.fields.map(row)), element("p", { class: "small" }, text));
}

function table(words, heads, rows) {
  const head = heads.map((name) => element("th", { scope: "col" }, words.say(`details.${name}`)));
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": words.say("details.table") },
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)),
  );
}

function checkpointRows(words, checkpoint) {
  return [
    ["origin", isolated(checkpoint.origin)],
    ["size", words.number(checkpoint.size)],
    ["root", hash(checkpoint.root)],
  ];
}

function signatureTable(words, checkpoint) {
  const row = (line) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, isolated(line.key_name)),
      element("td", {}, hash(line.key_id)),
      element("td", {}, line.kind),
      element("td", {}, line.time === null ? "\u2013" : words.time(line.time)),
    );
  return table(words, ["key-name", "key-id", "kind", "time"], checkpoint.signatures.map(row));
}

function statusLayer(words, status) {
  const rows = [
    ["index", words.number(status.index)],
    ["state", status.state === null ? words.say("details.state.none") : words.say(`status.${status.state}`)],
    ["as-of", words.time(status.snapshot_time)],
    ["list-length", words.number(status.list_length)],
    ["list-root", hash(status.list_root)],
  ];
  const body = element("div", {}, hashList(words, status.proof), hashList(words, status.piece_path));
  if (status.checkpoint !== null) {
    rows.push(...checkpointRows(words, status.checkpoint));
    body.append(signatureTable(words, status.checkpoint));
  }
  return layer(words, "status", body, rows);
}
