// What a new engine has to be given so that it stands where one that stopped stood: the user's models, the case that was open,
// what was computed of it.

/** @typedef {import('./types.d.ts').CaseFile} CaseFile */
/** @typedef {import('./types.d.ts').ModelManifest} ModelManifest */
/** @typedef {import('./types.d.ts').StoredRun} StoredRun */
/** @typedef {(method: string, ...args: unknown[]) => Promise<any>} Call */

export class Standing {
  constructor() {
    /** @type {{ method: 'open' | 'openPhantom', args: unknown[] }} */
    this.opened = { method: 'openPhantom', args: [{}] };
    /** The label convention that was chosen for it; else empty. */
    this.labels = '';
    /** @type {Map<string, { manifest: ModelManifest, files: CaseFile[] }>} */
    this.models = new Map();
    this.caseKey = '';
    /** @type {Map<string, StoredRun>} */
    this.runs = new Map();
    this.options = '';
  }

  /** @param {'open' | 'openPhantom'} method @param {unknown[]} args */
  opens(method, args) {
    this.opened = { method, args };
    this.labels = '';
  }

  /** @param {string} key of the case that is open now */
  isOf(key) {
    if (key === this.caseKey) return;
    this.caseKey = key;
    this.runs.clear();
    this.options = '';
  }

  /** @param {StoredRun} run */
  keep(run) {
    if (run.case === this.caseKey) this.runs.set(`${run.key} ${run.coalition}`, run);
  }

  forget() {
    this.runs.clear();
    this.options = '';
  }

  /**
   * @param {Call} call
   * @param {Record<string, unknown>} start options of the engine's start
   * @param {unknown} ranking the clinical ranking that the last result was judged by
   */
  async restore(call, start, ranking) {
    await call('start', start);
    for (const { manifest, files } of this.models.values()) await call('takeModel', manifest, files);
    await call('shelve', { runs: [...this.runs.values()], options: this.options });
    await call(this.opened.method, ...this.opened.args);
    if (this.labels) await call('chooseLabels', this.labels);
    if (ranking) await call('setClinicalRanking', ranking);
    await call('prepareRuntime');
  }
}
