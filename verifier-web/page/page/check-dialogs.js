// The two dialogs of the verifier page: a pasted receipt or code, and the camera.

import { isSheetText } from "./check-claims.js";

const RECEIPT_MARK = "c2sp.org/tlog-proof";
const PASTED_NAME = "receipt.tlog-proof";

export const byId = (id) => document.getElementById(id);

/** A receipt as text, or the text of a sheet's code. */
export function listenToPasteDialog(page) {
  const [dialog, text, fault] = [byId("paste-dialog"), byId("paste-text"), byId("paste-fault")];
  byId("paste").addEventListener("click", () => dialog.showModal());
  byId("paste-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    text.value = "";
    fault.textContent = "";
  });
  byId("paste-check").addEventListener("click", async () => {
    const pasted = text.value.trim();
    const receipt = pasted.startsWith(RECEIPT_MARK);
    if (!receipt && !isSheetText(pasted)) {
      fault.textContent = page.words.say("paste.fault");
      return text.focus();
    }
    dialog.close();
    if (!receipt) return page.takeCode(pasted);
    // A receipt ends in one newline, which is easily lost on the way.
    page.take([{ name: PASTED_NAME, blob: new Blob([pasted.replace(/\r\n/g, "\n"), "\n"]) }]);
  });
}

/** The code on a sheet, by camera or from a photo. */
export function listenToScanDialog(page) {
  const [dialog, state, photo] = [byId("scan-dialog"), byId("scan-state"), byId("photo")];
  const say = (key) => page.words.fill(state, key);
  const found = (text) => {
    if (!isSheetText(text)) return say("scan.foreign") && false;
    dialog.close();
    page.takeCode(text);
    return true;
  };
  byId("scan").addEventListener("click", () => {
    dialog.showModal();
    say("scan.looking");
    page.camera.look(found).catch(() => dialog.open && say("scan.no-camera"));
  });
  byId("scan-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => page.camera.stop());
  byId("scan-photo").addEventListener("click", () => photo.click());
  photo.addEventListener("change", async () => {
    if (photo.files.length === 0) return;
    say("scan.reading");
    const text = await page.camera.photo(photo.files[0]).catch(() => null);
    photo.value = "";
    if (text === null) say("scan.nothing");
    else found(text);
  });
}
