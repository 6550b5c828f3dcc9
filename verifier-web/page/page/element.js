// Builds elements without markup in strings: text is always set as text, so nothing from outside
// is ever read as HTML. Attributes that are null or false are left out, true is written as "".

/** An element with attributes and children; `on...` attributes are listeners. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A name and its value for a <dl class="pairs">. */
export function pair(name, ...values) {
  return [element("dt", {}, name), element("dd", {}, ...values)];
}
