// What is being checked: the files that were given, the sheet, the moment, and the answers. It shows
// nothing; it asks the verifier and remembers until the page is closed or the reader begins anew.

import { joinFiles } from "./check-input.js";

const LAYERS_UP_TO = 12;
const FEDERATION_MARK = "beleg.federation/";

export class Session {
  #verifier;

  /** `verifier` gives the verifier once it has started. */
  constructor(verifier) {
    this.#verifier = verifier;
    this.forget();
  }

  forget() {
    /** @type {{name: string, blob: Blob}[]} */
    this.files = [];
    /** The text of a sheet's code and what it claims. */
    this.sheet = null;
    this.claims = null;
    /** A day as YYYY-MM-DD, and its last second as POSIX counts; null for now. */
    this.day = null;
    this.at = null;
    this.results = [];
    this.checkedAt = null;
    this.open = null;
    this.filter = "all";
    this.digests = new Map();
  }

  add(files) {
    this.files = joinFiles(this.files, files);
  }

  async takeSheet(text) {
    this.claims = await this.#verifier().sheet(text);
    this.sheet = text;
  }

  /** The last second of a day in UTC, as `beleg verify --at` takes it; today is now. */
  judgeAt(day) {
    const end = day === null ? null : Date.parse(`${day}T23:59:59Z`) / 1000;
    const past = end !== null && end < Date.now() / 1000;
    this.day = past ? day : null;
    this.at = past ? end : null;
  }

  /** Checks all files anew. Resolves to what was used and not judged: [{name, file, kind}]. */
  async check(onProgress) {
    const layers = this.files.length <= LAYERS_UP_TO;
    const answer = await this.#ask(this.files, layers, onProgress);
    this.results = answer.results;
    this.checkedAt = Math.floor(Date.now() / 1000);
    this.open = this.results.length === 1 ? 0 : null;
    const used = answer.taken.filter((one) => !one.refused);
    // They stay in use, and are not judged again with the next files.
    const names = new Set(answer.taken.map((one) => one.name));
    const taken = used.map(({ name, kind }) => ({ name, file: this.file(name), kind }));
    this.files = this.files.filter((file) => !names.has(file.name));
    return { taken, refused: answer.taken.filter((one) => one.refused) };
  }

  #ask(files, layers, onProgress) {
    const options = { at: this.at, sheet: this.sheet, layers };
    return this.#verifier().check(files, options, onProgress);
  }

  /** The layers of one of many answers, which were left out at first. */
  async loadLayers(place, onProgress) {
    const result = this.results[place];
    if (result.layers !== null || result.receipt === null) return;
    const files = this.files.filter((file) => belongs(file.name, result));
    const answer = await this.#ask(files, true, onProgress);
    result.layers = answer.results.find((one) => one.file === result.file)?.layers ?? null;
  }

  file(name) {
    return this.files.find((file) => file.name === name)?.blob ?? null;
  }

  /** SHA-256 of the document of an answer: the one that was proven, or the file's own. */
  async digest(result) {
    const said = result.document?.fields.find((field) => field.name === "content")?.value;
    if (result.lines?.content.state === "good" && said) return said.split(" ")[1];
    const blob = this.file(result.file);
    if (blob === null) return null;
    if (!this.digests.has(result.file)) {
      this.digests.set(result.file, (await this.#verifier().digest(blob, () => {})).sha256);
    }
    return this.digests.get(result.file);
  }

  /** The answer for the document that took the place of this one, if it was given too. */
  successorOf(result) {
    const commitment = result.status?.successor ?? null;
    if (commitment === null) return -1;
    return this.results.findIndex((one) => one.document?.commitment === commitment);
  }
}

/** The document, its receipt, or the dossier that it is in. */
function belongs(name, result) {
  return name === result.file || name === result.receipt || result.file.startsWith(`${name}/`);
}

/** The first federation file among these. */
export async function findFederation(files) {
  for (const file of files) {
    const head = await file.blob.slice(0, FEDERATION_MARK.length).text().catch(() => "");
    if (head === FEDERATION_MARK) return file;
  }
  return null;
}
