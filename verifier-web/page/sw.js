// Keeps the page's own files, so that it opens without a network. The newest from the server comes first;
// what is kept is used only where the server cannot be reached. Federation and status lists are not here:
// the page keeps them itself and verifies them anew whenever it takes them out.

const KEPT_PAGES = "beleg-pages";
const ANSWER_LIMIT_MS = 6000;
const PAGE_FILES = [
  "./",
  "accessibility.html",
  "manifest.webmanifest",
  "page/accessibility.js",
  "page/base.css",
  "page/beleg.wasm",
  "page/check-camera.js",
  "page/check-claims.js",
  "page/check-details.css",
  "page/check-details.js",
  "page/check-dialogs.js",
  "page/check-input.js",
  "page/check-list.js",
  "page/check-result.css",
  "page/check-save.js",
  "page/check-session.js",
  "page/check-tree.js",
  "page/check-trust-view.js",
  "page/check-trust.js",
  "page/check-verdict.js",
  "page/check.css",
  "page/check.js",
  "page/controls.css",
  "page/element.js",
  "page/federation",
  "page/icon.svg",
  "page/icons.js",
  "page/parts.js",
  "page/site.css",
  "page/site.json",
  "page/verifier.js",
  "page/wasm.js",
  "page/words.js",
  "page/worker.js",
];
const WORDS_FILES = ["shared", "check", "accessibility"];

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const path = ownPath(event.request);
  if (path === null) return;
  event.respondWith(newestOrKept(event.request, path));
});

/** All files, with the words in the languages that the site has. A missing one is no reason to fail. */
async function keepAll() {
  const kept = await caches.open(KEPT_PAGES);
  const site = await fetch("page/site.json").then((answer) => answer.json()).catch(() => ({}));
  const languages = Array.isArray(site.languages) ? site.languages : ["de", "en"];
  const words = languages.flatMap((tag) => WORDS_FILES.map((name) => `page/words/${name}.${tag}.json`));
  await Promise.all([...PAGE_FILES, ...words].map((path) => keepOne(kept, path)));
}

async function keepOne(kept, path) {
  const answer = await fetch(path, { cache: "no-cache" }).catch(() => null);
  if (answer?.ok) await kept.put(path, answer);
}

/** The path of a page's own file below the folder of this worker; null for everything else. */
function ownPath(request) {
  const [address, root] = [new URL(request.url), new URL(self.registration.scope)];
  if (request.method !== "GET" || address.origin !== root.origin) return null;
  if (!address.pathname.startsWith(root.pathname)) return null;
  const path = address.pathname.slice(root.pathname.length);
  if (path === "" || path === "index.html") return "./";
  const own = path.startsWith("page/") || PAGE_FILES.includes(path);
  return own ? path : null;
}

/** The server's answer, unless there is none in time and a kept one. */
async function newestOrKept(request, path) {
  const kept = await caches.open(KEPT_PAGES);
  const before = await kept.match(path);
  const signal = before === undefined ? undefined : AbortSignal.timeout(ANSWER_LIMIT_MS);
  try {
    const answer = await fetch(request, { signal });
    if (answer.ok) {
      await kept.put(path, answer.clone());
      return answer;
    }
    return answer.status >= 500 && before !== undefined ? before : answer;
  } catch (error) {
    if (before === undefined) throw error;
    return before;
  }
}
