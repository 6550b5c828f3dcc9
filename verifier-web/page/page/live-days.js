// Entries per day. The borders between days are found by binary search over the snapshots of a log, so
// the work grows with the logarithm of its size; every snapshot looked at was proven by the verifier.

import { BUNDLE_ENTRIES, snapshotsOf } from "./live-reader.js";
import { dataTable } from "./table.js";
import { element } from "./element.js";
import { svgElement } from "./icons.js";

export const DAYS_SHOWN = 14;
const BAR = { width: 14, gap: 4, height: 64, foot: 1 };

/** The beginnings of the last days in the reader's time zone, oldest first, in POSIX seconds. */
export function dayStarts(now) {
  const day = new Date(now * 1000);
  day.setHours(0, 0, 0, 0);
  const starts = [];
  for (let back = DAYS_SHOWN - 1; back >= 0; back--) {
    const start = new Date(day);
    start.setDate(day.getDate() - back);
    starts.push(Math.floor(start.getTime() / 1000));
  }
  return starts;
}

/** Entries on each of the last days: [{start, entries}]. Borders that were found are remembered. */
export class DayCounter {
  #reader;
  #borders = new Map();

  constructor(reader) {
    this.#reader = reader;
  }

  async count(now) {
    const size = this.#reader.size;
    const starts = dayStarts(now);
    let from = 0;
    const borders = [];
    for (const start of starts) {
      if (!this.#borders.has(start)) this.#borders.set(start, await this.#before(start, from));
      const border = this.#borders.get(start);
      borders.push(border);
      from = Math.floor(border / BUNDLE_ENTRIES);
    }
    for (const known of this.#borders.keys()) {
      if (!starts.includes(known)) this.#borders.delete(known);
    }
    borders.push(size);
    return starts.map((start, at) => ({ start, entries: borders[at + 1] - borders[at] }));
  }

  /** How many entries belong to rounds that were closed before this time. */
  async #before(time, from) {
    let [low, high] = [from, this.#reader.bundles];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((await this.#closing(middle)) >= time) high = middle;
      else low = middle + 1;
    }
    // The last snapshot before the border lies in this bundle, or in one in front of it.
    for (let number = Math.min(low, this.#reader.bundles - 1); number >= 0; number--) {
      const earlier = await this.#snapshots(number);
      const last = earlier.findLast((snapshot) => snapshot.time < time);
      if (last) return last.index + 1;
    }
    return 0;
  }

  /** When a bundle ends: its last snapshot, or if it has none, the first one behind it. */
  async #closing(number) {
    const own = (await this.#snapshots(number)).at(-1);
    if (own) return own.time;
    for (let at = number + 1; at < this.#reader.bundles; at++) {
      const [next] = await this.#snapshots(at);
      if (next) return next.time;
    }
    return Infinity;
  }

  async #snapshots(number) {
    return snapshotsOf((await this.#reader.bundle(number)).entries);
  }
}

/** Small bars, one for each day, all authorities on one scale. */
export function drawDays(days, most, label) {
  const step = BAR.width + BAR.gap;
  const width = days.length * step - BAR.gap;
  const box = `0 0 ${width} ${BAR.height + BAR.foot}`;
  const svg = svgElement("svg", { viewBox: box, class: "days", role: "img", "aria-label": label });
  days.forEach(({ entries }, at) => {
    const height = entries === 0 ? 0 : Math.max(2, (entries / most) * BAR.height);
    const place = { x: at * step, y: BAR.height - height, width: BAR.width, height, rx: 2 };
    const today = at === days.length - 1;
    svg.append(svgElement("rect", { ...place, class: today ? "day day-today" : "day" }));
  });
  const ground = { x1: 0, x2: width, y1: BAR.height + 0.5, y2: BAR.height + 0.5, class: "day-ground" };
  svg.append(svgElement("line", ground));
  return svg;
}

/** The same figures as a table: a row for each day, a column for each authority. */
export function daysTable(words, counted) {
  const format = new Intl.DateTimeFormat(words.language, { weekday: "short", day: "numeric", month: "short" });
  const heads = [words.say("live.days.day"), ...counted.map(({ name }) => name)];
  const rows = (counted[0]?.days ?? []).map(({ start }, at) => [
    element("time", { datetime: localDate(start) }, format.format(new Date(start * 1000))),
    ...counted.map(({ days }) => words.number(days[at]?.entries ?? 0)),
  ]);
  return dataTable(words.say("live.days.title"), heads, rows.reverse());
}

function localDate(seconds) {
  const date = new Date(seconds * 1000);
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
