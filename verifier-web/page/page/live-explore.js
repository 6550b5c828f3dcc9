// The explorer: any entry of any log, read from this server and proven before it is shown. What is
// shown stands in the address behind the #, so that it can be handed on.

import { entryView } from "./live-entry.js";
import { element } from "./element.js";
import { NodeError } from "./live-node.js";

/** The form, its buttons, and what they show. */
export class Explorer {
  #words;
  #watch;
  #parts;
  #shown = null;
  #asked = 0;

  constructor(words, watch) {
    this.#words = words;
    this.#watch = watch;
    const part = (id) => document.getElementById(id);
    this.#parts = {
      form: part("explore-form"),
      log: part("explore-log"),
      index: part("explore-index"),
      limits: part("explore-limits"),
      answer: part("explore-answer"),
      fault: part("explore-fault"),
      steps: part("explore-steps"),
    };
    const { form, log } = this.#parts;
    for (const { authority, name } of watch.logs) log.append(element("option", { value: authority.name }, name));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask();
    });
    log.addEventListener("change", () => this.#ask(this.#current().reader.size - 1));
    const step = (id, by) => part(id).addEventListener("click", () => this.#ask(by()));
    step("explore-newest", () => this.#current().reader.size - 1);
    step("explore-before", () => (this.#shown ? this.#shown.index - 1 : 0));
    step("explore-after", () => (this.#shown ? this.#shown.index + 1 : 0));
    words.onChange(() => this.#again());
    window.addEventListener("hashchange", () => this.openAddress());
  }

  /** Shows what the address names, if it names anything. */
  openAddress() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    const log = this.#watch.log(wanted.get("log"));
    if (log === null || !/^\d{1,16}$/.test(wanted.get("entry") ?? "")) return;
    const index = Number(wanted.get("entry"));
    if (this.#shown?.log === log && this.#shown.index === index) return;
    this.#parts.log.value = log.authority.name;
    this.#ask(index, true);
  }

  /** The entry that closed a checkpoint of this size. */
  openClosing(log, size) {
    this.#parts.log.value = log.authority.name;
    this.#ask(size - 1, true);
  }

  /** New checkpoints have come: the greatest index that can be asked for has grown. */
  refresh() {
    const { reader } = this.#current();
    const last = Math.max(0, reader.size - 1);
    this.#parts.index.max = String(last);
    this.#words.fill(this.#parts.limits, "live.explore.limits", { last });
    const [before, after] = ["explore-before", "explore-after"].map((id) => document.getElementById(id));
    before.disabled = this.#shown === null || this.#shown.index <= 0;
    after.disabled = this.#shown === null || this.#shown.index >= last;
  }

  #current() {
    return this.#watch.log(this.#parts.log.value) ?? this.#watch.logs[0];
  }

  async #ask(wanted = Number(this.#parts.index.value), focus = false) {
    const log = this.#current();
    const asked = ++this.#asked;
    const { index: input, answer, fault, steps } = this.#parts;
    fault.textContent = "";
    input.value = String(wanted);
    if (log.reader.size === 0) return this.#refuse("live.explore.none", { name: log.name });
    if (!Number.isInteger(wanted) || wanted < 0 || wanted >= log.reader.size) {
      return this.#refuse("live.explore.range", { name: log.name, last: Math.max(0, log.reader.size - 1) });
    }
    answer.setAttribute("aria-busy", "true");
    try {
      const read = await log.reader.entry(wanted);
      if (asked !== this.#asked) return;
      this.#shown = { log, index: wanted, read };
      this.#again();
      steps.hidden = false;
      history.replaceState(null, "", `#log=${encodeURIComponent(log.authority.name)}&entry=${wanted}`);
      this.#words.fill(document.getElementById("announce"), "live.explore.shown", { index: wanted, name: log.name });
      if (focus) document.getElementById("entry-title").focus();
    } catch (error) {
      if (asked !== this.#asked) return;
      const missing = error instanceof NodeError;
      this.#refuse(missing ? "live.explore.missing" : "live.explore.unproven", { name: log.name, text: error.message });
    } finally {
      answer.removeAttribute("aria-busy");
    }
  }

  #again() {
    this.refresh();
    if (this.#shown === null) return;
    const { log, read } = this.#shown;
    this.#parts.answer.replaceChildren(...entryView(this.#words, log, read, (index) => this.#ask(index, true)));
  }

  #refuse(key, values) {
    this.#shown = null;
    this.#parts.answer.replaceChildren();
    this.#words.fill(this.#parts.fault, key, values);
    this.refresh();
  }
}
