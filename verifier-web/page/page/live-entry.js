// One entry as a person can read it: its fields, its hash, its proof as a drawing and as a list.

import { ageElement, momentText } from "./live-time.js";
import { element, pair } from "./element.js";
import { svgElement } from "./icons.js";
import { sourceMark } from "./live-trouble.js";

const STEP = 46;
const SIDE = 92;

/** The sides on which the hashes of an inclusion proof stand: "left" or "right", leaf to root. */
export function proofSides(index, size, count) {
  let [at, last] = [index, size - 1];
  const sides = [];
  for (let hash = 0; hash < count; hash++) {
    if (at % 2 === 1 || at === last) {
      sides.push("left");
      while (at % 2 === 0 && at !== 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    } else {
      sides.push("right");
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return sides;
}

/** Everything about an entry. `go(index)` leads to another entry of the same log. */
export function entryView(words, log, read, go) {
  const { entry, size, root } = read;
  const facts = element("dl", { class: "pairs" });
  facts.append(
    ...pair(words.say("live.entry.index"), words.say("live.entry.place", { index: entry.index, size })),
    ...kindPairs(words, entry, go),
    ...pair(words.say("live.entry.leaf"), element("code", { class: "hash", id: "entry-leaf" }, entry.leaf_hash)),
    ...pair(words.say("live.entry.root"), element("code", { class: "hash", id: "entry-root" }, root)),
  );
  const kind = words.has(`live.kind.${entry.kind}`) ? entry.kind : "unknown";
  return [
    element(
      "h3",
      { id: "entry-title", tabindex: "-1", "data-kind": entry.kind },
      words.say("live.entry.title", { kind: words.say(`live.kind.${kind}`), index: entry.index, name: log.name }),
    ),
    element("p", {}, words.say(`live.kind.${kind}.about`)),
    sourceMark(words, "checked"),
    element("div", { class: "entry-halves" }, facts, proofPart(words, entry, size, root)),
    bytesPart(words, entry),
  ];
}

function kindPairs(words, entry, go) {
  const pairs = [];
  const add = (key, ...values) => pairs.push(...pair(words.say(`live.entry.${key}`), ...values));
  const hash = (value) => element("code", { class: "hash" }, String(value));
  const jump = (index) => element("button", { type: "button", class: "link-button", onclick: () => go(index) }, words.number(index));
  if (entry.kind === "issuer") {
    add("name", element("bdi", {}, entry.name));
    add("scope", element("bdi", {}, words.list(entry.scope)));
    add("retired", words.say(entry.retired ? "live.yes" : "live.no"));
    if (Number.isInteger(entry.replaces)) add("replaces", jump(entry.replaces));
    add("key", hash(entry.key));
  }
  if (entry.kind === "issuance") {
    add("issuer", jump(entry.issuer));
    add("batch", words.say("live.entry.width", { n: entry.width }));
    add("first", words.number(entry.first_status));
    add("batch-root", hash(entry.batch_root));
  }
  if (entry.kind === "revocation") {
    add("issuer", jump(entry.issuer));
    add("new-state", words.say(`live.status.${entry.state}`));
    add("ranges", words.list(entry.ranges.map(([first, last]) => rangeText(words, first, last))));
    add("signer", words.say(`live.signer.${entry.signer}`));
    if (entry.successors > 0) add("successors", words.number(entry.successors));
    add("sequence", words.number(entry.sequence));
  }
  if (entry.kind === "snapshot") {
    add("time", momentText(words, entry.time), " (", ageElement(words, entry.time), ")");
    add("length", words.number(entry.status_length));
    add("list-root", hash(entry.status_root));
  }
  return pairs;
}

function rangeText(words, first, last) {
  return first === last ? words.number(first) : `${words.number(first)}-${words.number(last)}`;
}

function proofPart(words, entry, size, root) {
  const sides = proofSides(entry.index, size, entry.proof.length);
  const steps = entry.proof.map((hash, at) =>
    element("li", {}, words.say(`live.proof.${sides[at]}`), " ", element("code", { class: "hash" }, hash)),
  );
  const list = element("ol", { class: "proof-list" }, ...steps);
  return element(
    "figure",
    { class: "proof" },
    element("figcaption", {}, words.say("live.proof.caption", { n: entry.proof.length })),
    drawProof(words, entry, sides, root),
    element("details", {}, element("summary", {}, words.say("live.proof.list")), list),
  );
}

/** From the leaf at the bottom to the root on top; the hashes of the proof stand beside the way. */
function drawProof(words, entry, sides, root) {
  const width = 2 * SIDE + 2 * 84;
  const height = (sides.length + 1) * STEP + 40;
  const label = words.say("live.proof.label", { n: sides.length });
  const svg = svgElement("svg", { viewBox: `0 0 ${width} ${height}`, class: "proof-tree", role: "img", "aria-label": label });
  const centre = width / 2;
  const levelY = (level) => height - 30 - level * STEP;
  sides.forEach((side, level) => {
    const x = centre + (side === "left" ? -SIDE : SIDE);
    const [y, above] = [levelY(level), levelY(level + 1)];
    svg.append(svgElement("path", { d: `M${centre} ${y}V${above}`, class: "proof-way" }));
    svg.append(svgElement("path", { d: `M${x} ${y}Q${x} ${above} ${centre} ${above}`, class: "proof-side" }));
    svg.append(svgElement("circle", { cx: x, cy: y, r: 5, class: "proof-given" }));
    const place = { x: x + (side === "left" ? -10 : 10), y: y + 4, class: `proof-hash proof-${side}` };
    svg.append(svgElement("text", place, shortHash(entry.proof[level])));
  });
  for (let level = 0; level <= sides.length; level++) {
    const end = level === 0 || level === sides.length;
    svg.append(svgElement("circle", { cx: centre, cy: levelY(level), r: end ? 8 : 5.5, class: end ? "proof-end" : "proof-node" }));
  }
  const text = (y, content) => svg.append(svgElement("text", { x: centre, y, class: "proof-word" }, content));
  text(levelY(sides.length) - 14, words.say("live.proof.root", { hash: shortHash(root) }));
  if (sides.length > 0) text(levelY(0) + 24, words.say("live.proof.leaf", { index: entry.index }));
  return svg;
}

function shortHash(hash) {
  return `${String(hash).slice(0, 8)}\u2026`;
}

function bytesPart(words, entry) {
  const count = entry.bytes.length / 2;
  return element(
    "details",
    { class: "entry-bytes" },
    element("summary", {}, words.say("live.entry.bytes", { n: count })),
    element("code", { class: "hash" }, entry.bytes),
  );
}
