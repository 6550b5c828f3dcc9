// How a page gets its parts: from the server that it came from. In the single HTML file, which has no
// server, parts-inline.js takes the place of this one.

export const INLINE = false;

/** A part of the page as a Blob; the path is relative to the page. Rejects if there is none. */
export async function readPart(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.blob();
}

/** A script of our own, in the form in which browsers with trusted types take it. */
export function scriptUrl(path) {
  return ownScripts ? ownScripts.createScriptURL(path) : path;
}

/** The worker that answers for the page. */
export function startWorker() {
  return new Worker(scriptUrl("page/worker.js"), { type: "module" });
}

const OWN_SCRIPTS = ["page/worker.js", "sw.js"];

const ownScripts = globalThis.trustedTypes?.createPolicy("beleg", {
  createScriptURL(path) {
    if (!OWN_SCRIPTS.includes(path)) throw new TypeError(`${path}: not a script of this page`);
    return path;
  },
});
