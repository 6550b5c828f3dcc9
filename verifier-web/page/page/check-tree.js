// A drawing of the way from a document up to those who confirmed it: the hash of its fields, through
// the batch, into the log's tree, to the checkpoint and its cosigners. The straight line is the way of
// this document; what stands beside it are the hashes that the receipt brings along.

import { svgElement } from "./icons.js";

const TREE_WIDTH = 360;
const SPINE = 180;
const STEP = 26;
const SIDE = 44;
const MOST_COSIGNERS = 8;

/** On which side the sibling of each level is, in a tree of 2^levels leaves. */
export function batchSides(index, levels) {
  return Array.from({ length: levels }, (_, level) => (Math.floor(index / 2 ** level) % 2 ? "left" : "right"));
}

/** The same in a log of any size, as RFC 9162, section 2.1.3.2 goes up. */
export function logSides(index, size, levels) {
  const sides = [];
  let [node, last] = [index, size - 1];
  const up = () => ([node, last] = [Math.floor(node / 2), Math.floor(last / 2)]);
  while (sides.length < levels) {
    const right = node % 2 === 0 && node !== last;
    sides.push(right ? "right" : "left");
    while (!right && node % 2 === 0 && node !== 0) up();
    up();
  }
  return sides;
}

/** Builds the drawing; `layers` is a LayersView whose hashes are there. */
export function treeDrawing(words, layers) {
  const drawing = new TreeDrawing();
  drawing.cosigners(cosignerNames(layers.checkpoint), words);
  drawing.label(words.say("tree.checkpoint"), layers.checkpoint.root, "root");
  const index = layers.entry?.index ?? 0;
  drawing.levels(logSides(index, layers.checkpoint.size, layers.proof.length).reverse());
  drawing.label(words.say("tree.entry", { index }), layers.batch.root, "node");
  drawing.levels(batchSides(layers.batch.index, layers.batch.path.length).reverse());
  drawing.label(words.say("tree.document"), layers.commitment, "node");
  drawing.fields(layers.fields.length, layers.hidden_fields, words);
  return drawing.finish(words.say("tree.title"), treeText(words, layers, index));
}

/** The same in words, for who cannot see it. */
function treeText(words, layers, index) {
  return words.say("tree.text", {
    fields: layers.field_count,
    batch: layers.batch.path.length,
    width: layers.batch.width ?? 0,
    index,
    log: layers.proof.length,
    size: layers.checkpoint.size,
    names: words.list(cosignerNames(layers.checkpoint)),
  });
}

/** Each cosigner once: it has a line for each of its two keys. */
export function cosignerNames(checkpoint) {
  const lines = checkpoint.signatures.filter((line) => line.kind.endsWith("cosignature"));
  return [...new Set(lines.map((line) => line.key_name))];
}

/** Draws from the top down. */
class TreeDrawing {
  #parts = [];
  #y = 14;

  #add(name, attributes, text = null) {
    this.#parts.push(svgElement(name, attributes, text));
  }

  #line(x1, y1, x2, y2, look) {
    this.#add("line", { x1, y1, x2, y2, class: look });
  }

  /** Those who confirmed, in a row, each with a line to the root. */
  cosigners(names, words) {
    const shown = names.slice(0, MOST_COSIGNERS);
    const gap = TREE_WIDTH / (shown.length + 1);
    this.#add("text", { x: TREE_WIDTH / 2, y: this.#y, class: "tree-label tree-middle" }, words.say("tree.cosigners", { n: names.length }));
    const row = this.#y + 20;
    this.#y = row + 44;
    shown.forEach((_, place) => {
      const x = gap * (place + 1);
      this.#line(x, row, SPINE, this.#y, "tree-way");
      this.#add("circle", { cx: x, cy: row, r: 8, class: "tree-cosigner" });
      this.#add("path", { d: `M${x - 3.5} ${row}l2.6 2.8l4.4-5.2`, class: "tree-mark" });
    });
  }

  /** A named node on the way, with the beginning of its hash. */
  label(text, hash, look) {
    const y = this.#y;
    const size = look === "root" ? 9 : 7;
    this.#add("rect", { x: SPINE - size, y: y - size, width: 2 * size, height: 2 * size, rx: 3, class: "tree-node" });
    this.#add("text", { x: SPINE - 18, y: y + 4, class: "tree-label tree-end" }, text);
    if (hash) this.#add("text", { x: SPINE + 18, y: y + 4, class: "tree-hash" }, `${hash.slice(0, 12)}\u2026`);
  }

  /** The levels between two named nodes, with the sibling of each. */
  levels(sides) {
    for (const side of sides) {
      const [above, below] = [this.#y, this.#y + STEP];
      const x = SPINE + (side === "left" ? -SIDE : SIDE);
      this.#line(SPINE, above, SPINE, below, "tree-way");
      this.#line(SPINE, above, x, below, "tree-side");
      this.#add("circle", { cx: x, cy: below, r: 4, class: "tree-sibling" });
      this.#add("circle", { cx: SPINE, cy: below, r: 4.5, class: "tree-step" });
      this.#y = below;
    }
    this.#line(SPINE, this.#y, SPINE, this.#y + STEP, "tree-way");
    this.#y += STEP;
  }

  /** The document's fields: those that are shown are filled, hidden ones are not. */
  fields(shown, hidden, words) {
    const all = Math.min(shown + hidden, 16);
    const gap = Math.min(22, (TREE_WIDTH - 20) / all);
    const row = this.#y + 40;
    for (let place = 0; place < all; place += 1) {
      const x = SPINE + (place - (all - 1) / 2) * gap;
      this.#line(SPINE, this.#y, x, row, "tree-side");
      const look = place < shown ? "tree-shown" : "tree-hidden";
      this.#add("rect", { x: x - 5, y: row - 5, width: 10, height: 10, rx: 2, class: look });
    }
    this.#y = row + 22;
    const text = words.say(hidden > 0 ? "tree.fields.hidden" : "tree.fields", { n: shown, hidden });
    this.#add("text", { x: TREE_WIDTH / 2, y: this.#y, class: "tree-label tree-middle" }, text);
  }

  finish(title, text) {
    const box = `0 0 ${TREE_WIDTH} ${this.#y + 10}`;
    const look = { viewBox: box, class: "tree", role: "img", "aria-labelledby": "tree-title tree-text" };
    const svg = svgElement("svg", look);
    svg.append(svgElement("title", { id: "tree-title" }, title), svgElement("desc", { id: "tree-text" }, text));
    // Lines first, so that nodes lie on top of them.
    const lines = this.#parts.filter((part) => part.localName === "line");
    svg.append(...lines, ...this.#parts.filter((part) => part.localName !== "line"));
    return svg;
  }
}
