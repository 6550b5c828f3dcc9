// What parts.js is to a page that a server serves, for the single HTML file: the parts stand in the
// page itself, each in an element of its own as base64.

export const INLINE = true;

/** A part of the page as a Blob, by the path that it has on a server. Rejects if there is none. */
export async function readPart(path) {
  const element = document.getElementById(`part:${path}`);
  if (element === null) throw new Error(`${path}: not in this file`);
  return new Blob([Uint8Array.from(atob(element.textContent), (letter) => letter.charCodeAt(0))]);
}
