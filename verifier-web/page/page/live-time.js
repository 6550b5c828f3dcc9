// Moments on the federation's page: an age that goes on ticking, with the moment itself beside it.

import { element } from "./element.js";

const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** "12 seconds ago", kept up to date by tickAges. */
export function ageElement(words, seconds) {
  const moment = new Date(seconds * 1000);
  const made = element("time", { "data-age": seconds, title: words.time(seconds) });
  if (!Number.isNaN(moment.getTime())) made.dateTime = moment.toISOString();
  made.textContent = ageText(words, seconds);
  return made;
}

/** "25 November 2026, 21:30:05", with seconds, as operators compare it with their journals. */
export function momentText(words, seconds) {
  const options = { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" };
  return new Intl.DateTimeFormat(words.language, options).format(new Date(seconds * 1000));
}

/** "21:30:05" today, with the day before it otherwise. */
export function clockText(words, seconds) {
  const date = new Date(seconds * 1000);
  if (date.toDateString() !== new Date().toDateString()) return momentText(words, seconds);
  return new Intl.DateTimeFormat(words.language, { timeStyle: "medium", hourCycle: "h23" }).format(date);
}

/** The moment with its age in brackets, for "since when". */
export function whenElement(words, seconds) {
  const age = ageElement(words, seconds);
  return element("span", {}, `${clockText(words, seconds)} (`, age, ")");
}

/** Brings every age below `root` up to date. */
export function tickAges(words, root) {
  for (const made of root.querySelectorAll("[data-age]")) {
    const text = ageText(words, Number(made.dataset.age));
    if (made.textContent !== text) made.textContent = text;
  }
}

function ageText(words, seconds) {
  const age = Math.max(0, Math.floor(Date.now() / 1000 - seconds));
  const [unit, size] = UNITS.find(([, size]) => age >= size) ?? ["second", 1];
  const format = new Intl.RelativeTimeFormat(words.language, { numeric: "always" });
  return format.format(-Math.floor(age / size), unit);
}
