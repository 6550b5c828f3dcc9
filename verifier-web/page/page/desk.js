// The clerk's page: sign in, issue, find, change, approve. The token, the files, the fields and the receipts
// are in this page only; they are gone when it is closed, and nothing is written anywhere by itself.
//
// For tests:
//   #sign-in (#token, #sign-in-go, #sign-in-certificate, #sign-in-fault [data-code]), #sign-out, #office-name
//   #desk hidden until somebody is signed in; [data-tab=issue|change|waiting] and sections of these ids
//   #files, #common (name=type|unit|valid-until|date|fields), #rows > [data-row=NAME][data-row-state]:
//     new | faulty | work | wait | issued | failed; #reference-N, #edit-N, #row-form, [data-code]
//   #issue-start, #issue-stop, #list-state, #save-all, #save-N, #clear
//   #find-form (#find-reference), #find-files, #found #choose-STATUS, [data-step-to=N], #change-form
//     (name=state|reason|other, #successor, #successor-find), #change-sure, #change-send, #change-answer
//   #waiting-list > [data-change=ID][data-progress] [data-action=approve|reject][data-armed]

import { ChangeSteps } from "./desk-change.js";
import { element } from "./element.js";
import { icon } from "./icons.js";
import { IssueList } from "./desk-list.js";
import { OfficeDesk, tellError } from "./desk-calls.js";
import { readPart } from "./parts.js";
import { startWords } from "./words.js";
import { Verifier } from "./verifier.js";
import { WaitingChanges } from "./desk-waiting.js";

const IDLE_MS = 15 * 60 * 1000;
const LOOK_MS = 10_000;
const TABS = ["issue", "change", "waiting"];

/** The page as a whole. */
class DeskPage {
  #words;
  #desk = new OfficeDesk();
  #list;
  #change;
  #waiting;
  #tab = "issue";
  #touched = Date.now();
  #office = null;

  constructor(words, verifier) {
    this.#words = words;
    this.#list = new IssueList(words, this.#desk, verifier);
    this.#waiting = new WaitingChanges(words, this.#desk);
    this.#change = new ChangeSteps(words, this.#desk, verifier, () => this.#waiting.refresh());
  }

  run() {
    deskPart("sign-in-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#signIn(deskPart("token").value.trim() || null);
    });
    deskPart("sign-in-certificate").addEventListener("click", () => this.#signIn(null));
    deskPart("sign-out").addEventListener("click", () => this.#signOut());
    for (const button of document.querySelectorAll("[data-tab]")) {
      button.addEventListener("click", () => this.#open(button.dataset.tab, true));
    }
    for (const kind of ["pointerdown", "keydown", "drop"]) {
      window.addEventListener(kind, () => (this.#touched = Date.now()), { passive: true });
    }
    window.addEventListener("beforeunload", (event) => {
      if (this.#list.unsaved) event.preventDefault();
    });
    // A file dropped beside the field must not replace the page.
    for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());
    this.#desk.onLost = () => this.#lock("desk.sign.ended");
    setInterval(() => this.#watch(), LOOK_MS);
    this.#words.onChange(() => this.#show());
    deskPart("sign-in").hidden = false;
    this.#show();
  }

  async #signIn(token) {
    const fault = deskPart("sign-in-fault");
    fault.textContent = "";
    deskPart("sign-in-go").disabled = true;
    try {
      await this.#desk.signIn(token);
      deskPart("token").value = "";
      // What another office has left unsaved is not this one's to see.
      if (this.#office !== null && this.#office !== this.#desk.office.office) this.#forgetWork();
      this.#office = this.#desk.office.office;
      this.#touched = Date.now();
      this.#show();
      this.#open(this.#first(), true);
    } catch (error) {
      const certificate = token === null && error.code === "token-unknown";
      if (certificate) this.#words.fill(fault, "desk.sign.no-certificate");
      else fault.replaceChildren(tellError(this.#words, error, element));
      deskPart("token").focus();
    } finally {
      deskPart("sign-in-go").disabled = false;
    }
  }

  #first() {
    if (this.#desk.may("issue")) return "issue";
    return this.#desk.may("withdraw") ? "change" : "waiting";
  }

  /** Signing out forgets everything; with something unsaved it asks once more. */
  #signOut() {
    const sure = deskPart("sign-out").dataset.armed === "true";
    if (this.#list.unsaved && !sure) {
      deskPart("sign-out").dataset.armed = "true";
      this.#words.fill(deskPart("sign-note"), "desk.sign.unsaved");
      return;
    }
    this.#forgetWork();
    this.#office = null;
    this.#lock("desk.sign.out");
  }

  #forgetWork() {
    this.#list.forget();
    this.#change.forget();
    this.#waiting.forget();
  }

  /** The token is forgotten and the work is hidden; who signs in again to the same office finds it. */
  #lock(key) {
    this.#desk.forget();
    this.#show();
    this.#words.fill(deskPart("sign-in-fault"), key);
    deskPart("token").focus();
  }

  #watch() {
    if (this.#desk.office === null || this.#list.running) return;
    if (Date.now() - this.#touched > IDLE_MS) return this.#lock("desk.sign.idle");
    if (this.#tab === "waiting" && !document.hidden && !deskPart("waiting").contains(document.activeElement)) this.#waiting.refresh();
    return undefined;
  }

  #open(tab, focus) {
    this.#tab = tab;
    this.#show();
    if (tab === "waiting") this.#waiting.refresh();
    if (focus) deskPart(`${tab}-title`).focus();
  }

  #show() {
    const { office } = this.#desk;
    deskPart("sign-in").hidden = office !== null;
    deskPart("desk").hidden = office === null;
    deskPart("sign-out").dataset.armed = "false";
    deskPart("sign-note").textContent = "";
    if (office === null) return;
    const words = this.#words;
    words.fill(deskPart("office-name"), "desk.office", { office: office.name, token: office.token.name });
    const ready = office.state === "ready";
    deskPart("office-state").hidden = ready;
    if (!ready) words.fill(deskPart("office-state"), words.has(`desk.office.${office.state}`) ? `desk.office.${office.state}` : "desk.office.not-ready");
    const may = { issue: this.#desk.may("issue"), change: this.#desk.may("withdraw"), waiting: this.#desk.may("withdraw") || this.#desk.may("approve") };
    for (const tab of TABS) {
      const button = document.querySelector(`[data-tab=${tab}]`);
      button.hidden = !may[tab];
      if (tab === this.#tab) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      deskPart(tab).hidden = tab !== this.#tab;
    }
    this.#list.show();
  }
}

function deskPart(id) {
  return document.getElementById(id);
}

async function startDesk() {
  const words = await startWords(["shared", "desk"]);
  for (const holder of document.querySelectorAll("[data-icon]")) holder.replaceChildren(icon(holder.dataset.icon));
  try {
    const verifier = await Verifier.start();
    await verifier.trust(await readPart("page/federation"));
    await readPart("federation").then((file) => verifier.renew(file)).catch(() => {});
    new DeskPage(words, verifier).run();
  } catch {
    words.fill(deskPart("broken"), "desk.broken");
  }
}

startDesk();
