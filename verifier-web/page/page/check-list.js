// The answers for many files: how many of each word, a filter, and one line for each file that opens
// its answer.

import { element } from "./element.js";
import { icon } from "./icons.js";
import { saveButton } from "./check-save.js";
import { wordState, verdictWord, codeNodes } from "./check-verdict.js";
import { isolated } from "./words.js";

const STATES = ["good", "bad", "unknown"];
const AT_ONCE_SHOWN = 200;

/**
 * Fills the section. `context` holds: filter ("all" or "not-valid"), filterBy(filter), open(place),
 * again(), more().
 */
export function showResults(section, words, results, context) {
  const chosen = results
    .map((result, place) => ({ result, place }))
    .filter(({ result }) => context.filter === "all" || result.verdict !== "VALID");
  section.dataset.count = String(results.length);
  section.setAttribute("aria-labelledby", "results-title");
  const title = words.say("list.title", { n: results.length });
  const verdicts = results.map(({ layers, ...verdict }) => verdict);
  section.replaceChildren(
    element("h1", { id: "results-title", tabindex: "-1" }, title),
    tallies(words, results),
    filterPart(words, results, context),
    fileList(words, chosen, context),
    element(
      "div",
      { class: "row no-print" },
      element("button", { type: "button", class: "button button-main", id: "again-many", onclick: context.again }, words.say("again")),
      element("button", { type: "button", class: "button", id: "more-many", onclick: context.more }, words.say("list.more")),
      element("button", { type: "button", class: "button", onclick: () => print() }, icon("print"), words.say("print")),
      saveButton(words, "save.verdicts", "verdicts.json", () => verdicts),
    ),
  );
}

function tallies(words, results) {
  const tally = (state) => {
    const n = results.filter((result) => wordState(result.verdict) === state).length;
    return element(
      "li",
      { "data-state": state, "data-tally": n },
      icon(state),
      element("span", { class: "tally-count figures" }, words.number(n)),
      element("span", {}, words.say(`word.${state}`)),
    );
  };
  return element("ul", { class: "tallies" }, ...STATES.map(tally));
}

function filterPart(words, results, context) {
  const wrong = results.filter((result) => result.verdict !== "VALID").length;
  const option = (filter, n) => {
    const id = `filter-${filter}`;
    const change = () => context.filterBy(filter);
    const radio = { type: "radio", name: "filter", id, value: filter, checked: context.filter === filter, onchange: change };
    return element("div", { class: "choice" }, element("input", radio), element("label", { for: id }, words.say(`filter.${filter}`, { n })));
  };
  return element(
    "fieldset",
    { class: "filter no-print" },
    element("legend", {}, words.say("filter.title")),
    option("all", results.length),
    option("not-valid", wrong),
  );
}

/** The first part of a long list at once; the rest as it is asked for. */
function fileList(words, chosen, context) {
  const list = element("ul", { class: "files", id: "file-list", role: "list" });
  const holder = element("div", {}, list);
  const button = element("button", { type: "button", class: "button", id: "show-more" });
  const showNext = () => {
    const start = list.children.length;
    list.append(...chosen.slice(start, start + AT_ONCE_SHOWN).map((one) => fileLine(words, one, context)));
    const rest = chosen.length - list.children.length;
    button.hidden = rest === 0;
    button.textContent = words.say("list.show", { n: Math.min(rest, AT_ONCE_SHOWN) });
    if (start > 0) list.children[start].querySelector("button").focus();
  };
  button.addEventListener("click", showNext);
  showNext();
  if (chosen.length === 0) holder.append(element("p", {}, words.say("list.none")));
  holder.append(button);
  return holder;
}

function fileLine(words, { result, place }, context) {
  const state = wordState(result.verdict);
  const reason = result.verdict === "VALID" ? [words.say("list.valid")] : codeNodes(words, "code", result.code, result.message);
  return element(
    "li",
    { "data-file": result.file, "data-verdict": result.verdict, "data-code": result.code, "data-state": state },
    element(
      "button",
      { type: "button", class: "file", onclick: () => context.open(place) },
      icon(state),
      element("span", { class: "file-word" }, verdictWord(words, result.verdict)),
      element("span", { class: "file-name" }, isolated(result.file)),
      element("span", { class: "file-reason quiet" }, ...reason),
    ),
  );
}
