// One tab at a time runs a study of a case.

/** Not outside a secure context, nor where the browser denies storage. */
async function locksWork() {
  try {
    await navigator.locks.query();
    return true;
  } catch {
    return false;
  }
}

/**
 * Does `work` while no other tab of this browser runs a study of the same case: what that one computes need not be computed here.
 * @template T
 * @param {string} key of the case
 * @param {AbortSignal} signal ends the wait with an AbortError
 * @param {(waiting: boolean) => void} tell of a wait that begins or ends
 * @param {(waited: boolean) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function aloneOnCase(key, signal, tell, work) {
  if (!(await locksWork())) return work(false);
  const name = `shapslice-study ${key}`;
  const taken = Symbol('taken');
  const done = await navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock ? work(false) : taken));
  if (done !== taken) return /** @type {T} */ (done);
  tell(true);
  signal.addEventListener('abort', () => tell(false));
  return navigator.locks.request(name, { signal }, () => {
    tell(false);
    return work(true);
  });
}
