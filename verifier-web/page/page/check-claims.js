// What the code on a printed sheet says. Nothing in it is proven, because anybody can print a code;
// the page says so and asks for the document.

import { element, pair } from "./element.js";
import { fieldRow } from "./check-verdict.js";
import { isolated } from "./words.js";

const LINK_MARK = "#s1.";

/** Whether a text is that of a sheet's code, with or without the link in front of it. */
export function isSheetText(text) {
  return text.includes(LINK_MARK) || text.startsWith(LINK_MARK.slice(1));
}

/** Takes the code out of the page's own address, so that it stays in no history. */
export function takeSheetFromAddress() {
  if (!location.hash.startsWith(LINK_MARK)) return null;
  const text = location.hash;
  history.replaceState(null, "", location.pathname + location.search);
  return text;
}

/** Shows the claims; `forget` takes them away again. */
export function showClaims(holder, words, sheet, federation, forget) {
  holder.hidden = sheet === null;
  if (sheet === null) return holder.replaceChildren();
  const other = federation !== null && federation.id !== sheet.federation;
  const rows = [
    pair(words.say("claims.issuer"), isolated(sheet.issuer)),
    ...sheet.fields.map((field) => fieldRow(words, field)),
    pair(words.say("claims.log"), isolated(sheet.origin)),
  ];
  holder.replaceChildren(
    element(
      "section",
      { class: "sheet claims", "aria-labelledby": "claims-title" },
      element("h2", { id: "claims-title", tabindex: "-1" }, words.say("claims.title")),
      element("p", { class: "notice", "data-state": "unknown" }, words.say("claims.unproven")),
      element("dl", { class: "pairs" }, ...rows.flat()),
      other ? element("p", { class: "notice", "data-state": "unknown" }, words.say("claims.other")) : null,
      element("p", {}, element("strong", {}, words.say("claims.next"))),
      element("p", { class: "small quiet" }, words.say("claims.link")),
      element("button", { type: "button", class: "button", id: "claims-forget", onclick: forget }, words.say("claims.forget")),
    ),
  );
  return holder;
}
