// On hosts that send no headers of their own, this worker adds those that let the page use threads, and gives the page's
// content security policy to its workers too. It stores nothing and sends nothing.

const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'; style-src 'self'; " +
    "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'",
};

const scope = /** @type {any} */ (self);

scope.addEventListener('install', () => scope.skipWaiting());
scope.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(scope.clients.claim()));

scope.addEventListener('fetch', (/** @type {any} */ event) => {
  if (new URL(event.request.url).origin !== scope.location.origin) return;
  event.respondWith(withHeaders(event.request));
});

/** @param {Request} request */
async function withHeaders(request) {
  const response = await fetch(request);
  if (response.type === 'opaqueredirect' || response.status === 0) return response;
  const all = new Headers(response.headers);
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers: all });
}
