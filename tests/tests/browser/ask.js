// For the story of the vectors: one question to a worker of the page's own, at any time of day.
// Numbers that name files are made into what the worker expects.

window.ask = async (name, values, files) => {
  if (!window.asked) {
    const { readPart, startWorker } = await import("./page/parts.js");
    const wasm = await (await readPart("page/beleg.wasm")).arrayBuffer();
    const worker = startWorker();
    await new Promise((resolve) => {
      worker.onmessage = resolve;
      worker.postMessage({ wasm });
    });
    window.asked = worker;
  }
  const decode = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const blobs = files.map((text) => new Blob([decode(text)]));
  const blob = (file) => ({ file, length: blobs[file].size });
  if ("file" in values) values.file = blob(values.file);
  if ("files" in values) values.files = values.files.map((f) => ({ name: f.name, blob: blob(f.blob) }));
  return new Promise((resolve, reject) => {
    window.asked.onmessage = ({ data }) => {
      if (data.done !== undefined) return;
      if (data.answer?.ok) resolve(data.answer.ok);
      else reject(new Error(JSON.stringify(data)));
    };
    window.asked.postMessage({ id: 1, question: { [name]: values }, files: blobs });
  });
};
true;
