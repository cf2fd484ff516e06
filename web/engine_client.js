// The page's end of the engine worker: calls as promises, everything the engine reports as events, and a new worker where one
// has died.

/** @typedef {import('./types.d.ts').ModelManifest} ModelManifest */
/** @typedef {import('./types.d.ts').RuntimeState} RuntimeState */

/** Name of an error that the user was told of already. */
export const TOLD = 'AlreadyTold';
const MOST_DEATHS = 3; // in a row, without a study's run between them

export class EngineClient {
  /**
   * @param {(event: any) => void} onEvent messages of the worker that carry `event`
   * @param {() => Promise<void>} revive brings a new worker to where the old one was, by callNow()
   */
  constructor(onEvent, revive) {
    this.onEvent = onEvent;
    this.revive = revive;
    /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
    this.open = new Map();
    this.nextId = 1;
    this.deaths = 0;
    /** The worker has said something: what never ran will not run when started again. */
    this.heard = false;
    /** Settles when calls may go out. @type {Promise<unknown>} */
    this.ready = Promise.resolve();
    /** Why no call is answered any more; '' while there is an engine. */
    this.over = '';
    this.worker = this.spawn();
  }

  spawn() {
    const worker = new Worker(new URL('engine_worker.js', import.meta.url), {
      type: 'module',
      name: 'shapslice-engine',
    });
    worker.addEventListener('message', ({ data }) => worker === this.worker && this.receive(data));
    worker.addEventListener('error', (event) => this.died(worker, event.message || 'it could not be loaded'));
    this.worker = worker;
    this.heard = false;
    void this.watch(worker);
    return worker;
  }

  /** A worker that dies says nothing; but the lock that it held for life is free then. @param {Worker} worker */
  async watch(worker) {
    if (!navigator.locks) return; // not a secure context
    const name = `shapslice-engine ${crypto.randomUUID()}`;
    try {
      await this.callNow('live', name);
      await navigator.locks.request(name, () => this.died(worker, 'its worker ended'));
    } catch {
      // Locks are denied where storage is: only a worker that says so is known to have died.
    }
  }

  /** @param {any} data */
  receive(data) {
    this.heard = true;
    if (data.event === 'stopped') {
      this.died(this.worker, data.sentence);
      return;
    }
    if (data.event) {
      if (data.event === 'run') this.deaths = 0;
      this.onEvent(data);
      return;
    }
    const call = this.open.get(data.id);
    this.open.delete(data.id);
    if (data.error === undefined) call?.resolve(data.value);
    else call?.reject(Object.assign(new Error(data.error), { name: data.name ?? 'Error' }));
  }

  /** @param {Worker} worker @param {string} why */
  died(worker, why) {
    if (worker !== this.worker || this.over) return; // heard of before
    const again = ++this.deaths <= MOST_DEATHS && this.heard;
    if (!again) {
      this.end(`The engine stopped: ${why}. Reload the page.`);
      return;
    }
    worker.terminate();
    const calls = this.takeCalls();
    this.spawn();
    const revived = this.worker;
    this.ready = this.revive().catch((error) => {
      if (revived === this.worker) this.end(`The engine could not be started again: ${error.message} Reload the page.`);
    });
    this.refuse(calls, `The engine stopped: ${why}. It is started again; what was computed is kept.`);
  }

  /** No other engine is started: what was asked, and whatever will be, is refused. @param {string} sentence */
  end(sentence) {
    if (this.over) return;
    this.over = sentence;
    this.worker.terminate();
    this.refuse(this.takeCalls(), sentence);
  }

  takeCalls() {
    const calls = [...this.open.values()];
    this.open.clear();
    return calls;
  }

  /** Tells the user once, and all who wait for an answer. @param {ReturnType<EngineClient['takeCalls']>} calls @param {string} sentence */
  refuse(calls, sentence) {
    this.onEvent({ event: 'notice', kind: 'error', sentence });
    for (const { reject } of calls) reject(Object.assign(new Error(sentence), { name: TOLD }));
  }

  /**
   * @param {string} method
   * @param {...unknown} args
   * @returns {Promise<any>}
   */
  async call(method, ...args) {
    for (let waited; waited !== this.ready; ) {
      waited = this.ready;
      await waited; // meanwhile there may be yet another engine to wait for
    }
    return this.callNow(method, ...args);
  }

  /**
   * Without waiting for a new worker to be where the old one was.
   * @param {string} method
   * @param {...unknown} args
   * @returns {Promise<any>}
   */
  callNow(method, ...args) {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      if (this.over) throw new Error(this.over);
      this.worker.postMessage({ id, method, args });
      this.open.set(id, { resolve, reject });
    });
  }
}
