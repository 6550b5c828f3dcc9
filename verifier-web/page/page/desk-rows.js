// The list of files to be issued: what is said of each, what is wrong with it before anything is sent,
// and what has become of it. Nothing of it outlives the page.

import { safeName } from "./check-save.js";

const FIXED = ["type", "unit", "valid-until", "date", "reference"];
const VALUE_BYTES = 4_096;
const FILE_BYTES = 2 ** 53;
const RESERVED = [...FIXED, "content"];
const CHANGES_DIRECTION = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

let serial = 0;

/** One file. `state`: new, work, wait, issued, failed. */
export class Row {
  constructor(file) {
    serial += 1;
    this.id = serial;
    this.file = file;
    this.name = file.name;
    this.own = {};
    this.state = "new";
    this.error = null;
    this.digest = null;
    this.frozen = null;
    this.receipt = null;
    this.sealed = null;
    this.unsealed = null;
    this.status = null;
    this.saved = false;
  }

  get done() {
    return this.state === "issued";
  }

  get mediaType() {
    const told = this.file.type.split(";")[0].trim().toLowerCase();
    if (/^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(told)) return told;
    return /\.pdf$/i.test(this.name) ? "application/pdf" : "application/octet-stream";
  }
}

/** The fields of a row in the order in which they are sent: its own before those for all. */
export function fieldsOf(row, common) {
  const all = { ...common, ...row.own };
  const fixed = FIXED.map((name) => [name, all[name] ?? ""]).filter(([, value]) => value !== "");
  const free = Object.keys(all).filter((name) => !FIXED.includes(name) && all[name] !== "");
  return [...fixed, ...free.sort().map((name) => [name, all[name]])];
}

/** What is wrong with a row: keys of words with values. Empty: it can be sent. */
export function problemsOf(row, common, types) {
  const fields = new Map(fieldsOf(row, common));
  const found = [];
  const type = fields.get("type");
  if (type === undefined) found.push(["desk.problem.type-missing", {}]);
  else if (!types.includes(type)) found.push(["desk.problem.type-not-allowed", { type }]);
  if (!fields.has("unit")) found.push(["desk.problem.unit-missing", {}]);
  const last = fields.get("valid-until") ?? "none";
  if (last !== "none" && !isDay(last)) found.push(["desk.problem.valid-until", { value: last }]);
  else if (last !== "none" && last < today()) found.push(["desk.problem.past", { value: last }]);
  const date = fields.get("date");
  if (date !== undefined && !isDay(date)) found.push(["desk.problem.date", { value: date }]);
  for (const [name, value] of fields) {
    if (!/^[a-z0-9-]{1,64}$/.test(name)) found.push(["desk.problem.name", { name }]);
    if (name === "content") found.push(["desk.problem.name", { name }]);
    if (CHANGES_DIRECTION.test(value) || value !== value.trim()) found.push(["desk.problem.value", { name }]);
    if (new TextEncoder().encode(value).length > VALUE_BYTES) found.push(["desk.problem.long", { name }]);
  }
  if (row.file.size === 0) found.push(["desk.problem.empty", {}]);
  if (row.file.size > FILE_BYTES) found.push(["desk.problem.large", {}]);
  return found;
}

/** Further fields as lines "name = value"; what is no such line is named. */
export function parseFields(text) {
  const fields = {};
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const at = line.search(/[=:]/);
    const name = line.slice(0, at < 0 ? line.length : at).trim().toLowerCase();
    const value = at < 0 ? "" : line.slice(at + 1).trim();
    if (value === "" || RESERVED.includes(name) || Object.hasOwn(fields, name)) throw new Error(line.trim());
    fields[name] = value;
  }
  return fields;
}

export function fieldsText(fields) {
  const free = Object.entries(fields).filter(([name]) => !FIXED.includes(name));
  return free.map(([name, value]) => `${name} = ${value}`).join("\n");
}

function isDay(text) {
  const time = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function today() {
  return new Date().toISOString().slice(0, 10);
}

/** Names under which files are handed out, each once where capitals do not count. */
export function uniqueNames(rows) {
  const taken = new Set();
  return rows.map((row) => {
    const name = safeName(row.name);
    const dot = name.lastIndexOf(".") > 0 ? name.lastIndexOf(".") : name.length;
    let unique = name;
    for (let number = 2; taken.has(unique.toLowerCase()); number++) {
      unique = `${name.slice(0, dot)}-${number}${name.slice(dot)}`;
    }
    taken.add(unique.toLowerCase());
    return unique;
  });
}
