// What the clerk's page asks its own server for. The token is in this object and nowhere else; it is
// gone with the page, with signing out, and after a while without anybody at the keyboard.

const ANSWER_MS = 90_000;
const RETRY_LOST_S = 5;
const RETRY_MOST_S = 300;

/** A refusal of the node, or no answer at all (code "no-answer"). */
export class CallError extends Error {
  constructor(status, code, message = "", nextStep = "", retryAfter = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.nextStep = nextStep;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may be sent again, and after how many seconds. */
  get again() {
    if (this.code === "no-answer") return RETRY_LOST_S;
    return this.retryAfter;
  }
}

/** The office that somebody is signed in to. */
export class OfficeDesk {
  #token = null;
  office = null;
  /** Called when the token that somebody is signed in with has ended. */
  onLost = () => {};

  /** Signs in with a token, or with the certificate that the browser shows if the token is null. */
  async signIn(token) {
    this.#token = token;
    try {
      this.office = await this.ask("GET", "v1/office");
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  forget() {
    this.#token = null;
    this.office = null;
  }

  may(what) {
    return this.office?.token?.may?.includes(what) === true;
  }

  /** Asks and gives the JSON of the answer; throws a CallError for everything else. */
  async ask(method, path, { body = null, key = null, signal = null } = {}) {
    const headers = { Accept: "application/json" };
    if (this.#token !== null) headers.Authorization = `Bearer ${this.#token}`;
    if (key !== null) headers["Idempotency-Key"] = key;
    if (typeof body === "string") headers["Content-Type"] = "application/json";
    const signals = [AbortSignal.timeout(ANSWER_MS), signal].filter((one) => one !== null);
    let answer;
    let text;
    try {
      const options = { method, headers, body, cache: "no-store", redirect: "error", credentials: "same-origin" };
      answer = await fetch(path, { ...options, signal: AbortSignal.any(signals) });
      text = await answer.text();
    } catch {
      throw new CallError(null, "no-answer");
    }
    const value = parsed(text);
    if (answer.ok && value !== null) return value;
    if (answer.status === 401 && this.office !== null) this.onLost();
    const after = retryAfter(answer.headers.get("Retry-After"));
    if (value === null) throw new CallError(answer.status, answer.status >= 502 ? "no-answer" : "not-a-node", "", "", after);
    throw new CallError(answer.status, String(value.error ?? ""), String(value.message ?? ""), String(value.next_step ?? ""), after);
  }
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

function retryAfter(header) {
  if (!/^\d{1,6}$/.test(header ?? "")) return null;
  return Math.min(RETRY_MOST_S, Math.max(1, Number(header)));
}

/** Tells a refusal in the clerk's words; of an unknown code in the node's own, which are English. */
export function tellError(words, error, element) {
  const code = error.code ?? "";
  if (words.has(`desk.code.${code}`)) return element("span", { "data-code": code }, words.say(`desk.code.${code}`));
  const own = [error.message, error.nextStep].filter(Boolean).join(" ");
  return element("span", { lang: "en", "data-code": code }, element("bdi", {}, own || code));
}
