// The list on the clerk's page: files come in, fields are said for all or for one, mistakes are shown
// before anything is sent, the run is watched, the sealed files are taken.

import { fieldsOf, fieldsText, parseFields, problemsOf, Row, uniqueNames } from "./desk-rows.js";
import { isoDay, readCsv } from "./desk-csv.js";
import { IssueRun } from "./desk-issue.js";
import { element } from "./element.js";
import { icon } from "./icons.js";
import { save } from "./check-save.js";
import { tellError } from "./desk-calls.js";

const ROWS_MOST = 5_000;
const DETAILS = ["type", "unit", "valid-until", "date"];

/** The part of the page that issues. */
export class IssueList {
  #words;
  #desk;
  #verifier;
  #run;
  #rows = [];
  #edited = null;
  #told = -1;

  constructor(words, desk, verifier) {
    [this.#words, this.#desk, this.#verifier] = [words, desk, verifier];
    this.#run = new IssueRun(desk, verifier, (row) => this.#changed(row));
    this.#listen();
    words.onChange(() => this.show());
  }

  /** Whether something would be lost if the page went away now. */
  get unsaved() {
    return this.#run.running || this.#rows.some((row) => row.done && !row.saved);
  }

  get running() {
    return this.#run.running;
  }

  forget() {
    this.#run.stop();
    this.#rows = [];
    this.#run = new IssueRun(this.#desk, this.#verifier, (row) => this.#changed(row));
    listPart("common").reset();
    this.show();
  }

  #listen() {
    const [drop, files] = [listPart("drop"), listPart("files")];
    listPart("choose").addEventListener("click", () => files.click());
    files.addEventListener("change", () => {
      this.#take([...files.files]);
      files.value = "";
    });
    for (const kind of ["dragenter", "dragover"]) {
      drop.addEventListener(kind, (event) => {
        event.preventDefault();
        drop.classList.add("drop-over");
      });
    }
    drop.addEventListener("dragleave", () => drop.classList.remove("drop-over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("drop-over");
      this.#take([...event.dataTransfer.files]);
    });
    listPart("common").addEventListener("input", () => this.show());
    listPart("common").addEventListener("submit", (event) => event.preventDefault());
    listPart("issue-start").addEventListener("click", () => this.#start());
    listPart("issue-stop").addEventListener("click", () => this.#run.stop());
    listPart("save-all").addEventListener("click", () => this.#saveAll());
    listPart("clear").addEventListener("click", () => this.#clear());
    listPart("row-form").addEventListener("submit", (event) => this.#keepDetails(event));
    listPart("row-close").addEventListener("click", () => listPart("row-dialog").close());
  }

  async #take(files) {
    const notes = [];
    const tables = files.filter((file) => /\.(csv|tsv)$/i.test(file.name));
    let twice = 0;
    for (const file of files.filter((file) => !tables.includes(file))) {
      const same = (row) => row.name === file.name && row.file.size === file.size && row.file.lastModified === file.lastModified;
      if (this.#rows.some(same)) twice += 1;
      else if (this.#rows.length < ROWS_MOST) this.#rows.push(new Row(file));
    }
    if (twice > 0) notes.push(this.#words.say("desk.list.twice", { n: twice }));
    if (this.#rows.length >= ROWS_MOST) notes.push(this.#words.say("desk.list.full", { most: ROWS_MOST }));
    for (const table of tables) notes.push(await this.#takeTable(table));
    listPart("list-note").textContent = notes.join(" ");
    this.show();
  }

  /** Fields from a table beside the files, by the names of the files. */
  async #takeTable(file) {
    let lines;
    try {
      lines = await readCsv(file);
    } catch (error) {
      const key = this.#words.has(error.message) ? error.message : "desk.csv.empty";
      return this.#words.say(key, { name: file.name });
    }
    const named = (name) => this.#rows.filter((row) => !row.done && row.frozen === null && row.name.toLowerCase() === name.toLowerCase());
    const missing = [];
    for (const { file: name, own } of lines) {
      const rows = named(name);
      if (rows.length === 0) missing.push(name);
      for (const row of rows) row.own = { ...row.own, ...own };
    }
    const found = this.#words.say("desk.csv.taken", { n: lines.length - missing.length, name: file.name });
    if (missing.length === 0) return found;
    return `${found} ${this.#words.say("desk.csv.missing", { files: this.#words.list(missing.slice(0, 5)), n: missing.length })}`;
  }

  /** What is said for all files. */
  #common() {
    const form = listPart("common");
    const common = {};
    for (const name of DETAILS) common[name] = isoDay(form.elements[name].value.trim());
    const fault = listPart("fields-fault");
    fault.textContent = "";
    try {
      Object.assign(common, parseFields(form.elements.fields.value));
    } catch (error) {
      this.#words.fill(fault, "desk.problem.line", { line: error.message });
    }
    return common;
  }

  show() {
    if (this.#desk.office === null) return;
    this.#fillTypes();
    const common = this.#common();
    const body = listPart("rows");
    const focused = document.activeElement?.id;
    body.replaceChildren(...this.#rows.map((row) => this.#line(row, common)));
    if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
    this.#showState(common);
  }

  #fillTypes() {
    const types = this.#desk.office.types;
    for (const select of document.querySelectorAll("select[name=type]")) {
      if (select.dataset.types === types.join()) continue;
      select.dataset.types = types.join();
      const first = select.id === "row-type" || types.length !== 1 ? [element("option", { value: "" })] : [];
      select.replaceChildren(...first, ...types.map((type) => element("option", { value: type }, type)));
    }
  }

  #showState(common) {
    const words = this.#words;
    const rows = this.#rows;
    const open = rows.filter((row) => !row.done);
    const faulty = open.filter((row) => problemsOf(row, common, this.#desk.office.types).length > 0);
    const done = rows.length - open.length;
    const failed = open.filter((row) => row.state === "failed").length;
    const running = this.#run.running;
    listPart("list").hidden = rows.length === 0;
    listPart("issue-start").hidden = running || open.length === 0;
    const start = done + failed > 0 ? "desk.issue.go-on" : "desk.issue.start";
    listPart("issue-start").textContent = words.say(start, { n: open.length });
    listPart("issue-stop").hidden = !running;
    listPart("issue-stop").disabled = this.#run.stopping;
    listPart("progress").hidden = !running && done === 0;
    listPart("progress").max = Math.max(1, rows.length);
    listPart("progress").value = done;
    listPart("save").hidden = done === 0;
    listPart("clear").hidden = running || rows.length === 0;
    const kept = rows.filter((row) => row.done && row.unsealed !== null).length;
    words.fill(listPart("save-note"), kept > 0 ? "desk.save.beside" : "desk.save.note", { n: kept });
    const key = running ? "desk.state.running" : done > 0 ? "desk.state.done" : "desk.state.ready";
    listPart("list-state").textContent = [
      words.say(key, { done, n: rows.length }),
      faulty.length > 0 ? words.say("desk.state.faulty", { n: faulty.length }) : "",
      failed > 0 ? words.say("desk.state.failed", { n: failed }) : "",
    ].join(" ");
  }

  #line(row, common) {
    const words = this.#words;
    const problems = row.done ? [] : problemsOf(row, common, this.#desk.office.types);
    const locked = this.#run.running || row.done || row.frozen !== null;
    const reference = element("input", {
      id: `reference-${row.id}`,
      value: row.own.reference ?? "",
      disabled: locked,
      autocomplete: "off",
      "aria-label": words.say("desk.row.reference", { name: row.name }),
      onchange: (event) => this.#setReference(row, event.currentTarget.value.trim()),
    });
    const shown = fieldsOf(row, common).filter(([name]) => name !== "reference");
    const summary = element("ul", { class: "row-fields" }, ...shown.map(([name, value]) => this.#field(name, value)));
    const edit = this.#button(`edit-${row.id}`, "desk.row.edit", row, () => this.#edit(row));
    const drop = this.#button(`drop-${row.id}`, "desk.row.drop", row, () => this.#remove(row));
    const name = element("th", { scope: "row" }, element("bdi", {}, row.name), element("span", { class: "quiet small" }, ` ${words.bytes(row.file.size)}`));
    return element(
      "tr",
      { "data-row": row.name, "data-row-state": problems.length > 0 && row.state === "new" ? "faulty" : row.state },
      name,
      element("td", {}, row.done ? (row.own.reference ?? "") : reference),
      element("td", {}, summary, locked ? null : edit),
      element("td", {}, ...this.#outcome(row, problems), this.#run.running || row.done ? null : drop),
    );
  }

  #field(name, value) {
    const label = this.#label(name);
    const day = name === "valid-until" || name === "date";
    return element("li", {}, element("span", { class: "quiet" }, `${label}: `), element("bdi", {}, day ? this.#words.day(value) : value));
  }

  #label(name) {
    const key = `desk.field.${name}`;
    return this.#words.has(key) ? this.#words.say(key) : name;
  }

  #outcome(row, problems) {
    const words = this.#words;
    if (row.state === "new" && problems.length > 0) {
      return problems.map(([key, values]) => {
        const name = this.#label(values.name ?? "");
        return words.fill(element("p", { class: "problem", "data-state": "bad" }), key, { ...values, name });
      });
    }
    const tone = { issued: "good", failed: "bad" }[row.state];
    const line = element("p", { class: "row-state", "data-state": tone ?? null });
    if (tone) line.append(icon(tone));
    line.append(words.say(`desk.row.${row.state}`));
    const parts = [line];
    if (row.error !== null) parts.push(element("p", { class: "problem", "data-state": "bad" }, tellError(words, row.error, element)));
    if (row.unsealed !== null) parts.push(element("p", { class: "small" }, words.say("desk.row.beside")));
    if (row.done) parts.push(this.#button(`save-${row.id}`, "desk.row.save", row, () => this.#saveOne(row)));
    if (row.saved) parts.push(element("span", { class: "small quiet" }, words.say("desk.row.saved")));
    return parts;
  }

  #button(id, key, row, press) {
    const label = this.#words.say(`${key}.label`, { name: row.name });
    return element("button", { type: "button", class: "link-button", id, "aria-label": label, onclick: press }, this.#words.say(key));
  }

  #setReference(row, value) {
    if (value === "") delete row.own.reference;
    else row.own.reference = value;
    this.show();
  }

  #remove(row) {
    this.#rows = this.#rows.filter((other) => other !== row);
    this.show();
    (listPart("rows").querySelector("button") ?? listPart("choose")).focus();
  }

  #edit(row) {
    this.#edited = row;
    const form = listPart("row-form");
    for (const name of DETAILS) form.elements[name].value = row.own[name] ?? "";
    form.elements.fields.value = fieldsText(row.own);
    listPart("row-fault").textContent = "";
    this.#words.fill(listPart("row-title"), "desk.row.title", { name: row.name });
    listPart("row-dialog").showModal();
  }

  #keepDetails(event) {
    event.preventDefault();
    const form = listPart("row-form");
    const own = this.#edited.own.reference ? { reference: this.#edited.own.reference } : {};
    for (const name of DETAILS) {
      const value = isoDay(form.elements[name].value.trim());
      if (value !== "") own[name] = value;
    }
    try {
      this.#edited.own = { ...own, ...parseFields(form.elements.fields.value) };
    } catch (error) {
      this.#words.fill(listPart("row-fault"), "desk.problem.line", { line: error.message });
      return form.elements.fields.focus();
    }
    listPart("row-dialog").close();
    this.show();
    return document.getElementById(`edit-${this.#edited.id}`)?.focus();
  }

  async #start() {
    const common = this.#common();
    const open = this.#rows.filter((row) => !row.done);
    const faulty = open.find((row) => row.frozen === null && problemsOf(row, common, this.#desk.office.types).length > 0);
    if (listPart("fields-fault").textContent !== "") return listPart("common").elements.fields.focus();
    if (faulty !== undefined) {
      this.#say("desk.issue.faulty");
      return document.getElementById(`edit-${faulty.id}`)?.focus();
    }
    this.#told = -1;
    const run = this.#run.run(this.#rows, common);
    this.show();
    listPart("issue-stop").focus();
    await run;
    this.show();
    return listPart("save").hidden ? listPart("issue-start").focus() : listPart("save-all").focus();
  }

  #changed(row) {
    if (this.#desk.office === null) return;
    const common = this.#common();
    if (row !== null) listPart("rows").querySelector(`[data-row]:nth-child(${this.#rows.indexOf(row) + 1})`)?.replaceWith(this.#line(row, common));
    else this.show();
    this.#showState(common);
    const tenth = Math.floor((10 * this.#rows.filter((one) => one.done).length) / Math.max(1, this.#rows.length));
    if (tenth === this.#told) return;
    this.#told = tenth;
    document.getElementById("announce").textContent = listPart("list-state").textContent;
  }

  #say(key) {
    this.#words.fill(document.getElementById("announce"), key);
    this.#words.fill(listPart("list-note"), key);
  }

  /** The files of rows: the sealed PDF, or the document with its receipt beside it. */
  #filesOf(rows) {
    const names = uniqueNames(rows);
    return rows.flatMap((row, at) => {
      if (row.sealed !== null) return [{ name: names[at], blob: row.sealed }];
      const proof = new Blob([row.receipt], { type: "text/plain" });
      return [{ name: names[at], blob: row.file }, { name: `${names[at]}.tlog-proof`, blob: proof }];
    });
  }

  #saveOne(row) {
    const [first, proof] = this.#filesOf([row]);
    save((proof ?? first).blob, (proof ?? first).name);
    row.saved = true;
    this.show();
  }

  async #saveAll() {
    const rows = this.#rows.filter((row) => row.done);
    const fault = listPart("save-fault");
    fault.textContent = "";
    try {
      const packed = await this.#verifier.pack(this.#filesOf(rows));
      save(packed, `${this.#desk.office.office}-${new Date().toISOString().slice(0, 10)}.zip`);
      for (const row of rows) row.saved = true;
    } catch (error) {
      fault.replaceChildren(this.#words.say("desk.save.failed"), " ", tellError(this.#words, error, element));
    }
    this.show();
  }

  /** Takes the saved rows off the list, or all of them if nothing would be lost. */
  #clear() {
    const lost = (row) => row.done && !row.saved;
    if (this.#rows.some(lost)) return this.#say("desk.list.unsaved");
    this.#rows = [];
    listPart("list-note").textContent = "";
    this.show();
    return listPart("choose").focus();
  }
}

function listPart(id) {
  return document.getElementById(id);
}
