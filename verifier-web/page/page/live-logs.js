// One card for each authority, the figures about all of them, and the node's own view of its peers.

import { lateness, sourceMark, spareOperators, levelIcon, LEVEL_STATE } from "./live-trouble.js";
import { dataTable } from "./table.js";
import { element, pair } from "./element.js";
import { ageElement, clockText, whenElement } from "./live-time.js";
import { drawDays } from "./live-days.js";
import { svgElement } from "./icons.js";

/** The state of one log: a level and the code of a word for it. */
export function logState(watch, log, now) {
  if (log.told?.split_view === true || log.fault?.kind === "two-faces") return ["bad", "split"];
  if (log.fault !== null) return [log.fault.kind === "no-quorum" ? "warn" : "bad", "unproven"];
  if (log.latest === null) return ["lost", "unseen"];
  const late = lateness(log, watch.federation.status_age_s, now);
  return late === null ? ["good", "alive"] : [late.level, "late"];
}

/** The card of one authority. */
export function logCard(words, watch, log, now, most) {
  const [level, state] = logState(watch, log, now);
  const title = `log-${log.authority.name}`;
  const word = element("p", { class: "log-state", "data-state": LEVEL_STATE[level] });
  word.append(levelIcon(level), words.say(`live.state.${state}`));
  const card = element(
    "li",
    { class: "log sheet", "data-log": log.authority.name, "data-log-state": state },
    element("h3", { id: title }, element("bdi", {}, log.name)),
    word,
  );
  if (log.latest !== null) card.append(...provenPart(words, watch, log));
  if (log.days !== null) card.append(daysPart(words, log, most));
  card.append(toldPart(words, watch, log));
  return card;
}

function provenPart(words, watch, log) {
  const { size, proven_time: time, root } = log.latest;
  const behind = log.mirror === null ? null : Math.max(0, size - log.mirror.size);
  const facts = element("dl", { class: "pairs facts" });
  facts.append(...pair(words.say("live.log.checkpoint"), whenElement(words, time)));
  if (behind !== null) {
    const lag = behind === 0 ? words.say("live.log.complete") : words.say("live.log.behind", { n: behind });
    facts.append(...pair(words.say("live.log.lag"), element("span", { "data-behind": behind }, lag)));
  }
  facts.append(...pair(words.say("live.log.root"), element("code", { class: "hash" }, root)));
  if (log.proven > 0) facts.append(...pair(words.say("live.log.grown"), words.say("live.log.contains", { n: log.proven })));
  return [
    element(
      "p",
      { class: "log-size figures" },
      element("strong", { "data-size": size }, words.number(size)),
      ` ${words.say("live.log.entries", { n: size })}, `,
      ageElement(words, time),
    ),
    cosignerList(words, watch, log.latest),
    facts,
    sourceMark(words, "checked"),
  ];
}

/** Every operator as a dot with its name: it has cosigned this checkpoint, or was not needed. */
export function cosignerList(words, watch, checkpoint) {
  const counted = new Map(checkpoint.cosigners.map((cosigner) => [cosigner.operator, cosigner]));
  const list = element("ul", { class: "dots", "aria-label": words.say("live.log.cosigners") });
  for (const operator of watch.federation.operators) {
    const cosigner = counted.get(operator);
    const full = cosigner?.counts === true;
    const half = !full && [cosigner?.ed25519_time, cosigner?.mldsa_time].some(Number.isFinite);
    const state = full ? "full" : half ? "half" : "none";
    const title = cosignedTitle(words, state, cosigner);
    list.append(
      element(
        "li",
        { class: "dot-item", "data-operator": operator, "data-cosigned": state, title },
        dot(state),
        element("bdi", {}, operator),
        element("span", { class: "unseen" }, `: ${title}`),
      ),
    );
  }
  return list;
}

function cosignedTitle(words, state, cosigner) {
  if (state === "none") return words.say("live.cosigned.none");
  const clock = (seconds) => (seconds === null ? "-" : clockText(words, seconds));
  const times = { ed: clock(cosigner.ed25519_time), ml: clock(cosigner.mldsa_time) };
  return words.say(`live.cosigned.${state}`, times);
}

/** Filled with a tick, half, or hollow: told apart by shape as well as by colour. */
export function dot(state) {
  const svg = svgElement("svg", { viewBox: "0 0 16 16", class: "dot", "data-dot": state, "aria-hidden": "true" });
  svg.append(svgElement("circle", { cx: 8, cy: 8, r: 6.5, class: "dot-ring" }));
  if (state === "full") svg.append(svgElement("path", { d: "M4.8 8.2l2.3 2.4l4.2-4.8", class: "dot-tick" }));
  if (state === "half") svg.append(svgElement("path", { d: "M8 1.5a6.5 6.5 0 0 0 0 13z", class: "dot-half" }));
  return svg;
}

function daysPart(words, log, most) {
  const today = log.days.at(-1)?.entries ?? 0;
  const total = log.days.reduce((sum, { entries }) => sum + entries, 0);
  const label = words.say("live.days.label", { name: log.name, today, total });
  return element(
    "figure",
    { class: "log-days" },
    drawDays(log.days, most, label),
    element("figcaption", { class: "small quiet" }, words.say("live.days.caption", { today, total })),
  );
}

function toldPart(words, watch, log) {
  const told = log.told;
  if (told === null) return element("p", { class: "small quiet" }, words.say("live.log.untold"));
  const waiting = Math.max(0, (Number(told.pending_size) || 0) - (log.latest?.size ?? 0));
  const lines = [];
  if (typeof told.error === "string") lines.push(words.nodes("live.told.error", { text: told.error }));
  if (waiting > 0) lines.push(words.nodes("live.told.pending", { n: waiting }));
  if (told.revocations_held > 0) lines.push(words.nodes("live.told.held", { n: Number(told.revocations_held) }));
  const heading = told.own ? words.say("live.told.own") : null;
  if (heading !== null) lines.push([heading]);
  if (lines.length === 0) return element("span", { hidden: true });
  const list = element("ul", { class: "plain small" }, ...lines.map((line) => element("li", {}, ...line)));
  return element("div", { class: "told" }, list, sourceMark(words, "said"));
}

/** The figures about the federation as a whole. */
export function summaryParts(words, watch) {
  const { operators, quorum, version, expires } = watch.federation;
  const total = watch.logs.reduce((sum, log) => sum + (log.latest?.size ?? 0), 0);
  const known = watch.logs.filter((log) => log.latest !== null).length;
  const spare = spareOperators(watch);
  const grown = watch.logs.reduce((sum, log) => sum + log.proven, 0);
  const figure = (id, number, text, source) =>
    element(
      "li",
      { class: "figure", "data-figure": id },
      element("strong", { class: "figures" }, number),
      element("span", {}, text),
      sourceMark(words, source),
    );
  const quorumText = words.say("live.sum.quorum", { n: operators.length });
  return [
    figure("quorum", words.say("live.sum.of", { quorum, operators: operators.length }), quorumText, "checked"),
    spare === null
      ? figure("spare", "?", words.say("live.sum.spare-unknown"), "said")
      : figure("spare", words.number(Math.max(0, spare)), words.say("live.sum.spare", { n: Math.max(0, spare) }), "said"),
    figure("entries", words.number(total), words.say("live.sum.entries", { n: known }), "checked"),
    figure("grown", words.number(grown), words.say("live.sum.grown", { n: grown }), "checked"),
    figure("version", words.number(version), words.say("live.sum.version", { day: words.day(expires) }), "checked"),
  ];
}

/** What the node says about the other data centres, as a table. */
export function peersTable(words, watch) {
  const heads = ["operator", "state", "since", "lag", "message"].map((key) => words.say(`live.peers.${key}`));
  const rows = watch.state.peers.map((peer) => {
    const state = ["ok", "failing"].includes(peer.state) ? peer.state : "unknown";
    const tone = { ok: "good", failing: "bad", unknown: "unknown" }[state];
    const word = element("span", { class: "log-state", "data-state": tone });
    word.append(levelIcon(tone === "unknown" ? "lost" : tone), words.say(`live.peers.${state}`));
    const since = Number(peer.since) || null;
    return [
      element("bdi", {}, String(peer.operator)),
      word,
      since === null ? "" : ageElement(words, since),
      words.number(Number(peer.lag_entries) || 0),
      element("bdi", { lang: "en" }, typeof peer.message === "string" ? peer.message : ""),
    ];
  });
  return dataTable(words.say("live.peers.title"), heads, rows);
}
