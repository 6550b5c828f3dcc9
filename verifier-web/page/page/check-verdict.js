// One answer: the word, what it means and what to do, the four lines, what the document says, and what
// the check was of. Everything that comes from outside is set as text.

import { element, pair } from "./element.js";
import { icon } from "./icons.js";
import { showDetails } from "./check-details.js";
import { saveButton, safeName } from "./check-save.js";
import { isolated } from "./words.js";

const WORD_STATES = { VALID: "good", INVALID: "bad", "CANNOT TELL": "unknown" };
const LINE_NAMES = ["content", "issuer", "time", "status"];
const KNOWN_FIELDS = ["type", "unit", "valid-until", "date", "reference"];
/** Codes that a file gets which was only opened in a program and saved, or printed and scanned. */
const SAVED_ANEW = ["content-differs", "sealed-file-changed"];
/** Codes that another file of the reader may mend. */
const MORE_FILES = ["receipt-missing", "content-not-given", "receipt-unreadable", "sheet-field-hidden"];

export function wordState(verdict) {
  return WORD_STATES[verdict] ?? "unknown";
}

/** The word of a verdict, such as "Valid". */
export function verdictWord(words, verdict) {
  return words.say(`word.${wordState(verdict)}`);
}

/** What is read out when an answer appears. */
export function spokenAnswer(words, result) {
  const key = `code.${result.code}`;
  return `${verdictWord(words, result.verdict)}. ${words.has(key) ? words.say(key) : ""}`;
}

/** A sentence of a code. An unknown one is said in the verifier's own English words. */
export function codeNodes(words, kind, code, english) {
  const key = `${kind}.${code}`;
  if (words.has(key)) return words.nodes(key);
  return [element("span", { lang: "en" }, english)];
}

/**
 * Fills the section with one answer. `context` holds: digest (hex, or null while it is computed), size,
 * checkedAt, at, federation, successor ({name, open} or null), back, again(), more(), judgeAt(day),
 * receipt(), original() or null, federationFile().
 */
export function showVerdict(section, words, result, context) {
  const state = wordState(result.verdict);
  Object.assign(section.dataset, { verdict: result.verdict, code: result.code, state });
  section.dataset.file = result.file;
  section.setAttribute("aria-labelledby", "verdict-word");
  section.replaceChildren(
    ...present([
      context.back && backButton(words, context.back),
      headline(words, result, state, context),
      meaning(words, result, context),
      result.lines && lines(words, result),
      successorPart(words, result, context),
      result.document && documentPart(words, result),
      atPart(words, context),
      aboutPart(words, result, context),
      actions(words, result, context),
      result.layers && showDetails(words, result),
    ]),
  );
}

function present(parts) {
  return parts.filter((part) => part);
}

function backButton(words, back) {
  const look = { type: "button", class: "button no-print", id: "back", onclick: back };
  return element("button", look, icon("back"), words.say("back"));
}

function headline(words, result, state, context) {
  const file = isolated(result.file);
  const time = context.at === null ? null : words.time(context.at);
  return element(
    "div",
    { class: "verdict", "data-state": state },
    icon(state),
    element(
      "div",
      {},
      element("h1", { id: "verdict-word", class: "word", tabindex: "-1" }, verdictWord(words, result.verdict)),
      element("p", { class: "verdict-file" }, file),
      time === null ? null : element("p", { class: "verdict-file", id: "as-of" }, ...words.nodes("at.banner", { time })),
    ),
  );
}

function meaning(words, result, context) {
  const saved = SAVED_ANEW.includes(result.code);
  const means = `mean.${result.code}`;
  return element(
    "div",
    { class: "meaning" },
    element("p", { class: "sentence" }, ...codeNodes(words, "code", result.code, result.message)),
    words.has(means) ? element("p", { id: "means" }, words.say(means)) : null,
    saved ? savedAnew(words) : null,
    element(
      "p",
      { id: "next" },
      element("strong", {}, `${words.say("next.title")} `),
      ...codeNodes(words, "next", result.code, result.next_step),
    ),
    MORE_FILES.includes(result.code) ? moreButton(words, result.code, context.more) : null,
  );
}

function moreButton(words, code, more) {
  const look = { type: "button", class: "button button-main no-print", id: "more", onclick: more };
  return element("button", look, words.say(code === "content-not-given" ? "more.document" : "more.receipt"));
}

/** Most files that differ are no forgeries, and a reader should know what happens to files. */
function savedAnew(words) {
  const ways = ["saved.opened", "saved.printed", "saved.mail", "saved.photo"];
  return element(
    "div",
    { class: "notice", "data-state": "unknown", id: "saved-anew" },
    element("h2", {}, words.say("saved.title")),
    element("p", {}, words.say("saved.text")),
    element("ul", {}, ...ways.map((way) => element("li", {}, words.say(way)))),
    element("p", {}, words.say("saved.but")),
  );
}

// The four lines

function lines(words, result) {
  const line = (name) => {
    const { state, code } = result.lines[name];
    return element(
      "li",
      { class: "line", "data-line": name, "data-state": state, "data-code": code },
      icon(state),
      element(
        "div",
        {},
        element("h2", {}, words.say(`line.${name}`), " ", element("span", { class: "line-state" }, words.say(`state.${state}`))),
        element("p", {}, ...lineNodes(words, result, name)),
      ),
    );
  };
  return element("ol", { class: "lines", id: "lines", role: "list" }, ...LINE_NAMES.map(line));
}

function lineNodes(words, result, name) {
  const line = result.lines[name];
  const good = line.state === "good" ? goodNodes(words, result, name) : null;
  if (good !== null) return good;
  const nodes = codeNodes(words, "code", line.code, line.message);
  if (name !== "status" || result.status === null) return nodes;
  const key = line.state === "bad" ? "line.status.as-of" : "line.status.was";
  return [...nodes, " ", ...words.nodes(key, statusValues(words, result.status))];
}

/** A good line says what was found; null if that is not at hand. */
function goodNodes(words, result, name) {
  const { document, issuer, log, status } = result;
  if (name === "content" && document !== null) {
    const values = { size: words.bytes(document.length), type: mediaWord(words, document.media_type) };
    return words.nodes("line.content.good", values);
  }
  if (name === "issuer" && document !== null && issuer !== null && log !== null) {
    const { type, unit } = document;
    return words.nodes("line.issuer.good", { issuer: issuer.name, authority: log.authority_name, type, unit });
  }
  if (name === "time" && log !== null) {
    const values = { time: words.time(log.proven_time), operators: words.list(log.operators) };
    const proven = words.nodes("line.time.good", { ...values, n: log.operators.length });
    return [...proven, ...result.anchors.flatMap((anchor) => anchorNodes(words, anchor))];
  }
  if (name === "status" && status !== null) {
    const until = document?.valid_until ?? null;
    const last = until === null ? words.nodes("line.until.none") : words.nodes("line.until", { day: words.day(until) });
    return [...words.nodes("line.status.good", statusValues(words, status)), " ", ...last];
  }
  return null;
}

/** Codes of evidence that could be judged with headers or block hashes that were not given. */
const NOTHING_AT_HAND = ["anchor-no-headers", "anchor-above-tip", "anchor-block-not-known"];

/** What a clock outside the federation says. */
function anchorNodes(words, anchor) {
  const { kind, state, code } = anchor;
  if (state === "good") return [" ", ...words.nodes(`anchor.${kind}`, goodValues(words, anchor))];
  const clock = words.say(`anchor.clock.${kind}`);
  const lacking = NOTHING_AT_HAND.includes(code) ? "anchor.lacking" : "anchor.unknown";
  return [" ", ...words.nodes(state === "false" ? "anchor.false" : lacking, { clock })];
}

function goodValues(words, { time, bitcoin, evm, tsa }) {
  const at = { time: words.time(time) };
  if (bitcoin !== null) return { ...at, height: words.number(bitcoin.height), n: bitcoin.depth };
  if (evm !== null) return { ...at, chain: evm.chain, number: words.number(evm.number) };
  return { ...at, authority: tsa.authority, subject: tsa.subject };
}

function statusValues(words, status) {
  return {
    time: words.time(status.as_of),
    age: words.age(status.age_s),
    source: words.say(`source.${status.source}`),
    state: words.say(`status.${status.state}`),
  };
}

function mediaWord(words, type) {
  return words.has(`media.${type}`) ? words.say(`media.${type}`) : type;
}

// What belongs to it

function successorPart(words, result, context) {
  const successor = result.status?.successor ?? null;
  if (successor === null) return null;
  const known = context.successor;
  const open = known && element("button", { type: "button", class: "button", id: "open-newer", onclick: known.open }, words.say("newer.open"));
  const text = known ? words.nodes("newer.here", { name: known.name }) : words.nodes("newer.ask");
  return element(
    "section",
    { class: "part", id: "newer" },
    element("h2", {}, words.say("newer.title")),
    element("p", {}, ...text),
    element("p", { class: "small" }, words.say("newer.code"), " ", element("span", { class: "hash" }, successor)),
    open,
  );
}

function documentPart(words, result) {
  const { document, verdict } = result;
  const shown = document.fields.filter((field) => field.name !== "content");
  const rows = shown.flatMap((field) => fieldRow(words, field));
  const n = document.hidden_fields;
  const matches = result.lines?.content.state === "good";
  return element(
    "section",
    { class: "part", id: "fields", "data-hidden": n },
    element("h2", {}, words.say(matches ? "fields.title" : "fields.title.other")),
    element("p", { class: "quiet" }, words.say(verdict === "VALID" ? "fields.claimed" : "fields.claimed.not")),
    element("dl", { class: "pairs" }, ...rows),
    n > 0 ? element("p", { class: "notice", "data-state": "unknown" }, words.say("fields.hidden", { n })) : null,
  );
}

/** Name and value of a field; the names that every document has are said in the reader's language. */
export function fieldRow(words, field) {
  const known = KNOWN_FIELDS.includes(field.name);
  const name = known ? words.say(`field.${field.name}`) : isolated(field.name);
  const row = pair(name, isolated(fieldValue(words, field)));
  row[1].dataset.field = field.name;
  return row;
}

function fieldValue(words, field) {
  if (field.name === "valid-until" && field.value === "none") return words.say("field.none");
  if (field.name === "valid-until" || field.name === "date") return words.day(field.value);
  return field.value;
}

function atPart(words, context) {
  const today = new Date().toISOString().slice(0, 10);
  const input = element("input", { type: "date", id: "at-day", max: today, value: context.day ?? "" });
  const judge = () => input.value !== "" && input.reportValidity() && context.judgeAt(input.value);
  const now = element("button", { type: "button", class: "button", onclick: () => context.judgeAt(null) }, words.say("at.now"));
  return element(
    "details",
    { class: "part no-print", id: "at", open: context.at !== null },
    element("summary", {}, words.say("at.title")),
    element("p", {}, words.say("at.text")),
    element("label", { for: "at-day" }, words.say("at.day")),
    element(
      "div",
      { class: "row" },
      input,
      element("button", { type: "button", class: "button", id: "at-judge", onclick: judge }, words.say("at.judge")),
      context.at !== null ? now : null,
    ),
  );
}

function aboutPart(words, result, context) {
  const digest = element("span", { class: "hash", id: "digest" }, context.digest ?? words.say("about.digest.wait"));
  const federation = result.federation ?? context.federation;
  const rows = [
    pair(words.say("about.file"), isolated(result.file)),
    context.size !== null && pair(words.say("about.size"), words.bytes(context.size)),
    context.size !== null && pair(words.say("about.digest"), digest),
    pair(words.say("about.checked"), words.time(context.checkedAt)),
    pair(words.say("about.federation"), ...words.nodes("about.federation.text", { name: federation.name, n: federation.version })),
  ];
  return element(
    "section",
    { class: "part", id: "about" },
    element("h2", {}, words.say("about.title")),
    element("dl", { class: "pairs" }, ...present(rows).flat()),
    element("p", { class: "only-print" }, words.say("about.print")),
  );
}

function actions(words, result, context) {
  const name = safeName(result.file);
  const { layers, ...verdict } = result;
  const original = context.original && saveButton(words, "save.original", originalName(name), context.original, "application/pdf");
  const receipt = context.receipt && saveButton(words, "save.receipt", `${originalName(name)}.tlog-proof`, context.receipt, "text/plain");
  return element(
    "section",
    { class: "part no-print", id: "actions" },
    element("h2", {}, words.say("keep.title")),
    element(
      "div",
      { class: "row" },
      element("button", { type: "button", class: "button", id: "print", onclick: () => print() }, icon("print"), words.say("print")),
      receipt,
      original,
      saveButton(words, "save.verdict", `${name}.verdict.json`, () => verdict),
      layers ? saveButton(words, "save.layers", `${name}.layers.json`, () => layers) : null,
      saveButton(words, "save.federation", "federation", context.federationFile, "text/plain"),
    ),
    element("button", { type: "button", class: "button button-main", id: "again", onclick: context.again }, words.say("again")),
  );
}

/** NAME.sealed.pdf was NAME.pdf. */
function originalName(name) {
  return name.replace(/\.sealed\.pdf$/i, ".pdf").replace(/\.tlog-proof$/, "");
}
