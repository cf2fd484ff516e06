// The page's end of the engine worker: calls as promises, everything the engine reports as events.

/** @typedef {import('./types.d.ts').ModelManifest} ModelManifest */
/** @typedef {import('./types.d.ts').RuntimeState} RuntimeState */

export class EngineClient {
  /** @param {(event: any) => void} onEvent messages of the worker that carry `event` */
  constructor(onEvent) {
    this.worker = new Worker(new URL('engine_worker.js', import.meta.url), {
      type: 'module',
      name: 'shapslice-engine',
    });
    /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
    this.open = new Map();
    this.nextId = 1;
    this.worker.addEventListener('message', ({ data }) => {
      if (data.event) {
        onEvent(data);
        return;
      }
      const call = this.open.get(data.id);
      this.open.delete(data.id);
      if (data.error === undefined) call?.resolve(data.value);
      else call?.reject(new Error(data.error));
    });
    this.worker.addEventListener('error', (event) => {
      const failed = new Error(`The engine stopped: ${event.message || 'it could not be loaded'}. Reload the page.`);
      for (const call of this.open.values()) call.reject(failed);
      this.open.clear();
    });
  }

  /**
   * @param {string} method
   * @param {...unknown} args
   * @returns {Promise<any>}
   */
  call(method, ...args) {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.open.set(id, { resolve, reject });
      this.worker.postMessage({ id, method, args });
    });
  }
}
