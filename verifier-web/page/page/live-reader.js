// Reads a log the way an auditor does: entry bundles and tiles from the server, every entry proven
// by the verifier to be in a checkpoint that it has checked. What is full never changes, so it is kept.

import { askTile } from "./live-node.js";

export const BUNDLE_ENTRIES = 256;
const BUNDLES_KEPT = 48;

/** One log, read at a checkpoint that the verifier has accepted. */
export class LogReader {
  #verifier;
  #kept = new Map();

  constructor(verifier, origin, originHash) {
    this.#verifier = verifier;
    this.origin = origin;
    this.originHash = originHash;
    this.at = null;
  }

  /** From now on entries are proven against this checkpoint: {blob, size, root, ...}. */
  use(checkpoint) {
    this.at = checkpoint;
  }

  get size() {
    return this.at?.size ?? 0;
  }

  get bundles() {
    return Math.ceil(this.size / BUNDLE_ENTRIES);
  }

  /** The proven entries of a bundle, and what they were proven against. */
  async bundle(number) {
    const at = this.at;
    const width = Math.min(BUNDLE_ENTRIES, at.size - number * BUNDLE_ENTRIES);
    const kept = this.#kept.get(number);
    if (kept && kept.entries.length >= width) return kept;
    const { paths } = await this.#verifier.planEntries(at.size, number);
    const parts = await this.#fetch(paths);
    const question = { origin: this.origin, checkpoint: at.blob, bundle: number, parts };
    const { entries, root } = await this.#verifier.entries(question);
    const read = { entries, root, size: at.size };
    this.#keep(number, read);
    return read;
  }

  /** One entry, proven against the newest checkpoint. */
  async entry(index) {
    const number = Math.floor(index / BUNDLE_ENTRIES);
    if (this.#kept.get(number)?.size !== this.size) this.#kept.delete(number);
    const read = await this.bundle(number);
    return { ...read, entry: read.entries.find((entry) => entry.index === index) };
  }

  /** Proves that the tree of an older checkpoint is the beginning of this one. */
  async grewOutOf(old) {
    const at = this.at;
    if (old.size === 0 || (old.size === at.size && old.root === at.root)) return true;
    const { paths } = await this.#verifier.planConsistency(old.size, at.size);
    const parts = await this.#fetch(paths);
    const question = { origin: this.origin, old: old.blob, checkpoint: at.blob, parts };
    return (await this.#verifier.consistency(question)).consistent;
  }

  async #fetch(paths) {
    const parts = {};
    await Promise.all(
      paths.map(async (path) => {
        parts[path] = await askTile(this.originHash, path);
      }),
    );
    return parts;
  }

  #keep(number, read) {
    this.#kept.delete(number);
    this.#kept.set(number, read);
    if (this.#kept.size > BUNDLES_KEPT) this.#kept.delete(this.#kept.keys().next().value);
  }
}

/** The snapshots of a bundle, oldest first: each closed a published checkpoint of size index + 1. */
export function snapshotsOf(entries) {
  return entries.filter((entry) => entry.kind === "snapshot");
}
