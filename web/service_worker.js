// Serves one version of the site, and only that: each file is checked against the hash it was published with, kept, and from
// then on there without a network. Adds the headers that bring threads on hosts that send none, and the content security
// policy, to workers too. Sends nothing; keeps nothing but the site's own files.
//
// The three constants below are filled in by scripts/seal_site.mjs. A new version waits until no page of the old one is open;
// a page that is the only one lets the old one go when it starts (web/boot.js). No page runs with files of two versions.

const VERSION = '';
/** sha256 by path within the site. @type {Record<string, string>} */
const FILES = {};
const POLICY = '';

const CACHE = `shapslice-site-${VERSION}`;
const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': POLICY,
};
const scope = /** @type {any} */ (self);
const root = new URL('./', scope.location.href);

// What a page needs to start; models and ONNX Runtime follow when they are asked for.
const core = Object.keys(FILES).filter((path) => !/^(models|ort)\//.test(path));

/** @param {Request} request @returns {string | null} path within the site, or null for what is elsewhere */
function pathOf(request) {
  const url = new URL(request.url);
  if (url.origin !== root.origin || !url.pathname.startsWith(root.pathname)) return null;
  const path = url.pathname.slice(root.pathname.length) || 'index.html';
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // no file's
  }
}

/** @param {number} status @param {string} sentence */
function refusal(status, sentence) {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'ShapSlice-Problem': '1' }; // web/site_file.js
  return new Response(sentence, { status, headers });
}

/** @param {ArrayBuffer} bytes */
async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Tells every page, loading ones too. @param {string} problem */
async function tell(problem) {
  for (const client of await scope.clients.matchAll({ includeUncontrolled: true })) client.postMessage({ problem });
}

/** From the network, checked and kept. @param {string} path @returns {Promise<Response>} */
async function fetchChecked(path) {
  const response = await fetch(new URL(path, root), { cache: 'no-cache' });
  // Whatever a host says in place of the file, its words are not the site's.
  if (!response.ok)
    return refusal(
      response.status < 400 ? 502 : response.status,
      `${path}: the site's host answered HTTP ${response.status}; expected the file. Reload the page; if this stays, tell ` +
        'whoever runs this site.',
    );
  const bytes = await response.arrayBuffer();
  if ((await sha256(bytes)) !== FILES[path]) {
    const problem =
      `${path}: its content is not what this version of the page was published with; it was damaged or changed, and is not ` +
      'used. Reload the page; if this stays, tell whoever runs this site.';
    await tell(problem);
    return refusal(409, problem);
  }
  const headers = new Headers({ 'Content-Type': response.headers.get('Content-Type') ?? 'application/octet-stream' });
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const checked = new Response(bytes, { headers });
  // A full disk costs the offline copy, not the page.
  await (await caches.open(CACHE)).put(new URL(path, root), checked.clone()).catch(() => {});
  return checked;
}

/** @param {string} path */
async function serve(path) {
  const kept = await (await caches.open(CACHE)).match(new URL(path, root));
  return kept ?? fetchChecked(path);
}

/** @param {string[]} paths */
async function keep(paths) {
  for (const path of paths) {
    const response = await serve(path);
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  }
}

scope.addEventListener('install', (/** @type {any} */ event) => event.waitUntil(keep(core)));

scope.addEventListener('activate', (/** @type {any} */ event) => {
  const tidy = async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith('shapslice-site-') && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await scope.clients.claim();
  };
  event.waitUntil(tidy());
});

scope.addEventListener('message', (/** @type {any} */ event) => {
  const answer = event.ports[0];
  if (event.data === 'alone?') {
    const asked = async () => {
      const pages = await scope.clients.matchAll({ includeUncontrolled: true, type: 'window' });
      answer?.postMessage(pages.length <= 1);
    };
    event.waitUntil(asked());
  }
  if (event.data?.keep) {
    const wanted = Object.keys(FILES).filter((path) =>
      event.data.keep.some((/** @type {string} */ start) => path.startsWith(start)),
    );
    event.waitUntil(
      keep(wanted).then(
        () => answer?.postMessage(true),
        () => answer?.postMessage(false),
      ),
    );
  }
});

scope.addEventListener('fetch', (/** @type {any} */ event) => {
  const path = pathOf(event.request);
  if (path === null || event.request.method !== 'GET') return;
  // What is not of the site is not there: nothing unchecked is ever handed to a page.
  event.respondWith(
    Object.hasOwn(FILES, path) ? serve(path) : Promise.resolve(refusal(404, `${path}: the site has no such file.`)),
  );
});
