// The federation's page: is anything wrong, since when, what is to be done; who publishes what and who
// confirms it; the chain as a drawing; an explorer. Every figure is either proven in this page or
// marked as the node's word. It asks its own server only, every 5 s while somebody looks.
//
// For tests:
//   #look                 data-level: good | warn | bad | lost | start; data-asked counts answers
//   #look-word            the one sentence; #troubles > [data-trouble] its reasons, with data-level
//   [data-figure=ID]      quorum, spare, entries, grown, version
//   [data-log=NAME]       an authority's card, data-log-state: alive | late | split | unproven | unseen
//   [data-log] [data-size] size of its newest checkpoint; [data-operator][data-cosigned=full|half|none]
//   #chain svg, #chain-table, #chain-chosen     drawing, its table, what was chosen in it
//   #days-table, #peers-table, #evidence-list > [data-evidence], data-proven; #anchors-text
//   #explore-form (#explore-log, #explore-index, #explore-show), #explore-newest, -before, -after
//   #entry-title[data-kind], #entry-leaf, #entry-root, #explore-fault
//   #growth-form (#growth-note, #growth-oldest, #growth-check), #growth-answer[data-state]

import { chainTable, drawChain } from "./live-chain.js";
import { daysTable } from "./live-days.js";
import { element } from "./element.js";
import { Explorer } from "./live-explore.js";
import { Growth } from "./live-growth.js";
import { icon } from "./icons.js";
import { levelIcon, LEVEL_STATE, overall, sourceMark, troubleItem, troublesOf } from "./live-trouble.js";
import { logCard, peersTable, summaryParts } from "./live-logs.js";
import { momentText, tickAges, whenElement } from "./live-time.js";
import { readPart } from "./parts.js";
import { startWords } from "./words.js";
import { Verifier } from "./verifier.js";
import { Watch } from "./live-watch.js";

const POLL_MS = 5_000;
const TICK_MS = 1_000;
const DAYS_EVERY_MS = 60_000;

/** The page: what it watches and how it shows it. */
class LivePage {
  #words;
  #watch;
  #explorer;
  #chosen = null;
  #asked = 0;
  #timer = null;
  #counted = 0;

  constructor(words, watch) {
    this.#words = words;
    this.#watch = watch;
    this.#explorer = new Explorer(words, watch);
    new Growth(words, watch);
  }

  async run() {
    this.#words.onChange(() => this.#show());
    document.addEventListener("visibilitychange", () => this.#wake());
    new ResizeObserver(() => this.#drawChain()).observe(part("chain"));
    setInterval(() => tickAges(this.#words, document), TICK_MS);
    await this.#poll();
    this.#explorer.openAddress();
  }

  /** Asks again at once when somebody looks again, and not at all while nobody does. */
  #wake() {
    clearTimeout(this.#timer);
    if (!document.hidden) this.#poll();
  }

  async #poll() {
    clearTimeout(this.#timer);
    await this.#watch.ask();
    this.#asked += 1;
    this.#show();
    if (!document.hidden) this.#timer = setTimeout(() => this.#poll(), POLL_MS);
    if (Date.now() - this.#counted > DAYS_EVERY_MS) await this.#countDays();
  }

  async #countDays() {
    this.#counted = Date.now();
    for (const log of this.#watch.logs) {
      // A bundle that cannot be had or proven leaves the chart out; the checkpoints say what is wrong.
      await this.#watch.countDays(log).catch(() => {});
    }
    this.#showLogs();
  }

  #show() {
    this.#showLook();
    if (this.#watch.state === null) return;
    part("body").hidden = false;
    part("figures").replaceChildren(...summaryParts(this.#words, this.#watch));
    this.#showLogs();
    this.#drawChain();
    this.#fillTable("chain-table", chainTable(this.#words, this.#watch, (log, size) => this.#explorer.openClosing(log, size)));
    this.#fillTable("peers-table", peersTable(this.#words, this.#watch));
    this.#showEvidence();
    this.#showAnchors();
    this.#explorer.refresh();
    tickAges(this.#words, document);
  }

  #showLook() {
    const words = this.#words;
    const now = Date.now() / 1000;
    const troubles = troublesOf(this.#watch, now);
    const level = overall(troubles);
    const look = part("look");
    look.dataset.asked = String(this.#asked);
    const items = troubles.map((trouble) => troubleItem(words, trouble, (since) => whenElement(words, since)));
    part("troubles").replaceChildren(...items);
    part("troubles").hidden = items.length === 0;
    part("answered").replaceChildren();
    if (this.#watch.answered !== null) {
      words.fill(part("answered"), "live.answered", { when: whenElement(words, this.#watch.answered) });
    }
    words.fill(part("look-next"), `live.next.${level}`, { n: troubles.length });
    const sentence = words.say(`live.look.${level}`, { n: this.#watch.logs.length });
    if (look.dataset.level === level && part("look-word").textContent === sentence) return;
    look.dataset.level = level;
    look.dataset.state = LEVEL_STATE[level];
    part("look-icon").replaceChildren(levelIcon(level));
    part("look-word").textContent = sentence;
    document.title = `${words.say(`live.tab.${level}`)} - ${words.say("live.title")}`;
  }

  #showLogs() {
    const { logs } = this.#watch;
    const now = Date.now() / 1000;
    const most = Math.max(1, ...logs.flatMap((log) => (log.days ?? []).map(({ entries }) => entries)));
    part("logs").replaceChildren(...logs.map((log) => logCard(this.#words, this.#watch, log, now, most)));
    const counted = logs.filter((log) => log.days !== null);
    if (counted.length > 0) this.#fillTable("days-table", daysTable(this.#words, counted));
  }

  #drawChain() {
    if (this.#watch.state === null) return;
    drawChain(this.#words, this.#watch, part("chain"), this.#chosen, (chosen) => this.#choose(chosen));
    this.#showChosen();
  }

  /** A block was clicked: its lines are drawn alone. The same block again: all of them. */
  #choose(chosen) {
    const same = this.#chosen?.origin === chosen.origin && this.#chosen.size === chosen.size;
    this.#chosen = same ? null : chosen;
    this.#drawChain();
  }

  #showChosen() {
    const words = this.#words;
    const holder = part("chain-chosen");
    const log = this.#watch.logs.find((log) => log.origin === this.#chosen?.origin);
    const point = log?.points().find((point) => point.size === this.#chosen.size);
    holder.hidden = false;
    if (!point) return words.fill(holder, "live.chain.hint");
    const values = { name: log.name, size: point.size, time: momentText(words, point.time) };
    const open = () => this.#explorer.openClosing(log, point.size);
    const button = element("button", { type: "button", class: "link-button", onclick: open }, words.say("live.chain.read"));
    if (point.cosigners === null) words.fill(holder, "live.chain.past", values);
    else {
      const by = words.list(point.cosigners.filter((one) => one.counts).map((one) => one.operator));
      words.fill(holder, "live.chain.block", { ...values, by });
    }
    holder.append(" ", button);
    return holder;
  }

  /** A table is put in place only if it says something else, so that nobody loses a place in it. */
  #fillTable(id, table) {
    const holder = part(id);
    if (holder.firstElementChild?.textContent === table.textContent) return;
    if (holder.contains(document.activeElement)) return;
    holder.replaceChildren(table);
  }

  #showEvidence() {
    const words = this.#words;
    const { evidence } = this.#watch;
    words.fill(part("evidence-text"), evidence.length === 0 ? "live.evidence.none" : "live.evidence.some", { n: evidence.length });
    const items = evidence.map(({ name, log, facts, contradicts }) => {
      const link = element("a", { href: `evidence/${name}`, class: "hash" }, name);
      const text = element("span", {});
      if (facts === null) words.fill(text, "live.evidence.unread");
      else words.fill(text, "live.evidence.item", { name: log.name, size: facts.size });
      const proven = element("p", { class: "small" }, words.say(contradicts ? "live.evidence.proven" : "live.evidence.said"));
      const mark = sourceMark(words, contradicts ? "checked" : "said");
      return element("li", { "data-evidence": name, "data-proven": String(contradicts) }, text, proven, link, " ", mark);
    });
    part("evidence-list").replaceChildren(...items);
  }

  #showAnchors() {
    const { anchors } = this.#watch.state;
    const words = this.#words;
    words.fill(part("anchors-text"), anchors.length === 0 ? "live.anchors.none" : "live.anchors.some", { n: anchors.length });
    const items = anchors.map(({ clock, proven, failing }) => {
      const name = String(clock);
      const time = Number(proven) > 0 ? words.time(Number(proven)) : null;
      const text = time === null ? words.nodes("live.anchors.nothing", { name }) : words.nodes("live.anchors.proven", { name, time });
      const trouble = failing ? [" ", ...words.nodes("live.anchors.failing", { message: String(failing) })] : [];
      return element("li", { "data-clock": name }, ...text, ...trouble);
    });
    part("anchors-list").replaceChildren(...items);
  }
}

function part(id) {
  return document.getElementById(id);
}

/** The newest federation file that follows from the one built into the page. */
async function trustedFederation(verifier) {
  const trusted = await verifier.trust(await readPart("page/federation"));
  try {
    return (await verifier.renew(await readPart("federation"))).federation;
  } catch {
    return trusted;
  }
}

async function startLive() {
  const words = await startWords(["shared", "live"]);
  for (const holder of document.querySelectorAll("[data-icon]")) holder.replaceChildren(icon(holder.dataset.icon));
  try {
    const verifier = await Verifier.start();
    const watch = new Watch(verifier, await trustedFederation(verifier));
    await new LivePage(words, watch).run();
  } catch (error) {
    part("look").dataset.level = "lost";
    part("look").dataset.state = "unknown";
    part("look-icon").replaceChildren(levelIcon("lost"));
    words.fill(part("look-word"), "live.broken");
    words.fill(part("look-next"), "live.broken.next", { text: error.message });
  }
}

startLive();
