// Shows what the verifier trusts: whose word the federation is, how old the status lists are, and what
// can be done where something is missing.

import { element, pair } from "./element.js";
import { INLINE } from "./parts.js";
import { saveButton } from "./check-save.js";
import { isolated } from "./words.js";

/** Fills the section. `choose(file)` is called with a federation file that the reader chose. */
export function showTrust(section, words, trust, choose) {
  const body = section.querySelector("#trust-body");
  const federation = trust.federation;
  section.dataset.trust = federation === null ? "none" : trust.source;
  section.dataset.server = trust.server;
  if (federation === null) {
    body.replaceChildren(...askForFederation(words, choose));
    return;
  }
  section.dataset.federation = federation.id;
  section.dataset.version = String(federation.version);
  body.replaceChildren(
    element("p", { class: "trust-name" }, ...words.nodes("trust.name", { name: federation.name })),
    element("p", {}, ...sourceWords(words, trust)),
    listsLine(words, trust),
    ...outsideLines(words, trust),
    moreAbout(words, trust, choose),
  );
}

function askForFederation(words, choose) {
  return [
    element("p", { class: "notice", "data-state": "unknown" }, words.say("trust.none")),
    element("p", {}, words.say("trust.none.where")),
    chooseFederation(words, "trust.choose", "button button-main", choose),
  ];
}

/** A button that asks for a federation file. */
function chooseFederation(words, key, look, choose) {
  const input = element("input", {
    type: "file",
    class: "unseen",
    tabindex: "-1",
    "aria-hidden": "true",
    "data-federation-input": true,
    onchange: () => input.files.length > 0 && choose(input.files[0]),
  });
  const press = () => input.click();
  const button = element("button", { type: "button", class: look, onclick: press }, words.say(key));
  return element("div", { class: "row" }, button, input);
}

function sourceWords(words, trust) {
  if (trust.source === "chosen") return words.nodes("trust.chosen", { name: trust.chosenName });
  if (location.protocol === "file:") return words.nodes("trust.file");
  return words.nodes("trust.built", { host: location.host });
}

/** How old what is known of withdrawals is, in one sentence with its state. */
function listsLine(words, trust) {
  const { state, nodes } = listsState(words, trust);
  return element("p", { class: "notice", id: "trust-lists", "data-state": state }, ...nodes);
}

function listsState(words, trust) {
  const times = [...trust.lists.values()].map((list) => list.as_of);
  const n = times.length;
  const all = trust.federation.authorities.length;
  if (n === 0) {
    const key = trust.server === "asking" ? "trust.lists.asking" : "trust.lists.none";
    return { state: "unknown", nodes: words.nodes(key) };
  }
  const oldest = Math.min(...times);
  const age = Math.floor(Date.now() / 1000) - oldest;
  const values = { n, all, time: words.time(oldest), age: words.age(age) };
  const nodes = words.nodes("trust.lists", values);
  if (trust.server === "unreachable") nodes.push(" ", ...words.nodes("trust.offline"));
  const fresh = n === all && age <= trust.federation.status_age_s && trust.refused.size === 0;
  return { state: fresh ? "good" : "unknown", nodes };
}

/** By what clocks outside the federation are judged: files that the reader gave. */
function outsideLines(words, trust) {
  const line = ([kind, name]) =>
    element("p", { class: "quiet", "data-outside": kind }, ...words.nodes(`trust.outside.${kind}`, { name }));
  return [...trust.outside].map(line);
}

function moreAbout(words, trust, choose) {
  const federation = trust.federation;
  const save = saveButton(words, "trust.save", "federation", () => trust.file, "text/plain");
  const rows = [
    pair(words.say("trust.version"), words.number(federation.version)),
    pair(words.say("trust.expires"), words.day(federation.expires)),
    pair(words.say("trust.quorum"), ...quorumWords(words, federation)),
    pair(words.say("trust.age"), words.say("hours", { n: Math.round(federation.status_age_s / 3600) })),
    pair(words.say("trust.id"), element("span", { class: "hash" }, federation.id)),
  ];
  return element(
    "details",
    { id: "trust-more" },
    element("summary", {}, words.say("trust.more")),
    element("dl", { class: "pairs" }, ...rows.flat()),
    element("h3", {}, words.say("trust.logs")),
    element("ul", { class: "logs" }, ...federation.authorities.map((log) => logItem(words, trust, log))),
    element("p", { class: "quiet small" }, words.say(INLINE ? "trust.private.file" : "trust.private")),
    element("div", { class: "row" }, save, chooseFederation(words, "trust.other", "button", choose)),
  );
}

function quorumWords(words, federation) {
  const operators = words.list(federation.operators);
  return words.nodes("trust.quorum.text", {
    n: federation.quorum,
    all: federation.operators.length,
    operators,
  });
}

function logItem(words, trust, authority) {
  const list = trust.lists.get(authority.origin);
  const name = isolated(authority.display_name);
  const refused = trust.refused.get(authority.origin);
  if (refused !== undefined) {
    // Until enough have cosigned, a list is not wrong; it does not count yet.
    const why = refused === "checkpoint-untrusted" ? "unconfirmed" : "refused";
    return element("li", { "data-code": refused }, ...words.nodes(`trust.log.${why}`, { name }));
  }
  if (list === undefined) return element("li", {}, ...words.nodes("trust.log.none", { name }));
  const values = { name, n: list.documents, time: words.time(list.as_of) };
  return element("li", {}, ...words.nodes("trust.log", values));
}
