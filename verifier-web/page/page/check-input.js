// Where files come from: dropped, also as folders, chosen, or pasted. What comes out is a list of
// {name, blob}; nothing is read yet.

const MOST_FILES = 20000;

/** Calls `take(files)` for whatever is dropped anywhere on the page or chosen in the input. */
export function listenForFiles(drop, input, take) {
  input.addEventListener("change", () => {
    take([...input.files].map(namedFile));
    input.value = "";
  });
  let depth = 0;
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    drop.classList.toggle("drop-over", depth > 0);
  };
  addEventListener("dragenter", (event) => hasFiles(event) && mark(1));
  addEventListener("dragleave", (event) => hasFiles(event) && mark(-1));
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    mark(-depth);
    take(await droppedFiles(event.dataTransfer));
  });
}

/** Files that are in the clipboard, as a file manager puts them there. */
export function listenForPaste(take) {
  addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files].map(namedFile);
    if (files.length === 0) return;
    event.preventDefault();
    take(files);
  });
}

function hasFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

function namedFile(file) {
  return { name: file.webkitRelativePath || file.name, blob: file };
}

/** Folders are walked; the entries must be asked for before anything is waited for. */
async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const files = [...transfer.files].map(namedFile);
  if (!entries.some((entry) => entry?.isDirectory)) return files;
  const found = [];
  for (const entry of entries) if (entry !== null) await walk(entry, "", found);
  return found;
}

/** Hidden files are passed over, as in a folder that a program checks. */
async function walk(entry, path, found) {
  if (entry.name.startsWith(".") || found.length >= MOST_FILES) return;
  if (entry.isFile) {
    const blob = await new Promise((done, failed) => entry.file(done, failed));
    found.push({ name: path + entry.name, blob });
    return;
  }
  for (const inner of await innerEntries(entry.createReader())) {
    await walk(inner, `${path}${entry.name}/`, found);
  }
}

/** A reader gives entries in parts, and an empty part at the end. */
async function innerEntries(reader) {
  const all = [];
  for (;;) {
    const part = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (part.length === 0 || all.length > MOST_FILES) return all;
    all.push(...part);
  }
}

/** Adds files to those that are there; one of the same name takes the place of the other. */
export function joinFiles(known, added) {
  const byName = new Map(known.map((file) => [file.name, file]));
  for (const file of added) byName.set(file.name, file);
  return [...byName.values()];
}
