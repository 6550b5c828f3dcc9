// The verifier as the pages use it: each method asks the worker one question. What it answers was
// checked by the same code as `beleg verify`; a refusal is thrown as a VerifierError.
//
// Shapes: results of check() are what `beleg verify --json` prints, layers what `beleg inspect
// --json` prints (docs/verifying.md). Times are seconds as POSIX counts them.

import { readPart, startWorker } from "./parts.js";

/** What says again that a file which was among those to be checked is in use. */
const AGAIN = {
  federation: (file) => ({ renew: { file: file.blob } }),
  "status-list": (file) => ({ "add-list": { file: file.blob } }),
  headers: (file) => ({ "add-headers": { file } }),
  blocks: (file) => ({ "add-blocks": { file } }),
};

/** A refusal: a stable code, one sentence what is wrong, one what to do. */
export class VerifierError extends Error {
  constructor({ code, message, next_step }) {
    super(message);
    this.code = code;
    this.nextStep = next_step;
  }
}

const BROKEN = {
  code: "verifier-broken",
  message: "The verifier has stopped.",
  next_step: "Load the page again.",
};
const CANCELLED = { code: "cancelled", message: "It was stopped.", next_step: "Start it again." };
export class Verifier {
  #worker = null;
  /** What has to be done before a question can be asked. */
  #ready = null;
  #asked = new Map();
  /** What has to be said again to a worker that takes the place of another: of each thing the last. */
  #kept = new Map();
  #next = 0;

  /** Starts the worker; throws an Error where the browser cannot run it. */
  static async start() {
    const verifier = new Verifier();
    await verifier.#start();
    return verifier;
  }

  async #start() {
    const wasm = await (await readPart("page/beleg.wasm")).arrayBuffer();
    const worker = startWorker();
    await new Promise((resolve, reject) => {
      worker.onerror = () => reject(new VerifierError(BROKEN));
      worker.onmessage = ({ data }) =>
        data.started ? resolve() : reject(new Error(data.broken));
      worker.postMessage({ wasm }, [wasm]);
    });
    worker.onmessage = ({ data }) => this.#hear(data);
    worker.onerror = () => this.#giveUp(BROKEN);
    this.#worker = worker;
  }

  /** Stops what is being asked and starts anew with what is trusted. */
  cancel() {
    this.#worker.terminate();
    this.#giveUp(CANCELLED);
    this.#ready = this.#startAgain();
    return this.#ready;
  }

  async #startAgain() {
    await this.#start();
    for (const { question, files } of this.#kept.values()) await this.#post(question, files);
  }

  #giveUp(why) {
    for (const { reject } of this.#asked.values()) reject(new VerifierError(why));
    this.#asked.clear();
  }

  #hear({ id, done, answer, made, broken }) {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    if (done !== undefined) {
      asked.onProgress?.({ done: Math.min(done, asked.total), total: asked.total });
      return;
    }
    this.#asked.delete(id);
    if (broken !== undefined) asked.reject(new VerifierError(BROKEN));
    else if (answer.refused) asked.reject(new VerifierError(answer.refused));
    else asked.resolve({ ok: answer.ok, made });
  }

  async #send(question, files = [], onProgress = null) {
    await this.#ready;
    return this.#post(question, files, onProgress);
  }

  #post(question, files, onProgress = null) {
    const id = this.#next++;
    const total = files.reduce((sum, file) => sum + file.size, 0);
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject, onProgress, total });
      this.#worker.postMessage({ id, question, files });
    });
  }

  async #ask(name, values, files, onProgress) {
    return (await this.#send({ [name]: values }, files, onProgress)).ok;
  }

  /** Trusts a federation by the word of whoever gave the file. */
  async trust(blob) {
    const question = { trust: { file: asFile(0, blob) } };
    const { ok } = await this.#send(question, [blob]);
    this.#kept = new Map([["trust", { question, files: [blob] }]]);
    return ok;
  }

  /** Takes a newer version of the trusted federation. */
  async renew(blob) {
    const question = { renew: { file: asFile(0, blob) } };
    const { ok } = await this.#send(question, [blob]);
    if (ok.changed) this.#kept.set("renew", { question, files: [blob] });
    return ok;
  }

  /** Takes a status list, fetched at that time. */
  async addList(blob, fetched = null) {
    const question = { "add-list": { file: asFile(0, blob), fetched } };
    const { ok } = await this.#send(question, [blob]);
    // A list of the past that the reader gave stands beside the newest.
    const key = fetched === null ? `${ok.origin} ${ok.as_of}` : ok.origin;
    const older = this.#kept.get(key)?.as_of > ok.as_of;
    if (!older) this.#kept.set(key, { question, files: [blob], as_of: ok.as_of });
    return ok;
  }

  /**
   * Judges files: documents, receipts, sealed PDFs, dossiers; uses federation files, status lists,
   * Bitcoin headers and blocks of EVM chains among them.
   */
  async check(files, { at = null, sheet = null, layers = false } = {}, onProgress = null) {
    const now = Math.floor(Date.now() / 1000);
    const values = { files: files.map(asNamed), now, at, sheet, layers };
    const blobs = files.map(({ blob }) => blob);
    const answer = await this.#ask("check", values, blobs, onProgress);
    for (const { name, kind, refused } of answer.taken) {
      if (refused !== null) continue;
      const blob = files.find((file) => file.name === name).blob;
      const file = asNamed({ name, blob }, 0);
      const first = kind === "federation" && this.#kept.size === 0;
      const question = first ? { trust: { file: file.blob } } : AGAIN[kind](file);
      this.#kept.set(name, { question, files: [blob] });
    }
    return answer;
  }

  /** Receipt and original of a sealed PDF. */
  async extract(blob) {
    const { made } = await this.#send({ extract: { file: asFile(0, blob) } }, [blob]);
    return { receipt: made[0], original: made[1].slice(0, made[1].size, "application/pdf") };
  }

  /** What the text of a code on paper claims. */
  sheet(text) {
    return this.#ask("sheet", { text });
  }

  /** The text of the code in a picture, one grey byte a pixel. */
  async qr({ width, height, luma }) {
    const picture = new Blob([luma]);
    const text = await this.#ask("qr", { width, height, picture: asFile(0, picture) }, [
      picture,
    ]);
    return { text };
  }

  /** Digest and length of a document. */
  digest(blob, onProgress = null) {
    return this.#ask("digest", { file: asFile(0, blob) }, [blob], onProgress);
  }

  /** The PDF with its receipt in it. */
  async seal(blob, receiptText) {
    const files = [blob, new Blob([receiptText])];
    const values = { file: asFile(0, files[0]), receipt: asFile(1, files[1]) };
    const { made } = await this.#send({ seal: values }, files);
    return new Blob(made, { type: "application/pdf" });
  }

  /** Documents and receipts in one dossier. */
  async pack(files, onProgress = null) {
    const blobs = files.map(({ blob }) => blob);
    const question = { pack: { files: files.map(asNamed) } };
    const { made } = await this.#send(question, blobs, onProgress);
    return new Blob(made, { type: "application/zip" });
  }

  /** Who signed a checkpoint of a log. */
  checkpoint(origin, blob) {
    return this.#ask("checkpoint", { origin, file: asFile(0, blob) }, [blob]);
  }

  /** What to fetch to see and prove the entries of a bundle. */
  planEntries(size, bundle) {
    return this.#ask("plan-entries", { size, bundle });
  }

  /** The entries of a bundle, each proven to be in the tree of a published checkpoint. */
  entries({ origin, checkpoint, bundle, parts }) {
    const [named, files] = asParts(parts, [checkpoint]);
    const values = { origin, checkpoint: asFile(0, checkpoint), bundle, parts: named };
    return this.#ask("entries", values, files);
  }

  /** What to fetch to prove that a tree goes on from an older one. */
  planConsistency(oldSize, size) {
    return this.#ask("plan-consistency", { old_size: oldSize, size });
  }

  /** Proves that a published checkpoint goes on from an older one. */
  consistency({ origin, old, checkpoint, parts }) {
    const [named, files] = asParts(parts, [old, checkpoint]);
    const trees = { old: asFile(0, old), checkpoint: asFile(1, checkpoint) };
    return this.#ask("consistency", { origin, ...trees, parts: named }, files);
  }
}

function asFile(file, blob) {
  return { file, length: blob.size };
}

function asNamed({ name, blob }, file) {
  return { name, blob: asFile(file, blob) };
}

function asParts(parts, files) {
  const named = {};
  for (const [path, blob] of Object.entries(parts)) {
    named[path] = asFile(files.length, blob);
    files.push(blob);
  }
  return [named, files];
}
