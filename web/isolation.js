// Threads on hosts that send no headers: registers the service worker that adds them, and reloads once when it is in charge.

const RELOADED = 'shapslice-reloaded-for-threads';
const PATIENCE = 3000; // ms for the worker to be in charge: a page that waits for ever is worse than one with one thread

/** @returns {Promise<boolean>} true when the page is about to reload */
export async function ensureIsolation() {
  if (globalThis.crossOriginIsolated || !('serviceWorker' in navigator) || !window.isSecureContext) return false;
  try {
    await navigator.serviceWorker.register(new URL('../service_worker.js', import.meta.url));
    const ready = navigator.serviceWorker.ready.then(() => true);
    const late = new Promise((resolve) => setTimeout(() => resolve(false), PATIENCE));
    if (!(await Promise.race([ready, late]))) return false;
  } catch {
    return false; // one thread, then: everything still works
  }
  if (sessionStorage.getItem(RELOADED)) return false; // it did not help here; do not loop
  sessionStorage.setItem(RELOADED, '1');
  location.reload();
  return true;
}
