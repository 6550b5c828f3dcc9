// How a page gets its parts: from the server that it came from. In the single HTML file, which has no
// server, parts-inline.js takes the place of this one.

export const INLINE = false;

/** A part of the page as a Blob; the path is relative to the page. Rejects if there is none. */
export async function readPart(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.blob();
}
