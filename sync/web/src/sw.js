// The service worker of every surface that works offline: keeps the shell, so that a reload without a network works. It
// never answers for an API, and it holds no data: those live in IndexedDB. The build fills in the four names in capitals.
const NAME = __NAME__;
const FILES = __FILES__;
const CACHE = `${NAME}${__VERSION__}`;

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  const old = (name) => name.startsWith(NAME) && name !== CACHE;
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  const scope = new URL(self.registration.scope);
  if (event.request.method !== 'GET' || url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  event.respondWith(event.request.mode === 'navigate' ? page(event.request) : asset(event.request));
});

/** The newest page if the server answers soon, else the kept one. */
async function page(request) {
  const kept = await caches.match('./', { cacheName: CACHE });
  const fresh = fetch(request);
  if (!kept) return fresh;
  const late = new Promise((done) => setTimeout(done, __PATIENCE_MS__, null));
  return (await Promise.race([fresh.catch(() => null), late])) ?? kept;
}

/** Names carry a hash of their content: what is kept is right for ever. Fonts and maps are kept when first used. */
async function asset(request) {
  const kept = await caches.match(request, { cacheName: CACHE, ignoreSearch: true });
  if (kept) return kept;
  const fresh = await fetch(request);
  if (fresh.ok && fresh.type === 'basic') (await caches.open(CACHE)).put(request, fresh.clone());
  return fresh;
}
