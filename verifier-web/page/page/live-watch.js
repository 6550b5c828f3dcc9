// What the federation's page knows: the node's word, and beside it what the verifier has proven of it.
// Each checkpoint is verified, and each new one is proven to contain the one before.

import { LogReader, snapshotsOf, BUNDLE_ENTRIES } from "./live-reader.js";
import { askNode, askNodeJson, NodeError } from "./live-node.js";
import { DayCounter } from "./live-days.js";

const SEEN_KEPT = 200;
const RECENT_BUNDLES = 2;

/** One authority's log as this page sees it. */
class WatchedLog {
  constructor(verifier, authority) {
    this.authority = authority;
    this.origin = authority.origin;
    this.name = authority.display_name;
    this.reader = new LogReader(verifier, authority.origin, authority.origin_hash);
    this.counter = new DayCounter(this.reader);
    this.told = null;
    this.first = null;
    this.latest = null;
    this.mirror = null;
    this.seen = [];
    this.past = [];
    this.days = null;
    this.fault = null;
    this.proven = 0;
  }

  /** All checkpoints that are known, oldest first, from the log itself and as they arrived. */
  points() {
    const seen = new Set(this.seen.map((point) => point.size));
    const all = [...this.past.filter((point) => !seen.has(point.size)), ...this.seen];
    return all.sort((one, other) => one.size - other.size);
  }
}

/** The federation under watch. */
export class Watch {
  constructor(verifier, federation) {
    this.verifier = verifier;
    this.federation = federation;
    this.state = null;
    this.answered = null;
    this.lost = null;
    this.evidence = [];
    this.logs = federation.authorities.map((authority) => new WatchedLog(verifier, authority));
  }

  log(name) {
    return this.logs.find((log) => log.authority.name === name) ?? null;
  }

  /** Asks the server once and verifies what is new. Never throws for what a server may send. */
  async ask() {
    try {
      this.state = tidyState(await askNodeJson("v1/federation-state"));
      this.answered = Date.now() / 1000;
      this.lost = null;
    } catch (error) {
      this.lost ??= { since: this.answered ?? Date.now() / 1000, status: error.status ?? null };
      return;
    }
    await Promise.all(this.logs.map((log) => this.#take(log)));
    await this.#weigh();
  }

  async #take(log) {
    const told = this.state.logs.find((other) => other.origin === log.origin) ?? null;
    log.told = told;
    log.mirror = await this.#verify(log, told?.mirror_checkpoint, log.mirror);
    if (typeof told?.checkpoint !== "string") return;
    const taken = await this.#verify(log, told.checkpoint, log.latest);
    if (taken === null || taken === log.latest) return;
    await this.#advance(log, taken);
  }

  /** A checkpoint with what the verifier says about it; the one that is known is not verified again. */
  async #verify(log, note, known) {
    if (typeof note !== "string") return known;
    if (known?.note === note) return known;
    const blob = new Blob([note]);
    try {
      const facts = await this.verifier.checkpoint(log.origin, blob);
      return { ...facts, note, blob };
    } catch (error) {
      log.fault = { kind: "unproven", since: this.answered, code: error.code ?? "", say: error.message };
      return known;
    }
  }

  async #advance(log, taken) {
    const before = log.latest;
    if (!taken.published) {
      log.fault = { kind: "no-quorum", since: this.answered, code: "", say: "" };
      return;
    }
    if (before !== null && taken.size < before.size) return;
    if (before !== null && taken.size === before.size && taken.root !== before.root) {
      log.fault = { kind: "two-faces", since: this.answered, code: "", say: "" };
      return;
    }
    log.reader.use(taken);
    try {
      if (before !== null) await log.reader.grewOutOf(before);
      if (before !== null && taken.size > before.size) log.proven += 1;
      // Two trees of one size are proof for good, whatever comes later.
      if (log.fault?.kind !== "two-faces") log.fault = null;
    } catch (error) {
      log.reader.use(before);
      // A tile that is not there yet is asked for again; a proof that does not hold is an alarm.
      if (error instanceof NodeError) return;
      log.fault = { kind: "not-grown", since: this.answered, code: error.code ?? "", say: error.message };
      return;
    }
    log.first ??= taken;
    log.latest = taken;
    const { size, proven_time: time, cosigners, root } = taken;
    const point = { size, time, cosigners, root, arrived: before !== null };
    log.seen = [...log.seen.filter((other) => other.size !== size), point].slice(-SEEN_KEPT);
    if (before === null) await this.#recall(log);
  }

  /** The checkpoints before the first one that this page saw, from the snapshots that closed them. */
  async #recall(log) {
    const last = Math.floor((log.reader.size - 1) / BUNDLE_ENTRIES);
    for (let number = last; number >= 0 && number > last - RECENT_BUNDLES; number--) {
      try {
        const { entries } = await log.reader.bundle(number);
        const points = snapshotsOf(entries).map(({ index, time }) => {
          return { size: index + 1, time, cosigners: null, root: null, arrived: false };
        });
        log.past = [...points, ...log.past];
      } catch {
        return;
      }
    }
  }

  /** Counts the days of one log again; the page shows nothing until it is proven. */
  async countDays(log) {
    if (log.reader.at === null) return;
    log.days = await log.counter.count(Date.now() / 1000);
  }

  /** Evidence: signed checkpoints of one log that contradict each other. */
  async #weigh() {
    const names = this.state.evidence;
    if (names.join() === this.evidence.map((item) => item.name).join()) return;
    this.evidence = await Promise.all(names.map((name) => this.#readEvidence(name)));
    for (const item of this.evidence) item.contradicts = this.#contradicts(item);
  }

  async #readEvidence(name) {
    const log = this.logs.find((log) => name.startsWith(`${log.authority.origin_hash}-`)) ?? null;
    try {
      const blob = await askNode(`evidence/${name}`);
      const facts = await this.verifier.checkpoint(log.origin, blob);
      return { name, log, facts };
    } catch {
      return { name, log, facts: null };
    }
  }

  /** Two trees of one size under one log's signature: no honest log has signed both. */
  #contradicts(item) {
    if (item.facts === null) return false;
    return this.evidence.some(
      (other) =>
        other.log === item.log &&
        other.facts?.size === item.facts.size &&
        other.facts.root !== item.facts.root,
    );
  }
}

/** The node's answer with every list in place, so that a strange answer shows as an empty one. */
function tidyState(state) {
  const list = (value) => (Array.isArray(value) ? value : []);
  const names = list(state?.evidence).filter((name) => /^[0-9a-f]{64}-\d+-[0-9a-f]+$/.test(name));
  return {
    time: Number(state?.time) || null,
    node: state?.node ?? {},
    logs: list(state?.logs),
    peers: list(state?.peers),
    alarms: list(state?.alarms),
    evidence: names,
    anchors: list(state?.anchors),
  };
}
