// The verifier page: starts the verifier, takes files, codes and receipts, and shows the answer.
//
// Stable names for tests and style sheets:
//
//   #drop #files #choose                      the drop area, its file input, its button
//   #scan #scan-dialog #photo                 camera; file input for a photo of the code
//   #paste #paste-text #paste-check           a pasted receipt, or the text of a code
//   #busy #progress #cancel                   while files are read
//   #trouble[data-code]                       what could not be done
//   #claims                                   what a sheet's code says
//   #result[data-verdict][data-code][data-state][data-file]      one answer
//     .line[data-line][data-state][data-code] its four lines: content, issuer, time, status
//     #means #next #saved-anew #newer #open-newer                what it means, what to do
//     #fields[data-hidden] [data-field]       what the document says
//     #digest #details [data-layer] svg.tree  for experts
//     #at-day #at-judge                       another day
//     [data-save]                             downloads, by the key of their words
//     #more #again #back #print
//   #results[data-count] [data-tally]         many answers
//     #filter-all #filter-not-valid #file-list > li[data-file][data-verdict][data-code][data-state]
//   #trust[data-trust=built-in|chosen|none][data-server=asking|done|unreachable|no-server]
//     [data-federation][data-version] #trust-lists[data-state] [data-federation-input]
//   body[data-ready]                          the verifier has started, or failed: true | false
//   .languages button[data-language]

import { Verifier } from "./verifier.js";
import { INLINE, scriptUrl } from "./parts.js";
import { startWords } from "./words.js";
import { icon } from "./icons.js";
import { Trust } from "./check-trust.js";
import { showTrust } from "./check-trust-view.js";
import { Session, findFederation } from "./check-session.js";
import { listenForFiles, listenForPaste } from "./check-input.js";
import { showVerdict, spokenAnswer } from "./check-verdict.js";
import { showResults } from "./check-list.js";
import { isSheetText, takeSheetFromAddress, showClaims } from "./check-claims.js";
import { byId, listenToPasteDialog, listenToScanDialog } from "./check-dialogs.js";
import { Camera } from "./check-camera.js";

/** How long an answer waits for the newest lists. */
const LISTS_WAIT_MS = 8000;
const VIEWS = ["start", "busy", "results", "result"];

class Page {
  constructor(words) {
    this.words = words;
    this.verifier = null;
    this.listsAsked = null;
    this.trouble = null;
    /** Counts checks, so that the answer of one that was cancelled is not shown. */
    this.round = 0;
    this.view = "start";
    this.trust = new Trust(() => this.showTrust());
    this.session = new Session(() => this.verifier);
    this.camera = new Camera(byId("scan-video"), () => this.verifier);
  }

  async start() {
    try {
      const verifier = await Verifier.start();
      await this.trust.start(verifier);
      this.verifier = verifier;
      this.listsAsked = this.trust.refresh();
      document.body.dataset.ready = "true";
    } catch (error) {
      document.body.dataset.ready = "false";
      this.fail(error, "start");
    }
  }

  // What is shown

  show(view) {
    this.view = view;
    for (const name of VIEWS) byId(name).hidden = name !== view;
    byId("trouble").hidden = this.trouble === null;
    this.render();
  }

  render() {
    const { words, session } = this;
    showClaims(byId("claims"), words, session.claims, this.trust.federation, () => this.forget());
    this.showTrust();
    if (this.trouble !== null) this.showTrouble();
    if (this.view === "results") showResults(byId("results"), words, session.results, this.manyContext());
    if (this.view === "result") this.showOne();
  }

  showTrust() {
    showTrust(byId("trust"), this.words, this.trust, (file) => this.chooseFederation(file, file.name));
  }

  showOne() {
    const { session } = this;
    const result = session.results[session.open];
    const opened = byId("details")?.open ?? false;
    showVerdict(byId("result"), this.words, result, this.oneContext(result));
    session.digest(result).then((digest) => {
      const place = byId("digest");
      if (place !== null && result === session.results[session.open]) place.textContent = digest ?? "\u2013";
    }, () => {});
  }

  oneContext(result) {
    const { session } = this;
    const blob = session.file(result.file);
    const newer = session.successorOf(result);
    const receipt = session.file(result.receipt);
    const sealed = result.kind === "sealed" && blob !== null && result.lines !== null;
    const part = async (name) => (await this.verifier.extract(blob))[name];
    return {
      digest: session.digests.get(result.file) ?? null,
      size: result.lines?.content.state === "good" ? result.document.length : (blob?.size ?? null),
      checkedAt: session.checkedAt,
      at: session.at,
      day: session.day,
      federation: this.trust.federation,
      federationFile: () => this.trust.file,
      successor: newer < 0 ? null : { name: session.results[newer].file, open: () => this.openOne(newer) },
      back: session.results.length > 1 ? () => this.backToList() : null,
      again: () => this.forget(),
      more: () => byId("files").click(),
      judgeAt: (day) => this.judgeAt(day),
      receipt: sealed ? () => part("receipt") : receipt && (() => receipt),
      original: sealed ? () => part("original") : null,
    };
  }

  manyContext() {
    return {
      filter: this.session.filter,
      filterBy: (filter) => this.filterBy(filter),
      open: (place) => this.openOne(place),
      again: () => this.forget(),
      more: () => byId("files").click(),
    };
  }

  announce(text) {
    byId("announce").textContent = text;
  }

  // Files and answers

  async take(files) {
    if (files.length === 0 || this.verifier === null || this.view === "busy") return;
    this.session.add(files);
    if (this.trust.federation === null) {
      // A federation counts by the reader's own word, not because it lies among the files.
      const file = await findFederation(files);
      return this.fail({ code: file === null ? "federation-missing" : "federation-offered" }, "check");
    }
    await this.check();
  }

  async check() {
    const round = (this.round += 1);
    this.trouble = null;
    if (this.session.files.length === 0) return this.show("start");
    this.progress({ done: 0, total: 0 });
    this.show("busy");
    this.announce(this.words.say("busy.announce", { n: this.session.files.length }));
    try {
      await Promise.race([this.listsAsked, new Promise((done) => setTimeout(done, LISTS_WAIT_MS))]);
      if (round !== this.round) return;
      const { taken, refused } = await this.session.check((step) => this.progress(step));
      if (round !== this.round) return;
      await this.trust.noteTaken(taken);
      if (refused.length > 0) this.trouble = { code: refused[0].refused.code, where: "taken", name: refused[0].name };
      this.showAnswers(taken.length);
    } catch (error) {
      if (round === this.round) this.fail(error, "check");
    }
  }

  showAnswers(taken) {
    const { results } = this.session;
    if (results.length === 0) {
      this.show("start");
      if (taken > 0) this.announce(this.words.say("taken.announce", { n: taken }));
      byId("trust").scrollIntoView({ block: "nearest" });
      return;
    }
    this.show(this.session.open === null ? "results" : "result");
    this.focusAnswer();
  }

  focusAnswer() {
    const target = byId(this.view === "results" ? "results-title" : "verdict-word");
    target.focus({ preventScroll: true });
    byId(this.view).scrollIntoView({ block: "start" });
    if (this.view === "result") {
      const result = this.session.results[this.session.open];
      this.announce(spokenAnswer(this.words, result));
    }
  }

  progress({ done, total }) {
    const bar = byId("progress");
    if (total > 0) bar.value = (100 * done) / total;
    else bar.removeAttribute("value");
    const values = { done: this.words.bytes(done), total: this.words.bytes(total) };
    byId("busy-text").textContent = total > 0 ? this.words.say("busy.progress", values) : "";
  }

  cancel() {
    this.round += 1;
    this.session.files = [];
    this.show("start");
    this.announce(this.words.say("busy.cancelled"));
    byId("choose").focus();
    this.verifier.cancel().catch((error) => this.fail(error, "start"));
  }

  async openOne(place) {
    const { session } = this;
    session.open = place;
    await session.loadLayers(place, () => {}).catch(() => null);
    if (session.open !== place) return;
    this.show("result");
    this.focusAnswer();
  }

  backToList() {
    const place = this.session.open;
    this.session.open = null;
    this.show("results");
    const file = this.session.results[place].file;
    const line = byId("file-list").querySelector(`[data-file="${CSS.escape(file)}"] button`);
    (line ?? byId("results-title")).focus();
  }

  filterBy(filter) {
    this.session.filter = filter;
    this.render();
    byId(`filter-${filter}`).focus();
    this.announce(this.words.say("list.shown", { n: byId("file-list").children.length }));
  }

  judgeAt(day) {
    const place = this.session.open;
    this.session.judgeAt(day);
    return this.check().then(() => {
      if (this.session.results.length > 1) return this.openOne(place);
    });
  }

  forget() {
    this.round += 1;
    this.session.forget();
    this.trouble = null;
    this.show("start");
    byId("choose").focus();
    scrollTo(0, 0);
  }

  // Federation, codes, pasted text

  async chooseFederation(blob, name) {
    if (this.verifier === null) return;
    try {
      await this.trust.choose(blob, name);
      this.trouble = null;
      this.announce(this.words.say("trust.announce", { name: this.trust.federation.name }));
      await this.check();
    } catch (error) {
      this.fail(error, "federation");
    }
  }

  /** The text of a code; true if it was one of ours. */
  async takeCode(text) {
    if (!isSheetText(text)) return false;
    try {
      await this.session.takeSheet(text);
    } catch (error) {
      this.fail(error, "sheet");
      return true;
    }
    if (this.session.files.length > 0) await this.check();
    else {
      this.show("start");
      byId("claims-title").focus();
    }
    return true;
  }

  // Trouble

  /** Says what could not be done. `where` chooses the words if there are none for the code. */
  fail(error, where) {
    // What broke once is not asked again; a new worker takes its place.
    if (error.code === "verifier-broken") this.verifier?.cancel().catch(() => {});
    this.trouble = { code: error.code ?? `${where}-failed`, where, message: error.message ?? "" };
    this.show(this.view === "busy" ? "start" : this.view);
    byId("trouble").focus();
  }

  showTrouble() {
    const { words } = this;
    const { code, where, message, name } = this.trouble;
    const section = byId("trouble");
    section.dataset.code = code;
    const key = words.has(`trouble.${code}`) ? `trouble.${code}` : `trouble.${where ?? "check"}-failed`;
    words.fill(byId("trouble-title"), name ? "trouble.title.file" : "trouble.title", { name: name ?? "" });
    words.fill(byId("trouble-text"), key, { message: message ?? "" });
    words.fill(byId("trouble-next"), `${key}.next`);
  }
}

function listenToButtons(page) {
  byId("choose").addEventListener("click", () => byId("files").click());
  byId("cancel").addEventListener("click", () => page.cancel());
  byId("trouble-close").addEventListener("click", () => {
    page.trouble = null;
    page.show(page.view);
    byId("main").focus();
  });
  byId("drop").addEventListener("click", (event) => {
    if (event.target.closest("button, input") === null) byId("files").click();
  });
  listenForFiles(byId("drop"), byId("files"), (files) => page.take(files));
  listenForPaste((files) => page.take(files));
  addEventListener("hashchange", () => {
    const text = takeSheetFromAddress();
    if (text !== null) page.takeCode(text);
  });
}

/** For use without a network. A browser that forbids it still checks while it is online. */
function keepForOffline() {
  if (INLINE || !("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register(scriptUrl("sw.js")).catch(() => {});
}

/** In the single file, the links to other pages are left out. */
function hideEmptyLists() {
  for (const nav of document.querySelectorAll("nav")) nav.hidden = nav.querySelector("a") === null;
}

async function startPage() {
  for (const holder of document.querySelectorAll("[data-icon]")) holder.append(icon(holder.dataset.icon));
  hideEmptyLists();
  const words = await startWords(["shared", "check"]);
  const page = new Page(words);
  words.onChange(() => page.render());
  listenToButtons(page);
  listenToPasteDialog(page);
  listenToScanDialog(page);
  const code = takeSheetFromAddress();
  await page.start();
  if (code !== null && page.verifier !== null) await page.takeCode(code);
  keepForOffline();
}

startPage();
