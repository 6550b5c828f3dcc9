// The worker's side of the verifier's module: hands questions in, files by parts, answers out.
// The other side is verifier-web/src/abi.rs.

const NOTE_EVERY_MS = 100;

/** The module with the files that the question at hand is about. */
export class VerifierModule {
  #exports;
  #reader = new FileReaderSync();
  #files = [];
  #made = [];
  #advanced = 0;
  #noted = 0;
  #note = () => {};

  /** Compiles the module; rejects where the browser does not run it. */
  static async compile(bytes) {
    const module = new VerifierModule();
    const host = {
      read: (file, from, place, length) => module.#read(file, from, place, length),
      write: (place, length) => module.#write(place, length),
      advance: (bytes) => module.#advance(bytes),
    };
    const { instance } = await WebAssembly.instantiate(bytes, { host });
    module.#exports = instance.exports;
    return module;
  }

  /** Answers one question; `note` hears how many bytes were read so far. */
  ask(question, files, note) {
    this.#files = files;
    this.#made = [];
    this.#advanced = 0;
    this.#note = note;
    const text = new TextEncoder().encode(JSON.stringify(question));
    // Memory may move with every call, so each view is made anew.
    const input = this.#exports.input(text.length);
    this.#view(input, text.length).set(text);
    const length = this.#exports.ask();
    const answer = this.#view(this.#exports.output(), length).slice();
    const made = this.#made;
    this.#files = [];
    this.#made = [];
    return { answer: JSON.parse(new TextDecoder().decode(answer)), made };
  }

  #view(place, length) {
    // WASM counts addresses as signed numbers.
    return new Uint8Array(this.#exports.memory.buffer, place >>> 0, length >>> 0);
  }

  #read(file, from, place, length) {
    try {
      const part = this.#files[file].slice(from, from + (length >>> 0));
      const bytes = new Uint8Array(this.#reader.readAsArrayBuffer(part));
      this.#view(place, bytes.length).set(bytes);
      return bytes.length;
    } catch {
      // The file was moved or changed since it was chosen.
      return 0;
    }
  }

  #write(place, length) {
    this.#made.push(new Blob([this.#view(place, length)]));
  }

  #advance(bytes) {
    this.#advanced += bytes;
    const now = performance.now();
    if (now - this.#noted < NOTE_EVERY_MS) return;
    this.#noted = now;
    this.#note(this.#advanced);
  }
}
