// The worker that answers for the page, so that hashing a large file freezes nothing.
// In: { wasm } once, then { id, question, files }. Out: { started } or { broken }, then for each
// question { id, done } as it goes on, and { id, answer, made } or { id, broken }.

import { VerifierModule } from "./wasm.js";

let verifierModule = null;

async function startModule(wasm) {
  try {
    verifierModule = await VerifierModule.compile(wasm);
    postMessage({ started: true });
  } catch (error) {
    postMessage({ broken: String(error) });
  }
}

function answerQuestion({ id, question, files }) {
  try {
    const note = (done) => postMessage({ id, done });
    postMessage({ id, ...verifierModule.ask(question, files, note) });
  } catch (error) {
    postMessage({ id, broken: String(error) });
  }
}

self.onmessage = ({ data }) => {
  if (data.wasm) startModule(data.wasm);
  else answerQuestion(data);
};
