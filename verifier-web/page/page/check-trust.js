// What the verifier trusts: the federation file that came with the page or that the reader chose, the
// newest one of the server that serves the page, and the status lists of all logs.
//
// Whatever is fetched or kept is verified before it counts, and nothing goes back to an older one. All
// lists are fetched as a whole when the page opens and every few minutes, never because of what is
// checked, so that no request says anything about a document.

import { INLINE, readPart } from "./parts.js";

const KEPT_NAME = "beleg-lists";
const FETCHED_HEADER = "beleg-fetched";
const RENEW_MS = 10 * 60 * 1000;
const FETCH_LIMIT_MS = 30 * 1000;
const AT_ONCE = 4;

/** Federation and lists that are in use, and where they came from. */
export class Trust {
  #verifier = null;
  #changed;

  /** `changed` is called whenever there is something new to show. */
  constructor(changed) {
    this.#changed = changed;
    /** @type {object|null} FederationView */
    this.federation = null;
    /** The file in use, for download. @type {Blob|null} */
    this.file = null;
    /** "built-in" | "chosen", and the name of a chosen file. */
    this.source = null;
    this.chosenName = null;
    /** When the server last gave what it has, in POSIX seconds; null if never. */
    this.fetched = null;
    /** "asking" | "done" | "unreachable" | "no-server" */
    this.server = INLINE ? "no-server" : "asking";
    /** Of each origin the list in use: {as_of, documents, fetched}. */
    this.lists = new Map();
    /** Names of the files of clocks outside the federation that are in use, by "headers" | "blocks". */
    this.outside = new Map();
    /** Origins whose list from the server does not count, with the code that says why. */
    this.refused = new Map();
  }

  /** What is on this device: the file that came with the page, and what was kept. */
  async start(verifier) {
    this.#verifier = verifier;
    const built = await readPart("page/federation").catch(() => null);
    if (built !== null && built.size > 0) await this.#trust(built, "built-in", null);
    this.#changed();
    if (INLINE) return;
    if (this.federation !== null) await this.#useKept();
    this.#changed();
    setInterval(() => document.visibilityState === "visible" && this.refresh(), RENEW_MS);
  }

  /** The reader's own word for a federation file. Throws if it is none. */
  async choose(file, name) {
    await this.#trust(file, "chosen", name);
    this.lists.clear();
    this.refused.clear();
    this.outside.clear();
    this.#changed();
    await this.refresh();
  }

  async #trust(file, source, name) {
    this.federation = await this.#verifier.trust(file);
    this.file = file;
    this.source = source;
    this.chosenName = name;
  }

  /** Files to be used that were among those to be checked. */
  async noteTaken(taken) {
    for (const { name, file, kind } of taken) {
      if (kind === "federation") await this.#renew(file, false);
      else if (kind === "headers" || kind === "blocks") this.outside.set(kind, name);
      else this.#note(await this.#verifier.addList(file, null), null);
    }
    this.#changed();
  }

  /** Asks the server for all that it has. */
  async refresh() {
    if (INLINE || this.federation === null) return;
    const asked = now();
    try {
      await this.#renew(await ask("federation"), true);
    } catch (error) {
      this.server = error instanceof NotServed ? "no-server" : "unreachable";
      return this.#changed();
    }
    const waiting = [...this.federation.authorities];
    const next = async () => {
      while (waiting.length > 0) await this.#fetchList(waiting.shift());
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    this.server = "done";
    this.fetched = asked;
    this.#changed();
  }

  /** A newer federation file counts only if it follows from the one in use. */
  async #renew(file, keep) {
    const answer = await this.#verifier.renew(file).catch(() => null);
    if (answer === null) return;
    if (answer.changed) {
      this.federation = answer.federation;
      this.file = file;
    }
    // What is kept is the newest that is known, also if the server has an older one.
    if (keep) await keepFile("federation", this.file, now());
  }

  async #fetchList(authority) {
    const path = `${authority.origin_hash}/v1/status-list`;
    const file = await ask(path).catch(() => null);
    if (file === null) return;
    const fetched = now();
    try {
      const list = await this.#verifier.addList(file, fetched);
      this.refused.delete(authority.origin);
      if (this.#note(list, fetched)) await keepFile(path, file, fetched);
    } catch (error) {
      if (error.code !== "cancelled") this.refused.set(authority.origin, error.code);
    }
    this.#changed();
  }

  /** True if it is not older than what is known. */
  #note(list, fetched) {
    const known = this.lists.get(list.origin);
    if (known !== undefined && known.as_of > list.as_of) return false;
    this.lists.set(list.origin, { as_of: list.as_of, documents: list.documents, fetched });
    return true;
  }

  async #useKept() {
    const federation = await keptFile("federation");
    if (federation !== null) await this.#renew(federation.file, false);
    for (const authority of this.federation.authorities) {
      const kept = await keptFile(`${authority.origin_hash}/v1/status-list`);
      if (kept === null) continue;
      const list = await this.#verifier.addList(kept.file, kept.fetched).catch(() => null);
      if (list !== null) this.#note(list, kept.fetched);
    }
  }
}

/** The server answers, and has nothing of the kind: a web server without a node. */
class NotServed extends Error {}

async function ask(path) {
  const answer = await fetch(path, { cache: "no-cache", signal: AbortSignal.timeout(FETCH_LIMIT_MS) });
  if (answer.status === 404) throw new NotServed(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.blob();
}

function now() {
  return Math.floor(Date.now() / 1000);
}

// The browser's cache for offline use. It may be missing (no HTTPS) or full: then nothing is kept.

async function keepFile(path, file, fetched) {
  try {
    const kept = await caches.open(KEPT_NAME);
    await kept.put(path, new Response(file, { headers: { [FETCHED_HEADER]: String(fetched) } }));
  } catch {
    // Without it the page works as long as it is online.
  }
}

async function keptFile(path) {
  try {
    const answer = await (await caches.open(KEPT_NAME)).match(path);
    if (answer === undefined) return null;
    const fetched = Number(answer.headers.get(FETCHED_HEADER));
    return { file: await answer.blob(), fetched: Number.isSafeInteger(fetched) ? fetched : null };
  } catch {
    return null;
  }
}
