// Downloads: what the page holds is handed out as files, made on this device.

import { icon } from "./icons.js";
import { element } from "./element.js";

const LONGEST_NAME = 120;

/** A name for a file on any system: what could lead elsewhere or turn text around is left out. */
export function safeName(name) {
  const last = name.split(/[/\\]/).pop();
  const plain = last.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>:"|?*]/gu, "_").replace(/^[. ]+|[. ]+$/g, "");
  return plain.slice(-LONGEST_NAME) || "file";
}

/** Hands a Blob to the reader as a file. */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = element("a", { href: address, download: safeName(name) });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60 * 1000);
}

/** A button that hands out what `make` gives when it is pressed: a Blob, or something for JSON. */
export function saveButton(words, key, name, make, type = "application/json") {
  const press = async (event) => {
    const button = event.currentTarget;
    try {
      save(asBlob(await make(), type), name);
    } catch {
      button.after(element("span", { role: "alert" }, words.say("save.failed")));
    }
  };
  return element(
    "button",
    { type: "button", class: "button", "data-save": key, onclick: press },
    icon("download"),
    words.say(key),
  );
}

function asBlob(made, type) {
  if (made instanceof Blob) return new Blob([made], { type });
  return new Blob([JSON.stringify(made, null, 2), "\n"], { type });
}
