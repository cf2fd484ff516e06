// Starts the page under its service worker, which checks and keeps every further file and brings the headers that let the page
// have threads (service_worker.js). Where there is no service worker the page starts all the same.

// No content security policy stops a peer connection (tried: its datagrams reach a server), and nothing here needs one.
for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection']) delete (/** @type {any} */ (globalThis)[name]);

const RELOADED = 'shapslice-reloaded-for-threads';
const PATIENCE = 30_000; // ms for the first installation: a page that waits for ever is worse than one that is not offline

const REASON_PATIENCE = 2000; // ms

/** @param {string} sentence */
function say(sentence) {
  const loading = document.getElementById('loading');
  if (loading) loading.textContent = sentence;
}

/** @param {Promise<boolean>} promise @returns {Promise<boolean>} false when it takes too long */
function patiently(promise) {
  return Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve(false), PATIENCE))]);
}

/** @param {ServiceWorker} worker @returns {Promise<boolean>} whether this is the only page of the site that is open */
function isAlone(worker) {
  const { port1, port2 } = new MessageChannel();
  const answered = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
  worker.postMessage('alone?', [port2]);
  return patiently(/** @type {Promise<boolean>} */ (answered));
}

/** @param {ServiceWorker} worker @returns {Promise<boolean>} whether the installation ended well */
function installed(worker) {
  return new Promise((resolve) => {
    const look = () => {
      if (worker.state === 'activated') resolve(true);
      if (worker.state === 'redundant') resolve(false);
    };
    worker.addEventListener('statechange', look);
    look();
  });
}

/** @returns {Promise<boolean>} whether the page may go on; false: it is reloading, or has said what is wrong */
async function underServiceWorker() {
  if (!('serviceWorker' in navigator) || !window.isSecureContext) return true;
  let problem = '';
  const told = new Promise((resolve) =>
    navigator.serviceWorker.addEventListener('message', ({ data }) => {
      if (!data?.problem) return;
      problem = data.problem;
      say(problem);
      resolve(true);
    }),
  );
  navigator.serviceWorker.startMessages();
  /** @type {ServiceWorkerRegistration} */
  let registration;
  try {
    registration = await navigator.serviceWorker.register(new URL('../service_worker.js', import.meta.url), {
      updateViaCache: 'none',
    });
  } catch {
    return true; // switched off or out of reach: what is kept, or the network, serves
  }
  if (!registration) return true; // some automation says yes and does nothing
  if (registration.waiting && navigator.serviceWorker.controller && (await isAlone(registration.waiting))) {
    // This very file is of the old version. Without the old worker the page comes anew from the network, all of it.
    await registration.unregister();
    sessionStorage.removeItem(RELOADED);
    location.reload();
    return false;
  }
  if (!navigator.serviceWorker.controller) {
    const worker = registration.installing ?? registration.waiting ?? registration.active;
    const well = worker ? await patiently(installed(worker)) : false;
    // That the installation failed may be heard before why it did.
    if (!well) await Promise.race([told, new Promise((resolve) => setTimeout(resolve, REASON_PATIENCE))]);
    if (problem) return false; // a damaged file: nothing more is loaded
    if (!well) return true;
  }
  if (globalThis.crossOriginIsolated || sessionStorage.getItem(RELOADED)) return true;
  sessionStorage.setItem(RELOADED, '1'); // once: if it does not help here, the page has one thread
  location.reload();
  return false;
}

if (await underServiceWorker()) {
  await import('./main.js').catch((error) => say(`The page could not be loaded: ${error.message}.`));
}
