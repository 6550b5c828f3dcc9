// Keeps the page's own files, so that it opens without a network. The newest from the server comes first;
// what is kept is used only where the server cannot be reached. Federation and status lists are not here:
// the page keeps them itself and verifies them anew whenever it takes them out.

const KEPT_PAGES = "beleg-pages";
const ANSWER_LIMIT_MS = 6000;
const START = "./";
const BESIDE = ["accessibility.html", "manifest.webmanifest"];

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

/** All files that the site names. A missing one is no reason to fail. */
async function keepAll() {
  const kept = await caches.open(KEPT_PAGES);
  const site = await fetch("page/site.json").then((answer) => answer.json()).catch(() => ({}));
  const named = Array.isArray(site.keep) ? site.keep : [];
  await Promise.all([START, ...named].map((path) => keepOne(kept, path)));
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
  if (path === "" || path === "index.html") return START;
  return path.startsWith("page/") || BESIDE.includes(path) ? path : null;
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
