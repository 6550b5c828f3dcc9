// What pages say: loads the words of a page in the reader's language, fills the elements that name
// them, formats numbers and times, and builds the switch between languages.
//
//   const words = await startWords(["shared", "check"]);     once, in the page's entry module
//   <p data-words="drop.hint"></p>                           text of an element in the page
//   <input data-words-label="drop.files">                    its aria-label; likewise -title, -hint
//   <li data-site-if="live">                                 hidden unless site.json says live: true
//   <span data-site-name>, <div data-languages>              the site's name, the switch
//   words.say("files", { n: 3 })                             plain text
//   words.fill(element, "line.time", { when, by })           text with values, each in its own <bdi>
//   words.onChange(render)                                   the reader chose another language
//
// A text holds its values as {name}. Where a number decides, the text is an object with the forms of
// Intl.PluralRules, and that number is the value n.

import { readPart } from "./parts.js";

const LANGUAGE_KEY = "language";
const DEFAULT_SITE = { name: "Beleg", languages: ["de", "en"], federation: false };
const WORDS_ATTRIBUTES = [
  ["data-words-label", "aria-label"],
  ["data-words-title", "title"],
  ["data-words-hint", "placeholder"],
];
const BYTE_UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];
const AGE_UNITS = [
  ["year", 365 * 86400],
  ["month", 30 * 86400],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

/** The words of a page; what it formats follows the language chosen last. */
export class Words {
  #names;
  #texts = {};
  #listeners = [];

  constructor(names, site) {
    this.#names = names;
    this.site = site;
    this.language = "en";
    /** The language with the reader's own country, if the browser names it: for dates and numbers. */
    this.locale = "en";
  }

  /** Takes another language, fills the page with it and calls the listeners. */
  async use(language) {
    const files = this.#names.map((name) => readJson(`page/words/${name}.${language}.json`));
    this.#texts = Object.assign({}, ...(await Promise.all(files)));
    this.language = language;
    const own = (tag) => tag === language || tag.startsWith(`${language}-`);
    this.locale = navigator.languages.find(own) ?? language;
    document.documentElement.lang = language;
    this.apply(document);
    for (const listener of this.#listeners) listener();
  }

  onChange(listener) {
    this.#listeners.push(listener);
  }

  has(key) {
    return Object.hasOwn(this.#texts, key);
  }

  /** Plain text, for attributes and the like. Values are isolated, so that none reorders the rest. */
  say(key, values = {}) {
    const part = ([text, name]) => (name ? `\u2068${this.#shown(values[name])}\u2069` : text);
    return splitText(this.#text(key, values)).map(part).join("");
  }

  /** Text and values as nodes. A value is put into a <bdi>, unless it is a node already. */
  nodes(key, values = {}) {
    return splitText(this.#text(key, values)).map(([text, name]) => {
      if (!name) return document.createTextNode(text);
      return values[name] instanceof Node ? values[name] : isolated(this.#shown(values[name]));
    });
  }

  fill(element, key, values = {}) {
    element.replaceChildren(...this.nodes(key, values));
    return element;
  }

  /** Fills every element below `root` that names its words. */
  apply(root) {
    for (const element of root.querySelectorAll("[data-words]")) {
      element.textContent = this.say(element.dataset.words);
    }
    for (const [source, attribute] of WORDS_ATTRIBUTES) {
      for (const element of root.querySelectorAll(`[${source}]`)) {
        element.setAttribute(attribute, this.say(element.getAttribute(source)));
      }
    }
  }

  number(value) {
    return new Intl.NumberFormat(this.locale).format(value);
  }

  bytes(count) {
    const step = count < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(count) / 3));
    const options = { style: "unit", unit: BYTE_UNITS[step], unitDisplay: step ? "short" : "long" };
    const format = { ...options, maximumFractionDigits: step ? 1 : 0 };
    return new Intl.NumberFormat(this.locale, format).format(count / 1000 ** step);
  }

  /** A moment in POSIX seconds, in the reader's time zone, which is named. */
  time(seconds, zone = undefined) {
    const day = { year: "numeric", month: "long", day: "numeric" };
    const clock = { hour: "2-digit", minute: "2-digit", timeZoneName: "short", timeZone: zone };
    return this.#date(seconds, { ...day, ...clock });
  }

  /** A calendar day as YYYY-MM-DD, which has no time zone. */
  day(text) {
    const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
    if (!found) return text;
    const seconds = Date.parse(`${text}T00:00:00Z`) / 1000;
    return this.#date(seconds, { year: "numeric", month: "long", day: "numeric", timeZone: "UTC" });
  }

  /** How long ago, or how far ahead if negative: "2 hours ago". */
  age(seconds) {
    const format = new Intl.RelativeTimeFormat(this.locale, { numeric: "always" });
    const [unit, size] = AGE_UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["minute", 60];
    return format.format(-Math.trunc(seconds / size), unit);
  }

  list(items) {
    return new Intl.ListFormat(this.locale, { type: "conjunction" }).format(items);
  }

  #date(seconds, options) {
    const date = new Date(seconds * 1000);
    if (Number.isNaN(date.getTime())) return String(seconds);
    return new Intl.DateTimeFormat(this.locale, options).format(date);
  }

  #text(key, values) {
    if (!this.has(key)) return key;
    const text = this.#texts[key];
    if (typeof text === "string") return text;
    return text[new Intl.PluralRules(this.language).select(values.n)] ?? text.other;
  }

  #shown(value) {
    return typeof value === "number" ? this.number(value) : withoutTurns(value ?? "");
  }
}

/** Loads site and words, takes the reader's language and fills the page. */
export async function startWords(names) {
  const site = { ...DEFAULT_SITE, ...(await readJson("page/site.json").catch(() => ({}))) };
  const words = new Words(names, site);
  for (const element of document.querySelectorAll("[data-site-name]")) {
    element.textContent = site.name;
  }
  for (const element of document.querySelectorAll("[data-site-if]")) {
    element.hidden = site[element.dataset.siteIf] !== true;
  }
  words.onChange(() => fillSwitch(words));
  await words.use(chosenLanguage(site.languages));
  return words;
}

/** A value from outside as an element of its own direction. */
export function isolated(text) {
  const element = document.createElement("bdi");
  element.textContent = withoutTurns(text);
  return element;
}

/** Characters that turn the direction of text could reach beyond the value that they stand in. */
export function withoutTurns(text) {
  return String(text).replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

async function readJson(path) {
  return JSON.parse(await (await readPart(path)).text());
}

/** Pieces of a text: [text, null] as it is, or ["", name] where a value belongs. */
function splitText(text) {
  const pieces = text.split(/\{([a-z_]+)\}/);
  return pieces.map((piece, at) => (at % 2 ? ["", piece] : [piece, null]));
}

function chosenLanguage(languages) {
  const wanted = [rememberedLanguage(), ...navigator.languages.map((tag) => tag.split("-")[0])];
  return wanted.find((language) => languages.includes(language)) ?? languages[0];
}

/** The only thing that a page keeps of its reader. A browser may forbid even that. */
function rememberedLanguage() {
  try {
    return localStorage.getItem(LANGUAGE_KEY);
  } catch {
    return null;
  }
}

function rememberLanguage(language) {
  try {
    localStorage.setItem(LANGUAGE_KEY, language);
  } catch {
    // Then the switch holds for this visit.
  }
}

/** One button for each language, named in that language. */
function fillSwitch(words) {
  for (const holder of document.querySelectorAll("[data-languages]")) {
    holder.hidden = words.site.languages.length < 2;
    if (holder.children.length > 0) markLanguage(holder, words.language);
    else holder.append(...words.site.languages.map((language) => languageButton(words, language)));
  }
}

function languageButton(words, language) {
  const button = document.createElement("button");
  button.type = "button";
  button.lang = language;
  button.dataset.language = language;
  button.textContent = new Intl.DisplayNames(language, { type: "language" }).of(language);
  button.setAttribute("aria-pressed", String(language === words.language));
  button.addEventListener("click", () => {
    rememberLanguage(language);
    words.use(language);
  });
  return button;
}

function markLanguage(holder, language) {
  for (const button of holder.children) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
}
