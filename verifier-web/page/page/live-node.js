// What the federation's page asks its own server for, and no other: bounded in time and bytes.

const ANSWER_MS = 20_000;
const ANSWER_BYTES = 32 * 1024 * 1024;

/** The server gave no usable answer; `status` is null if it gave none at all. */
export class NodeError extends Error {
  constructor(status, path) {
    super(status === null ? `no answer: ${path}` : `${status}: ${path}`);
    this.status = status;
  }
}

/** The bytes at a path below the page. */
export async function askNode(path, fresh = false) {
  let answer;
  try {
    const cache = fresh ? "no-store" : "default";
    const signal = AbortSignal.timeout(ANSWER_MS);
    answer = await fetch(path, { signal, cache, credentials: "same-origin", redirect: "error" });
  } catch {
    throw new NodeError(null, path);
  }
  if (!answer.ok) throw new NodeError(answer.status, path);
  return readBounded(answer, path);
}

/** JSON at a path, never from a cache. */
export async function askNodeJson(path) {
  const text = await (await askNode(path, true)).text();
  try {
    return JSON.parse(text);
  } catch {
    throw new NodeError(200, path);
  }
}

async function readBounded(answer, path) {
  const pieces = [];
  let bytes = 0;
  const reader = answer.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return new Blob(pieces);
      bytes += value.length;
      if (bytes > ANSWER_BYTES) throw new NodeError(413, path);
      pieces.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error instanceof NodeError ? error : new NodeError(null, path);
  }
}

/**
 * A tile or entry bundle of a log. A partial one may be gone once the full one is there; then the full
 * one is fetched, and the verifier takes of it what it needs.
 */
export async function askTile(originHash, path) {
  try {
    return await askNode(`${originHash}/${path}`);
  } catch (error) {
    const partial = /^(.+)\.p\/\d+$/.exec(path);
    if (error.status !== 404 || partial === null) throw error;
    return askNode(`${originHash}/${partial[1]}`);
  }
}
