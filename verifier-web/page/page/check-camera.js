// Reads the code on a printed sheet with the camera, or from a photo. Pictures are looked at on this
// device and kept nowhere.

const LOOK_MS = 150;
const LONGEST_SIDE = 1280;
const PHOTO_SIDE = 2400;

/** The camera while the dialog is open. */
export class Camera {
  #video;
  #verifier;
  #stream = null;
  #canvas = document.createElement("canvas");

  /** `verifier` gives the verifier once it has started. */
  constructor(video, verifier) {
    this.#video = video;
    this.#verifier = verifier;
  }

  /**
   * Looks until a code is found or the camera is stopped: resolves to its text, or null. Throws if there
   * is no camera or it may not be used.
   */
  async look(found) {
    const wish = { video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false };
    const stream = await navigator.mediaDevices.getUserMedia(wish);
    this.#stream = stream;
    this.#video.srcObject = stream;
    this.#video.hidden = false;
    await this.#video.play();
    while (this.#stream === stream) {
      const { videoWidth, videoHeight } = this.#video;
      const text = videoWidth > 0 ? await this.#read(this.#video, videoWidth, videoHeight, LONGEST_SIDE) : null;
      if (text !== null && this.#stream === stream && found(text)) return;
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
  }

  stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
    this.#video.hidden = true;
  }

  /** The text of the code in a photo, or null. Large photos are tried in two sizes. */
  async photo(blob) {
    const picture = await createImageBitmap(blob);
    for (const side of [LONGEST_SIDE, PHOTO_SIDE]) {
      const text = await this.#read(picture, picture.width, picture.height, side);
      if (text !== null) return text;
    }
    return null;
  }

  async #read(source, width, height, side) {
    const scale = Math.min(1, side / Math.max(width, height));
    this.#canvas.width = Math.max(1, Math.round(width * scale));
    this.#canvas.height = Math.max(1, Math.round(height * scale));
    const context = this.#canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(source, 0, 0, this.#canvas.width, this.#canvas.height);
    const picture = context.getImageData(0, 0, this.#canvas.width, this.#canvas.height);
    return (await this.#verifier().qr(greyOf(picture))).text;
  }
}

/** Brightness by the weights of ITU-R BT.601. */
function greyOf({ width, height, data }) {
  const luma = new Uint8Array(width * height);
  for (let at = 0; at < luma.length; at += 1) {
    const from = 4 * at;
    luma[at] = (299 * data[from] + 587 * data[from + 1] + 114 * data[from + 2]) / 1000;
  }
  return { width, height, luma };
}
