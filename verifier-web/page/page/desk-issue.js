// Issues the rows of the list: hashed here, sent as digest and fields, asked for again until there is a
// receipt, checked, and put into its PDF. The bytes of a document are never sent.

import { CallError } from "./desk-calls.js";
import { fieldsOf } from "./desk-rows.js";

const AT_ONCE = 6;
const FIXED_PARTS = ["type", "unit", "valid-until", "date", "reference"];

/** One run after the other over the same list; what is issued is never issued again. */
export class IssueRun {
  #desk;
  #verifier;
  #salt = crypto.getRandomValues(new Uint32Array(8)).join("-");
  #changed;
  #pauseUntil = 0;
  #keys = new Map();
  running = false;
  stopping = false;

  constructor(desk, verifier, changed) {
    this.#desk = desk;
    this.#verifier = verifier;
    this.#changed = changed;
  }

  /** Works until every row has a receipt or a problem, or until it is stopped. */
  async run(rows, common) {
    this.running = true;
    this.stopping = false;
    const waiting = rows.filter((row) => !row.done);
    for (const row of waiting) [row.state, row.error] = ["new", null];
    const worker = async () => {
      for (let row = waiting.shift(); row !== undefined && !this.stopping; row = waiting.shift()) {
        await this.#issue(row, common);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    this.running = false;
    this.#changed(null);
  }

  /** No further request is begun; those on the way are waited for. */
  stop() {
    this.stopping = true;
    this.#changed(null);
  }

  async #issue(row, common) {
    try {
      this.#set(row, "work");
      // What may have been taken in already is sent again as it was, or it would be issued twice.
      const fields = row.frozen ?? fieldsOf(row, common);
      row.digest ??= await this.#verifier.digest(row.file);
      const key = await this.#keyOf(row, fields);
      row.frozen = fields;
      const answer = await this.#send(row, fields, key);
      if (answer === null) return this.#set(row, "new");
      row.receipt = answer.receipt;
      row.status = answer.status;
      await this.#finish(row);
      this.#set(row, "issued");
    } catch (error) {
      row.error = error;
      const refused = error instanceof CallError && ![null, 401].includes(error.status);
      if (refused) row.frozen = null;
      this.#set(row, "failed");
      if (error.status === 401) this.stop();
    }
  }

  /** A key of this content and these fields, other in every session; twice in the list is a slip. */
  async #keyOf(row, fields) {
    const { sha256, length } = row.digest;
    const text = JSON.stringify([this.#salt, sha256, length, row.mediaType, fields]);
    const key = `desk-${(await this.#verifier.digest(new Blob([text]))).sha256}`;
    const other = this.#keys.get(key);
    if (other !== undefined && other !== row && other.state !== "failed") throw new CallError(null, "twice-in-list");
    this.#keys.set(key, row);
    return key;
  }

  async #send(row, fields, key) {
    while (!this.stopping) {
      await this.#pause(row);
      if (this.stopping) break;
      try {
        return await this.#desk.ask("POST", "v1/documents", { body: formOf(row, fields), key });
      } catch (error) {
        if (!(error instanceof CallError) || error.again === null) throw error;
        row.error = error;
        this.#pauseUntil = Math.max(this.#pauseUntil, Date.now() + error.again * 1000);
      }
    }
    return null;
  }

  /** What the node asked one request to wait holds for all. */
  async #pause(row) {
    while (Date.now() < this.#pauseUntil && !this.stopping) {
      this.#set(row, "wait");
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    row.error = null;
    this.#set(row, "work");
  }

  /** A receipt that does not fit its document is not handed out; a PDF gets it inside if it can. */
  async #finish(row) {
    const proof = { name: `${row.name}.tlog-proof`, blob: new Blob([row.receipt]) };
    const { results } = await this.#verifier.check([{ name: row.name, blob: row.file }, proof]);
    const verdict = results[0];
    if (verdict === undefined || verdict.lines?.content?.state !== "good" || verdict.verdict === "INVALID") {
      throw new CallError(null, "receipt-does-not-fit", verdict?.message ?? "");
    }
    if (row.mediaType !== "application/pdf") return;
    try {
      row.sealed = await this.#verifier.seal(row.file, row.receipt);
    } catch (error) {
      row.unsealed = error;
    }
  }

  #set(row, state) {
    if (row.state === state) return;
    row.state = state;
    this.#changed(row);
  }
}

/** The form as docs/hosted.md describes it, with the digest in the place of the file. */
function formOf(row, fields) {
  const form = new FormData();
  for (const [name, value] of fields) form.append(FIXED_PARTS.includes(name) ? name : `field.${name}`, value);
  form.append("sha256", row.digest.sha256);
  form.append("length", String(row.digest.length));
  form.append("media-type", row.mediaType);
  return form;
}
