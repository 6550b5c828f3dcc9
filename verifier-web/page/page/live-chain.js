// The drawing of the chain: a time axis, one lane for each authority, each checkpoint a block, and lines
// from a block to the data centres that have cosigned it. It grows while the page is open. Under it
// the same as a table, for whoever cannot see or use a drawing.

import { clockText, momentText } from "./live-time.js";
import { dataTable } from "./table.js";
import { element } from "./element.js";
import { svgElement } from "./icons.js";

const LANE = 62;
const TOP = 10;
const AXIS = 30;
/** Width of a letter of an operator's name. */
const LETTER = 7.8;
const BLOCKS_WANTED = 12;
const SPAN_S = { least: 120, most: 7 * 86400 };
const TICKS_S = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400];
const ROWS_SHOWN = 24;

/** Draws into `holder` what `watch` knows; `chosen` is {origin, size} of a block, or null. */
export function drawChain(words, watch, holder, chosen, choose) {
  const width = Math.max(260, Math.floor(holder.clientWidth));
  const frame = chainFrame(watch, width, Date.now() / 1000);
  const label = words.say("live.chain.label", { n: watch.logs.length });
  const box = `0 0 ${width} ${frame.height}`;
  const svg = svgElement("svg", { viewBox: box, width, height: frame.height, class: "chain", role: "img", "aria-label": label });
  svg.append(...axisParts(words, frame));
  const shown = watch.logs.map((log) => chosenPoint(log, chosen));
  watch.logs.forEach((log, lane) => {
    for (const part of linkParts(watch, frame, lane, shown[lane], chosen, log)) svg.append(part);
  });
  watch.logs.forEach((log, lane) => {
    svg.append(laneParts(words, frame, log, lane, chosen, choose));
  });
  svg.append(operatorParts(watch, frame, shown, chosen));
  holder.replaceChildren(svg);
}

/** Where everything lies: the time that is shown, and the column of the operators on the right. */
function chainFrame(watch, width, now) {
  const spans = watch.logs.map((log) => now - (log.points().at(-BLOCKS_WANTED)?.time ?? firstTime(log, now)));
  const span = Math.min(SPAN_S.most, Math.max(SPAN_S.least, Math.min(...spans)));
  const longest = Math.max(0, ...watch.federation.operators.map((name) => name.length));
  const column = Math.min(width * 0.42, 30 + longest * LETTER);
  const right = width - column;
  const fan = width < 520 ? 26 : Math.min(170, width * 0.16);
  const height = TOP + watch.logs.length * LANE + AXIS;
  const start = now - span;
  const x = (time) => 6 + ((time - start) / span) * (right - fan - 6);
  const laneY = (lane) => TOP + lane * LANE + 36;
  const count = watch.federation.operators.length;
  const room = watch.logs.length * LANE;
  const operatorY = (at) => TOP + ((at + 0.5) / Math.max(1, count)) * room;
  return { width, height, right, start, now, span, x, laneY, operatorY, bottom: TOP + room };
}

function firstTime(log, now) {
  return log.points().at(0)?.time ?? now;
}

function axisParts(words, frame) {
  const step = TICKS_S.find((step) => frame.span / step <= (frame.width < 520 ? 3 : 6)) ?? 86400;
  const zone = new Date().getTimezoneOffset() * 60;
  const parts = [];
  const style = step >= 43200 ? { day: "numeric", month: "short" } : { timeStyle: step < 60 ? "medium" : "short", hourCycle: "h23" };
  const format = new Intl.DateTimeFormat(words.language, style);
  for (let tick = Math.ceil((frame.start - zone) / step) * step + zone; tick <= frame.now; tick += step) {
    const x = frame.x(tick);
    if (x > frame.x(frame.now) - 40 || x < 24) continue;
    parts.push(svgElement("line", { x1: x, x2: x, y1: TOP, y2: frame.bottom + 4, class: "chain-grid" }));
    const text = format.format(new Date(tick * 1000));
    parts.push(svgElement("text", { x, y: frame.bottom + 20, class: "chain-tick" }, text));
  }
  const x = frame.x(frame.now);
  parts.push(svgElement("line", { x1: x, x2: x, y1: TOP, y2: frame.bottom + 4, class: "chain-now" }));
  parts.push(svgElement("text", { x, y: frame.bottom + 20, class: "chain-tick chain-tick-now" }, words.say("live.chain.now")));
  return parts;
}

/** The block whose lines are drawn in a lane: the chosen one, else the newest one with cosigners. */
function chosenPoint(log, chosen) {
  if (chosen?.origin === log.origin) {
    const point = log.points().find((point) => point.size === chosen.size);
    if (point) return point;
  }
  return log.points().findLast((point) => point.cosigners !== null) ?? null;
}

function laneParts(words, frame, log, lane, chosen, choose) {
  const y = frame.laneY(lane);
  const group = svgElement("g", { class: "lane", "data-lane": log.authority.name });
  const points = log.points();
  const visible = points.filter((point) => point.time >= frame.start);
  const from = visible.length < points.length ? 0 : frame.x(visible[0]?.time ?? frame.now);
  const end = visible.length > 0 ? frame.x(visible.at(-1).time) : 0;
  group.append(svgElement("line", { x1: from, x2: end, y1: y, y2: y, class: "lane-line" }));
  const newest = points.at(-1) ?? null;
  const old = newest !== null && newest.time < frame.start;
  const title = old ? words.say("live.chain.old", { name: log.name, time: momentText(words, newest.time) }) : log.name;
  group.append(svgElement("text", { x: 4, y: y - 20, class: "lane-name" }, title));
  visible.forEach((point, at) => {
    const x = frame.x(point.time);
    const room = at === 0 ? 14 : x - frame.x(visible[at - 1].time) - 2;
    const latest = point === newest;
    const width = latest ? 14 : Math.max(3, Math.min(12, room));
    const isChosen = chosen?.origin === log.origin && chosen.size === point.size;
    const names = ["block"];
    if (point.cosigners !== null) names.push("block-seen");
    if (latest) names.push("block-latest");
    if (isChosen) names.push("block-chosen");
    if (latest && point.arrived && frame.now - point.time < 6) names.push("block-new");
    const tall = latest || isChosen ? 24 : 18;
    const place = { x: x - width, y: y - tall / 2, width, height: tall, rx: 3 };
    const block = svgElement("rect", { ...place, class: names.join(" "), "data-size": point.size });
    block.append(svgElement("title", {}, blockTitle(words, log, point)));
    block.addEventListener("click", () => choose({ origin: log.origin, size: point.size }));
    group.append(block);
  });
  if (newest !== null && !old) {
    const x = frame.x(newest.time);
    group.append(svgElement("text", { x: x - 7, y: y + 26, class: "block-size" }, words.number(newest.size)));
  }
  return group;
}

function blockTitle(words, log, point) {
  const values = { name: log.name, size: point.size, time: momentText(words, point.time) };
  if (point.cosigners === null) return words.say("live.chain.past", values);
  const by = words.list(point.cosigners.filter((one) => one.counts).map((one) => one.operator));
  return words.say("live.chain.block", { ...values, by });
}

function linkParts(watch, frame, lane, point, chosen, log) {
  if (point === null || point.cosigners === null || point.time < frame.start) return [];
  const dim = chosen !== null && chosen.origin !== log.origin;
  const [x, y] = [frame.x(point.time), frame.laneY(lane)];
  const links = [];
  for (const { operator, counts } of point.cosigners) {
    const at = watch.federation.operators.indexOf(operator);
    if (!counts || at < 0) continue;
    const [toX, toY] = [frame.right + 4, frame.operatorY(at)];
    const middle = Math.max(x, frame.x(frame.now)) + (toX - frame.x(frame.now)) * 0.5;
    const d = `M${x} ${y}C${middle} ${y} ${middle} ${toY} ${toX} ${toY}`;
    links.push(svgElement("path", { d, class: dim ? "link link-dim" : "link", "data-link": operator }));
  }
  return links;
}

function operatorParts(watch, frame, shown, chosen) {
  const group = svgElement("g", { class: "operators" });
  const failing = new Set(watch.state.peers.filter((peer) => peer.state === "failing").map((peer) => peer.operator));
  watch.federation.operators.forEach((operator, at) => {
    const y = frame.operatorY(at);
    const signs = watch.logs.some((log, lane) => {
      if (chosen !== null && chosen.origin !== log.origin) return false;
      return shown[lane]?.cosigners?.some((one) => one.operator === operator && one.counts);
    });
    const names = ["operator"];
    if (signs) names.push("operator-signs");
    if (failing.has(operator)) names.push("operator-failing");
    const x = frame.right + 11;
    group.append(svgElement("circle", { cx: x, cy: y, r: 7, class: names.join(" ") }));
    if (signs) group.append(svgElement("path", { d: `M${x - 3.2} ${y + 0.2}l2.2 2.4l4.2-4.8`, class: "dot-tick" }));
    group.append(svgElement("text", { x: x + 13, y: y + 4.5, class: "operator-name" }, operator));
  });
  return group;
}

/** The newest checkpoints of all authorities as a table; a button leads to the closing entry. */
export function chainTable(words, watch, open) {
  const heads = ["authority", "size", "time", "by"].map((key) => words.say(`live.chain.head.${key}`));
  const points = watch.logs.flatMap((log) => log.points().map((point) => ({ log, point })));
  points.sort((one, other) => other.point.time - one.point.time);
  const rows = points.slice(0, ROWS_SHOWN).map(({ log, point }) => {
    const { cosigners, size, time } = point;
    const by = cosigners === null ? words.say("live.chain.closed") : words.list(cosigners.filter((one) => one.counts).map((one) => one.operator));
    const label = words.say("live.chain.open", { name: log.name, size });
    const button = { type: "button", class: "link-button", "aria-label": label, onclick: () => open(log, size) };
    return [element("bdi", {}, log.name), element("button", button, words.number(size)), clockText(words, time), by];
  });
  return dataTable(words.say("live.chain.title"), heads, rows);
}
