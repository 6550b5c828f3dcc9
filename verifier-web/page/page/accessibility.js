// The accessibility statement: its words, the address it is of, and how to reach whoever runs the page.

import { icon } from "./icons.js";
import { startWords } from "./words.js";

/** The day on which the statement was last gone through. */
const STATEMENT_DAY = "2026-11-25";

function fillStatement(words) {
  const byName = (id) => document.getElementById(id);
  words.fill(byName("scope"), "statement.scope", { host: location.host || location.pathname });
  words.fill(byName("made"), "made.text", { day: words.day(STATEMENT_DAY) });
  const contact = words.site.contact;
  words.fill(byName("contact"), contact ? "feedback.contact" : "feedback.none", { contact });
}

async function startStatement() {
  for (const holder of document.querySelectorAll("[data-icon]")) holder.append(icon(holder.dataset.icon));
  const words = await startWords(["shared", "accessibility"]);
  words.onChange(() => fillStatement(words));
  fillStatement(words);
}

startStatement();
