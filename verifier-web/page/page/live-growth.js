// Growth: an older signed checkpoint, one that this page saw or one that somebody kept, is proven to be the
// beginning of today's tree. Nothing that was in it can have been changed or taken out.

import { element, pair } from "./element.js";
import { NodeError } from "./live-node.js";
import { sourceMark } from "./live-trouble.js";

const NOTE_BYTES = 256 * 1024;

/** The form for an older checkpoint. */
export class Growth {
  #words;
  #watch;

  constructor(words, watch) {
    this.#words = words;
    this.#watch = watch;
    document.getElementById("growth-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#check(document.getElementById("growth-note").value);
    });
    document.getElementById("growth-oldest").addEventListener("click", () => this.#fillOldest());
  }

  /** Puts the first checkpoint that this page saw of the explorer's log into the form. */
  #fillOldest() {
    const log = this.#watch.log(document.getElementById("explore-log").value);
    document.getElementById("growth-note").value = log?.first?.note ?? log?.latest?.note ?? "";
  }

  async #check(text) {
    const answer = document.getElementById("growth-answer");
    const note = normalNote(text);
    const log = this.#watch.logs.find((log) => note.startsWith(`${log.origin}\n`)) ?? null;
    if (log === null || note.length > NOTE_BYTES) return this.#say(answer, "unknown", "live.growth.unknown");
    if (log.latest === null) return this.#say(answer, "unknown", "live.explore.none", { name: log.name });
    const blob = new Blob([note]);
    try {
      const old = await this.#watch.verifier.checkpoint(log.origin, blob);
      const newest = log.reader.at;
      if (old.size > newest.size) return this.#say(answer, "unknown", "live.growth.newer", { size: old.size });
      await log.reader.grewOutOf({ ...old, blob });
      this.#good(answer, log, old, newest);
    } catch (error) {
      const missing = error instanceof NodeError;
      const key = missing ? "live.explore.missing" : "live.growth.bad";
      this.#say(answer, missing ? "unknown" : "bad", key, { name: log.name, text: error.message });
    }
  }

  #good(answer, log, old, newest) {
    const words = this.#words;
    const facts = element("dl", { class: "pairs" });
    const hash = (root) => element("code", { class: "hash" }, root);
    facts.append(
      ...pair(words.say("live.growth.old"), words.say("live.growth.size", { n: old.size }), " ", hash(old.root)),
      ...pair(words.say("live.growth.now"), words.say("live.growth.size", { n: newest.size }), " ", hash(newest.root)),
    );
    this.#say(answer, "good", "live.growth.good", { name: log.name });
    answer.append(facts, sourceMark(words, "checked"));
  }

  #say(answer, state, key, values = {}) {
    answer.dataset.state = state;
    answer.hidden = false;
    answer.replaceChildren(this.#words.fill(element("p", { class: "growth-word" }), key, values));
  }
}

/** What was pasted, with the line ends that a signed note has. */
function normalNote(text) {
  return `${text.replaceAll("\r\n", "\n").trim()}\n`;
}
