// A table that screen readers can walk through: a caption, heads for its columns and for its rows.

import { element } from "./element.js";

/** A table with a caption, a head and rows whose first cell names the row. */
export function dataTable(caption, heads, rows) {
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  const body = rows.map((cells) => {
    const made = cells.map((cell, at) =>
      at === 0 ? element("th", { scope: "row" }, cell) : element("td", {}, cell),
    );
    return element("tr", {}, ...made);
  });
  return element(
    "table",
    { class: "figures" },
    element("caption", { class: "unseen" }, caption),
    element("thead", {}, head),
    element("tbody", {}, ...body),
  );
}
