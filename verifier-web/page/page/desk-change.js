// Withdraw, suspend, reinstate or replace in three steps: find the documents, choose what happens to them,
// look at it once more and confirm.

import { element } from "./element.js";
import { momentText } from "./live-time.js";
import { CallError, tellError } from "./desk-calls.js";
import { dataTable } from "./table.js";

const FOUND_MOST = 100;
const FINAL = ["revoked", "superseded"];
const ASKS_REASON = ["revoked", "suspended"];
const WATCH_MS = 2_000;
const WATCHED_TIMES = 45;

/** The part of the page that changes what became of documents. */
export class ChangeSteps {
  #words;
  #desk;
  #verifier;
  #sent;
  #chosen = new Map();
  #found = [];
  #successor = null;
  #step = 1;
  #key = null;
  #busy = false;

  constructor(words, desk, verifier, sent) {
    [this.#words, this.#desk, this.#verifier, this.#sent] = [words, desk, verifier, sent];
    this.#listen();
    words.onChange(() => this.#show());
  }

  forget() {
    this.#chosen.clear();
    [this.#found, this.#successor, this.#key] = [[], null, null];
    changePart("find-form").reset();
    changePart("change-form").reset();
    changePart("find-fault").textContent = "";
    changePart("change-answer").hidden = true;
    this.#go(1, false);
  }

  #listen() {
    const drop = changePart("find-drop");
    const files = changePart("find-files");
    changePart("find-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#search(changePart("find-reference").value.trim());
    });
    changePart("find-choose").addEventListener("click", () => files.click());
    files.addEventListener("change", () => {
      this.#takeReceipts([...files.files]);
      files.value = "";
    });
    drop.addEventListener("dragover", (event) => event.preventDefault());
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      this.#takeReceipts([...event.dataTransfer.files]);
    });
    for (const button of document.querySelectorAll("[data-step-to]")) {
      button.addEventListener("click", () => this.#move(Number(button.dataset.stepTo)));
    }
    changePart("change-form").addEventListener("change", () => this.#show());
    changePart("change-form").addEventListener("submit", (event) => event.preventDefault());
    changePart("successor-find").addEventListener("click", () => this.#findSuccessor());
    changePart("change-sure").addEventListener("change", () => this.#show());
    changePart("change-send").addEventListener("click", () => this.#send());
    changePart("change-new").addEventListener("click", () => this.forget());
  }

  async #documents(question) {
    const answer = await this.#desk.ask("GET", `v1/documents?${new URLSearchParams(question)}`);
    return { documents: answer.documents ?? [], more: answer.more === true };
  }

  async #search(reference) {
    const fault = changePart("find-fault");
    fault.textContent = "";
    if (reference === "") return changePart("find-reference").focus();
    try {
      const { documents, more } = await this.#documents({ reference, limit: FOUND_MOST });
      this.#found = documents;
      if (documents.length === 0) this.#words.fill(fault, "desk.find.none", { reference });
      if (more) this.#words.fill(fault, "desk.find.more", { n: FOUND_MOST });
      if (documents.length === 1) this.#choose(documents[0], true);
    } catch (error) {
      fault.replaceChildren(tellError(this.#words, error, element));
    }
    return this.#show();
  }

  /** Finds documents by their receipts or sealed files, which stay on this device. */
  async #takeReceipts(files) {
    const fault = changePart("find-fault");
    fault.textContent = "";
    for (const file of files) {
      try {
        const receipt = await this.#receiptOf(file);
        const known = await this.#documentOf(file.name, receipt);
        if (!this.#found.some((one) => one.status === known.status)) this.#found = [known, ...this.#found];
        this.#choose({ ...known, receipt }, true);
      } catch (error) {
        fault.append(element("p", {}, `${file.name}: `, tellError(this.#words, error, element)));
      }
    }
    this.#show();
  }

  async #receiptOf(file) {
    if (/\.tlog-proof$/i.test(file.name)) return file.text();
    const { receipt } = await this.#verifier.extract(file);
    return receipt.text();
  }

  /**
   * The office's own document that a receipt is of. A number alone is not enough: other logs and offices
   * have the same ones, so what the receipt says has to fit as a whole.
   */
  async #documentOf(name, receipt) {
    const files = [{ name: `${name}.tlog-proof`, blob: new Blob([receipt]) }];
    const { results } = await this.#verifier.check(files, { layers: true });
    const layers = results[0]?.layers ?? null;
    const place = layers?.batch?.index;
    const status = Number.isInteger(place) ? (layers.entry?.first_status ?? NaN) + place : NaN;
    if (!Number.isInteger(status)) throw new CallError(null, "receipt-unreadable");
    if (layers.issuer.name !== this.#desk.office.name) throw new CallError(null, "other-log");
    const { documents } = await this.#documents({ status });
    const field = (wanted) => layers.fields.find((one) => one.name === wanted)?.value ?? null;
    const fits = (one) =>
      one.index === layers.entry.index &&
      one.type === field("type") &&
      (field("reference") === null || field("reference") === one.reference);
    const known = documents.find(fits);
    if (known === undefined) throw new CallError(null, "document-unknown");
    return known;
  }

  #choose(document, chosen) {
    if (chosen) this.#chosen.set(document.status, document);
    else this.#chosen.delete(document.status);
    this.#key = null;
    this.#show();
  }

  async #findSuccessor() {
    const wanted = changePart("successor").value.trim();
    const fault = changePart("successor-fault");
    fault.textContent = "";
    this.#successor = null;
    try {
      const { documents } = await this.#documents({ reference: wanted, limit: 2 });
      if (documents.length === 1) this.#successor = documents[0];
      else this.#words.fill(fault, documents.length === 0 ? "desk.find.none" : "desk.successor.several", { reference: wanted });
    } catch (error) {
      fault.replaceChildren(tellError(this.#words, error, element));
    }
    this.#show();
  }

  get #state() {
    return changePart("change-form").elements.state.value;
  }

  get #reason() {
    const { reason, other } = changePart("change-form").elements;
    if (!ASKS_REASON.includes(this.#state)) return null;
    return reason.value === "other" ? other.value.trim() || null : reason.value || null;
  }

  /** To another step, if this one is complete; else what is missing is said. */
  #move(step) {
    const fault = changePart("change-fault");
    fault.textContent = "";
    if (step === 2 && this.#chosen.size === 0) return this.#words.fill(changePart("find-fault"), "desk.find.nothing-chosen");
    if (step === 3) {
      const key = this.#missing();
      if (key !== null) return this.#words.fill(fault, key);
    }
    return this.#go(step, true);
  }

  #missing() {
    if (this.#state === "") return "desk.what.missing";
    if (ASKS_REASON.includes(this.#state) && this.#reason === null) return "desk.reason.missing";
    if (this.#state !== "superseded") return null;
    if (this.#chosen.size !== 1) return "desk.code.one-successor-for-many";
    return this.#successor === null ? "desk.code.successor-missing" : null;
  }

  #go(step, focus) {
    this.#step = step;
    changePart("change-sure").checked = false;
    this.#show();
    if (focus) changePart(`step-${step}-title`).focus();
  }

  #show() {
    if (this.#desk.office === null) return;
    const words = this.#words;
    for (const step of [1, 2, 3]) {
      changePart(`step-${step}`).hidden = step !== this.#step;
      const mark = changePart(`step-mark-${step}`);
      if (step === this.#step) mark.setAttribute("aria-current", "step");
      else mark.removeAttribute("aria-current");
    }
    words.fill(changePart("chosen-count"), "desk.chosen", { n: this.#chosen.size });
    const table = this.#found.length === 0 ? [] : [this.#table(this.#found, true)];
    const focused = document.activeElement?.id;
    changePart("found").replaceChildren(...table);
    if (focused?.startsWith("choose-")) changePart(focused)?.focus();
    changePart("reason-part").hidden = !ASKS_REASON.includes(this.#state);
    changePart("other-part").hidden = changePart("change-form").elements.reason.value !== "other";
    changePart("successor-part").hidden = this.#state !== "superseded";
    const next = this.#successor;
    changePart("successor-shown").replaceChildren(...(next === null ? [] : [this.#table([next], false)]));
    if (this.#step === 3) this.#showConfirm();
  }

  #showConfirm() {
    const words = this.#words;
    const documents = [...this.#chosen.values()];
    words.fill(changePart("confirm-text"), `desk.confirm.${this.#state}`, { n: documents.length });
    const many = documents.length > this.#desk.office.many;
    changePart("confirm-many").hidden = !many;
    words.fill(changePart("confirm-many"), "desk.confirm.many", { many: this.#desk.office.many });
    changePart("confirm-final").hidden = !FINAL.includes(this.#state);
    changePart("confirm-list").replaceChildren(this.#table(documents, false));
    changePart("change-send").disabled = this.#busy || !changePart("change-sure").checked;
    changePart("change-send").textContent = words.say(`desk.send.${this.#state}`, { n: documents.length });
  }

  #table(documents, choose) {
    const words = this.#words;
    const keys = ["reference", "status", "type", "time", "state"].concat(choose ? ["choose"] : []);
    const rows = documents.map((one) => {
      const cells = [
        element("bdi", {}, one.reference ?? words.say("desk.no-reference")),
        element("span", { "data-status": one.status }, words.number(one.status)),
        element("bdi", {}, one.type),
        one.time === null ? "" : momentText(words, one.time),
        words.has(`desk.status.${one.state}`) ? words.say(`desk.status.${one.state}`) : one.state,
      ];
      if (!choose) return cells;
      const label = words.say("desk.find.choose.label", { reference: one.reference ?? "", status: one.status });
      const box = element("input", {
        type: "checkbox",
        "aria-label": label,
        id: `choose-${one.status}`,
        onchange: (event) => this.#choose(this.#chosen.get(one.status) ?? one, event.currentTarget.checked),
      });
      box.checked = this.#chosen.has(one.status);
      return [...cells, box];
    });
    return dataTable(words.say("desk.find.found"), keys.map((key) => words.say(`desk.head.${key}`)), rows);
  }

  async #send() {
    const [first] = this.#chosen.values();
    const change = { state: this.#state, documents: [...this.#chosen.keys()] };
    if (this.#reason !== null) change.reason = this.#reason;
    if (change.state === "superseded") {
      change.successor = this.#successor.status;
      if (typeof first.receipt === "string") change.receipt = first.receipt;
    }
    // The same key until there is an answer, so that pressing twice changes nothing twice.
    const body = JSON.stringify(change);
    if (this.#key?.body !== body) this.#key = { body, key: `desk-change-${crypto.getRandomValues(new Uint32Array(8)).join("-")}` };
    const answer = changePart("change-answer");
    this.#busy = true;
    this.#show();
    try {
      const made = await this.#desk.ask("POST", "v1/changes", { body, key: this.#key.key });
      const settled = await this.#settled(made);
      this.#forgetSent();
      this.#tell(answer, settled.progress === "waits-for-approval" ? "unknown" : "good", `desk.answer.${settled.progress}`);
    } catch (error) {
      this.#tell(answer, "bad", null, error);
    } finally {
      this.#busy = false;
      this.#show();
      this.#sent();
    }
  }

  /** A change in work is asked for again until it is published. */
  async #settled(change) {
    let now = change;
    for (let times = 0; now.progress === "in-work" && times < WATCHED_TIMES; times++) {
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
      now = await this.#desk.ask("GET", `v1/changes/${encodeURIComponent(change.id)}`);
    }
    return now;
  }

  #forgetSent() {
    this.#chosen.clear();
    [this.#found, this.#successor, this.#key] = [[], null, null];
    changePart("find-form").reset();
    changePart("change-form").reset();
    this.#step = 1;
  }

  #tell(answer, state, key, error = null) {
    const text = changePart("change-answer-text");
    answer.hidden = false;
    answer.dataset.state = state;
    if (error === null) this.#words.fill(text, this.#words.has(key) ? key : "desk.answer.in-work");
    else text.replaceChildren(tellError(this.#words, error, element));
    answer.focus();
  }
}

function changePart(id) {
  return document.getElementById(id);
}
