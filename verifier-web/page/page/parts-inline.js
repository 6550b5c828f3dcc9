// What parts.js is to a page that a server serves, for the single HTML file: the parts stand in the
// page itself, each in an element of its own as base64.

export const INLINE = true;

/** A part of the page as a Blob, by the path that it has on a server. Rejects if there is none. */
export async function readPart(path) {
  return partOf(path);
}

function partOf(path) {
  const element = document.getElementById(`part:${path}`);
  if (element === null) throw new Error(`${path}: not in this file`);
  return new Blob([Uint8Array.from(atob(element.textContent), (letter) => letter.charCodeAt(0))]);
}

/** No script lies beside the single file. */
export function scriptUrl(path) {
  throw new TypeError(`${path}: not in this file`);
}

/** The worker that answers for the page; its code stands in the page too. */
export function startWorker() {
  const code = URL.createObjectURL(new Blob([partOf("page/worker.js")], { type: "text/javascript" }));
  return new Worker(ownWorker ? ownWorker.createScriptURL(code) : code);
}

const ownWorker = globalThis.trustedTypes?.createPolicy("beleg", {
  createScriptURL: (url) => url,
});
