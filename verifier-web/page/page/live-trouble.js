// Is anything wrong, since when, what is to be done: from what the page has proven, and from what the
// node says. Each trouble says which of the two it is.

import { element } from "./element.js";
import { icon, svgElement } from "./icons.js";

const DAY_S = 86400;
const CLOCK_OFF_S = 300;
const EXPIRES_SOON_S = 30 * DAY_S;
const GAPS_COMPARED = 12;
const RANK = { bad: 0, lost: 1, warn: 2 };
/** The node's alarms that harm no document; every other one does, also one of an unknown code. */
const MILD = ["clock-behind", "expires-soon", "late", "no-spare", "peer-failing"];

/**
 * A trouble: {code, level: "bad"|"warn"|"lost", since, subject, source: "checked"|"said", say, todo}.
 * `say` and `todo` are the node's own words, for codes that the page has none for.
 */
export function troublesOf(watch, now) {
  const found = [];
  const add = (level, code, source, more = {}) => {
    found.push({ level, code, source, since: null, subject: null, say: null, todo: null, ...more });
  };
  for (const log of watch.logs) proofTroubles(watch, log, add);
  if (watch.lost !== null) {
    // What the node said last, and how old its checkpoints are, says nothing about now.
    add("lost", "no-answer", "checked", { since: watch.lost.since });
    return found;
  }
  if (watch.state === null) return found;
  federationTroubles(watch, now, add);
  for (const log of watch.logs) logTroubles(watch, log, now, add);
  nodeTroubles(watch, add);
  for (const alarm of watch.state.alarms) found.push(toldTrouble(watch, alarm));
  // The page's own finding comes before the node's word for the same.
  const same = (one) => (other) => other.code === one.code && other.subject === one.subject;
  const unique = found.filter((one, at) => found.findIndex(same(one)) === at);
  return unique.sort((one, other) => RANK[one.level] - RANK[other.level]);
}

function federationTroubles(watch, now, add) {
  const ends = Date.parse(`${watch.federation.expires}T23:59:59Z`) / 1000;
  if (now > ends) add("bad", "expired", "checked", { since: ends });
  else if (ends - now < EXPIRES_SOON_S) add("warn", "expires-soon", "checked");
  const { time } = watch.state;
  if (time !== null && Math.abs(time - watch.answered) > CLOCK_OFF_S) add("warn", "clock", "said");
}

/** What this page has proven against a log; it stays true whoever answers. */
function proofTroubles(watch, log, add) {
  const about = { subject: log.name };
  if (log.fault !== null) {
    const { kind, since, say } = log.fault;
    add(kind === "no-quorum" ? "warn" : "bad", kind, "checked", { ...about, since, say });
  }
  const proof = watch.evidence.some((item) => item.log === log && item.contradicts);
  if (proof) add("bad", "split-view", "checked", about);
}

function logTroubles(watch, log, now, add) {
  const about = { subject: log.name };
  if (log.told?.split_view === true) add("bad", "split-view", "said", about);
  const late = lateness(log, watch.federation.status_age_s, now);
  if (late !== null) add(late.level, late.code, "checked", { ...about, since: late.since });
  if (Number(log.told?.revocations_overdue) > 0) add("bad", "revocation-overdue", "said", about);
}

/** Whether the newest checkpoint is older than is usual for this log, or than a status may be. */
export function lateness(log, statusAge, now) {
  const last = log.latest?.proven_time ?? null;
  if (last === null) return null;
  if (now - last > statusAge) return { level: "bad", code: "status-too-old", since: last + statusAge };
  const times = log.points().map((point) => point.time).slice(-GAPS_COMPARED);
  if (times.length < 3) return null;
  const usual = Math.max(...times.slice(1).map((time, at) => time - times[at]));
  const due = last + 3 * Math.max(usual, 20) + 60;
  return now > due ? { level: "warn", code: "late", since: due } : null;
}

/** How many more data centres may fail until nothing is published; null if the node cannot know. */
export function spareOperators(watch) {
  const peers = watch.state?.peers ?? [];
  if (peers.length === 0 || peers.every((peer) => peer.state === "unknown")) return null;
  const own = watch.federation.operators.includes(watch.state.node.operator) ? 1 : 0;
  const alive = own + peers.filter((peer) => peer.state === "ok").length;
  return alive - watch.federation.quorum;
}

function nodeTroubles(watch, add) {
  const spare = spareOperators(watch);
  if (spare !== null && spare < 0) add("bad", "no-quorum-left", "said");
  else if (spare === 0 && watch.federation.operators.length > 1) add("warn", "no-spare", "said");
  for (const { operator, state, since, message } of watch.state.peers) {
    if (state !== "failing") continue;
    add("warn", "peer-failing", "said", { subject: operator, since, say: message });
  }
  const { ready, message, since, authority } = watch.state.node;
  if (ready === false) {
    const subject = watch.log(authority)?.name ?? authority ?? null;
    add("bad", "node-not-ready", "said", { subject, since, say: message });
  }
}

function toldTrouble(watch, alarm) {
  const text = (value) => (typeof value === "string" ? value : null);
  const subject = text(alarm.subject);
  const log = watch.logs.find(({ origin, authority }) => [origin, authority.name].includes(subject));
  return {
    level: MILD.includes(alarm.code) ? "warn" : "bad",
    code: text(alarm.code) ?? "",
    source: "said",
    since: Number(alarm.since) || null,
    subject: log && alarm.code !== "peer-failing" ? log.name : subject,
    say: text(alarm.message),
    todo: text(alarm.next_step),
  };
}

/** The one look: good, bad, attention or cannot tell. */
export function overall(troubles) {
  return troubles[0]?.level ?? "good";
}

/** A triangle, for what needs somebody and harms nobody yet. */
export function attentionIcon() {
  const svg = svgElement("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" });
  svg.append(svgElement("path", { class: "icon-solid", d: "M12 1.8l11 19.8h-22z" }));
  svg.append(svgElement("path", { class: "icon-cut", d: "M12 8.6v6M12 18.2v.2" }));
  return svg;
}

/** The icon of a level; the words beside it say the same. */
export function levelIcon(level) {
  if (level === "warn") return attentionIcon();
  return icon(level === "lost" ? "unknown" : level);
}

export const LEVEL_STATE = { good: "good", bad: "bad", warn: "unknown", lost: "unknown" };

/** Says whether the page has proven something, or the node has said so. */
export function sourceMark(words, source) {
  const sign = svgElement("svg", { viewBox: "0 0 16 16", class: "mark-sign", "aria-hidden": "true" });
  const path = source === "checked" ? "M3 8.5l3.4 3.5L13 4.5" : "M2 3h12v7H7.5L4.5 13v-3H2z";
  sign.append(svgElement("path", { d: path, class: "icon-line" }));
  return element("span", { class: `mark mark-${source}` }, sign, words.say(`live.source.${source}`));
}

/** One trouble as a list item: what, since when, what to do, who says so. */
export function troubleItem(words, trouble, when) {
  const { code, subject, since, say, todo, level, source } = trouble;
  const known = words.has(`live.trouble.${code}`);
  const what = element("strong", {});
  if (known) words.fill(what, `live.trouble.${code}`, { subject });
  else what.append(foreign(say ?? code));
  const next = element("p", {});
  if (words.has(`live.do.${code}`)) words.fill(next, `live.do.${code}`, { subject });
  else if (todo !== null) next.append(foreign(todo));
  const state = LEVEL_STATE[level];
  const heard = known && say ? element("p", { class: "small quiet" }, foreign(say)) : null;
  return element(
    "li",
    { class: "trouble", "data-trouble": code, "data-level": level, "data-state": state },
    element("span", { class: "trouble-icon" }, levelIcon(level)),
    element(
      "div",
      {},
      element("p", {}, what),
      since === null ? null : element("p", { class: "small" }, ...words.nodes("live.since", { when: when(since) })),
      next,
      heard,
      sourceMark(words, source),
    ),
  );
}

/** Words of the node, which speaks English. */
function foreign(text) {
  return element("bdi", { lang: "en" }, text);
}
