// A table that the office's program has exported: comma, semicolon or tab, quoted as RFC 4180 says, in
// UTF-8 or in the code page that spreadsheets of western Europe still write.

const CSV_BYTES = 8 * 1024 * 1024;
const COLUMNS = {
  file: ["file", "filename", "datei", "dateiname"],
  reference: ["reference", "ref", "aktenzeichen", "referenz", "zeichen"],
  type: ["type", "art", "typ", "dokumentart"],
  unit: ["unit", "stelle", "amt", "organisationseinheit"],
  "valid-until": ["valid-until", "valid until", "gueltig-bis", "gueltig bis", "g\u00fcltig bis", "g\u00fcltig-bis"],
  date: ["date", "datum"],
};

/** Rows as {file, own: {name: value}}; throws an Error whose message is the key of a word. */
export async function readCsv(blob) {
  if (blob.size > CSV_BYTES) throw new Error("desk.csv.large");
  const lines = splitCsv(decodeText(await blob.arrayBuffer()));
  if (lines.length < 2) throw new Error("desk.csv.empty");
  const heads = lines[0].map(columnName);
  if (!heads.includes("file")) throw new Error("desk.csv.no-file");
  return lines.slice(1).map((cells) => {
    const own = {};
    let file = "";
    heads.forEach((head, at) => {
      const value = (cells[at] ?? "").trim();
      if (head === "file") file = value;
      else if (head !== "" && value !== "") own[head] = head === "date" || head === "valid-until" ? isoDay(value) : value;
    });
    return { file, own };
  });
}

function columnName(text) {
  const plain = text.trim().toLowerCase();
  const known = Object.keys(COLUMNS).find((name) => COLUMNS[name].includes(plain));
  return known ?? plain.replace(/^(field|feld)\./, "").replaceAll(/[ _]+/g, "-");
}

/** 24.12.2026 as 2026-12-24; anything else as it is. */
export function isoDay(text) {
  const found = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text);
  if (!found) return text;
  return `${found[3]}-${found[2].padStart(2, "0")}-${found[1].padStart(2, "0")}`;
}

function decodeText(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** Cells of each line that is not empty; the separator is the one that the first line has most of. */
export function splitCsv(text) {
  const first = text.slice(0, Math.max(0, text.search(/[\r\n]/)) || text.length);
  const count = (sign) => first.split(sign).length;
  const separator = [";", ",", "\t"].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
  const lines = [];
  let [line, cell, quoted] = [[], "", false];
  const endCell = () => {
    line.push(cell);
    cell = "";
  };
  const endLine = () => {
    endCell();
    if (line.some((value) => value.trim() !== "")) lines.push(line);
    line = [];
  };
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quoted && sign === '"' && text[at + 1] === '"') [cell, at] = [`${cell}"`, at + 1];
    else if (sign === '"' && (quoted || cell === "")) quoted = !quoted;
    else if (quoted) cell += sign;
    else if (sign === separator) endCell();
    else if (sign === "\n") endLine();
    else if (sign !== "\r") cell += sign;
  }
  if (cell !== "" || line.length > 0) endLine();
  return lines;
}
