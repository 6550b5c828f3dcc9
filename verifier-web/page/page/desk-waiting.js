// Changes that wait for a second person, and the latest ones. Whoever may approve and did not ask looks at
// the documents and says yes or no; each is pressed twice, so that no slip decides.

import { element } from "./element.js";
import { momentText } from "./live-time.js";
import { tellError } from "./desk-calls.js";

const SHOWN_DOCUMENTS = 50;

/** The list of changes. */
export class WaitingChanges {
  #words;
  #desk;
  #changes = [];
  #asked = null;

  constructor(words, desk) {
    [this.#words, this.#desk] = [words, desk];
    document.getElementById("waiting-again").addEventListener("click", () => this.refresh());
    words.onChange(() => this.#show());
  }

  forget() {
    [this.#changes, this.#asked] = [[], null];
    document.getElementById("waiting-list").replaceChildren();
  }

  async refresh() {
    const fault = document.getElementById("waiting-fault");
    fault.textContent = "";
    try {
      this.#changes = (await this.#desk.ask("GET", "v1/changes")).changes ?? [];
    } catch (error) {
      fault.replaceChildren(tellError(this.#words, error, element));
    }
    this.#show();
  }

  #show() {
    const words = this.#words;
    if (this.#desk.office === null) return;
    const open = this.#changes.filter((change) => change.progress === "waits-for-approval").length;
    words.fill(document.getElementById("waiting-count"), open === 0 ? "desk.waiting.none" : "desk.waiting.some", { n: open });
    document.getElementById("waiting-list").replaceChildren(...this.#changes.map((change) => this.#item(change)));
  }

  #item(change) {
    const words = this.#words;
    const documents = change.documents ?? [];
    const waits = change.progress === "waits-for-approval";
    const numbers = documents.slice(0, SHOWN_DOCUMENTS).map((status) => words.number(status));
    const rest = documents.length - numbers.length;
    const key = words.has(`desk.progress.${change.progress}`) ? `desk.progress.${change.progress}` : "desk.progress.other";
    const reasonKey = `desk.reason.${change.reason}`;
    const reason = change.reason ? element("p", {}, words.say("desk.waiting.reason"), " ", element("bdi", {}, words.has(reasonKey) ? words.say(reasonKey) : change.reason)) : null;
    const state = words.has(`desk.status.${change.state}`) ? words.say(`desk.status.${change.state}`) : String(change.state);
    const title = words.say("desk.waiting.item", { n: documents.length, state });
    const by = words.nodes("desk.waiting.by", { by: change.by ?? "", time: momentText(words, change.time) });
    return element(
      "li",
      { class: "change sheet", "data-change": change.id, "data-progress": change.progress },
      element("h3", {}, title),
      element("p", { class: "change-progress", "data-state": waits ? "unknown" : change.progress === "published" ? "good" : null }, words.say(key)),
      element("p", { class: "small quiet" }, ...by),
      reason,
      element("details", {}, element("summary", {}, words.say("desk.waiting.documents", { n: documents.length })), element("p", { class: "figures" }, numbers.join(", "), rest > 0 ? ` ${words.say("desk.waiting.rest", { n: rest })}` : "")),
      waits ? this.#decide(change) : null,
      element("p", { class: "fault", role: "alert", id: `change-fault-${change.id}` }),
    );
  }

  #decide(change) {
    const words = this.#words;
    const button = (action, main) => {
      const armed = this.#asked === `${change.id} ${action}`;
      const key = armed ? `desk.waiting.${action}.sure` : `desk.waiting.${action}`;
      const attributes = { type: "button", class: main ? "button button-main" : "button", "data-action": action, "data-armed": String(armed) };
      return element("button", { ...attributes, onclick: () => this.#press(change, action, armed) }, words.say(key));
    };
    const row = element("div", { class: "row" });
    if (this.#desk.may("approve")) row.append(button("approve", true));
    row.append(button("reject", false));
    return row;
  }

  /** The first press asks, the second one does it. */
  async #press(change, action, armed) {
    const again = () => document.querySelector(`[data-change="${CSS.escape(change.id)}"] [data-action="${action}"]`);
    if (!armed) {
      this.#asked = `${change.id} ${action}`;
      this.#show();
      return again()?.focus();
    }
    this.#asked = null;
    try {
      await this.#desk.ask("POST", `v1/changes/${encodeURIComponent(change.id)}/${action}`, { body: "{}" });
      await this.refresh();
      this.#words.fill(document.getElementById("announce"), `desk.waiting.${action}.done`);
      document.getElementById("waiting-title").focus();
    } catch (error) {
      this.#show();
      document.getElementById(`change-fault-${change.id}`)?.replaceChildren(tellError(this.#words, error, element));
      again()?.focus();
    }
    return undefined;
  }
}
