// The project's own icons, built as SVG elements, so that they also work in the single file. The
// three of a verdict differ in outline (circle, octagon, diamond) as well as in what is inside.

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

const ICON_PATHS = {
  good: [
    ["solid", "M12 1.5a10.5 10.5 0 1 0 0 21a10.5 10.5 0 1 0 0-21z"],
    ["cut", "M6.8 12.4l3.5 3.6l6.9-7.6"],
  ],
  bad: [
    ["solid", "M7.7 1.5h8.6l6.2 6.2v8.6l-6.2 6.2h-8.6l-6.2-6.2v-8.6z"],
    ["cut", "M8 8l8 8M16 8l-8 8"],
  ],
  unknown: [
    ["solid", "M12 0.6l11.4 11.4l-11.4 11.4l-11.4-11.4z"],
    ["cut", "M9.2 9.6c0-3.8 5.8-3.6 5.6-.1c-.1 2-2.8 2.2-2.8 4.3M12 17.1v.2"],
  ],
  home: [
    ["line", "M5 2.8h9.5l4.5 4.5v13.9h-14z"],
    ["line", "M8.4 13.2l2.6 2.7l4.6-5.4"],
  ],
  drop: [
    ["line", "M12 3v11M7.5 9.8l4.5 4.4l4.5-4.4"],
    ["line", "M3.5 15v5.5h17v-5.5"],
  ],
  camera: [
    ["line", "M3 7.5h4.2l1.6-2.7h6.4l1.6 2.7h4.2v12h-18z"],
    ["line", "M12 9.6a3.6 3.6 0 1 0 0 7.2a3.6 3.6 0 1 0 0-7.2z"],
  ],
  paste: [
    ["line", "M6 4.5h-1.5v17h15v-17h-1.5M8.5 2.5h7v4h-7z"],
    ["line", "M8 11.5h8M8 15.5h5.5"],
  ],
  download: [["line", "M12 3v12M7.5 11l4.5 4.4l4.5-4.4M4 20.5h16"]],
  print: [
    ["line", "M7 8v-5.5h10v5.5M7 17.5h-4v-9.5h18v9.5h-4"],
    ["line", "M7 14.5h10v7h-10z"],
  ],
  back: [["line", "M10.5 5l-7 7l7 7M3.8 12h16.7"]],
};

/** An SVG element of the given name with attributes; text is set as text. */
export function svgElement(name, attributes = {}, text = null) {
  const element = document.createElementNS(SVG_NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== null) element.textContent = text;
  return element;
}

/** One icon. It is decoration: the word stands beside it, so screen readers pass it over. */
export function icon(name) {
  const attributes = { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" };
  const svg = svgElement("svg", attributes);
  for (const [kind, path] of ICON_PATHS[name]) {
    svg.append(svgElement("path", { d: path, class: `icon-${kind}` }));
  }
  return svg;
}
