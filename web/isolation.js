// Threads on hosts that send no headers: registers the service worker that adds them, and reloads once when it is in charge.

const RELOADED = 'shapslice-reloaded-for-threads';

/** @returns {Promise<boolean>} true when the page is about to reload */
export async function ensureIsolation() {
  if (globalThis.crossOriginIsolated || !('serviceWorker' in navigator) || !window.isSecureContext) return false;
  try {
    await navigator.serviceWorker.register(new URL('../service_worker.js', import.meta.url));
    await navigator.serviceWorker.ready;
  } catch {
    return false; // one thread, then: everything still works
  }
  if (sessionStorage.getItem(RELOADED)) return false; // it did not help here; do not loop
  sessionStorage.setItem(RELOADED, '1');
  location.reload();
  return true;
}
