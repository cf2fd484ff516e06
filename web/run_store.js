// What studies have computed, kept in this browser (IndexedDB) so that no run is ever made twice, and a study that was
// interrupted goes on. Under the digest of a case's content: no image, no file's name. Storage that is full, denied or cleared
// under the page costs what it would have kept, and never the study.

/** @typedef {import('./types.d.ts').StoredRun} StoredRun */
/** @typedef {import('./types.d.ts').StoredStudy} StoredStudy */
/** @typedef {import('./types.d.ts').StorageState} StorageState */

const DATABASE = 'shapslice-values';
const CASE_INDEX = 'case';
const EVERY_CASE = '*';
const MOST_MS = 3000;
const PAUSE_MS = 50;

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function answerOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
function endOf(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

/** @param {IDBDatabase} database */
function createStores(database) {
  const runs = database.createObjectStore('runs', { keyPath: ['case', 'key', 'coalition'] });
  runs.createIndex(CASE_INDEX, 'case');
  database.createObjectStore('studies', { keyPath: 'case' });
}

/**
 * Browsers do not always answer (Chromium drops transactions without a word when the site's data are cleared under them), and
 * a study must not wait for ever.
 * @template T
 * @param {Promise<T>} answer
 * @returns {Promise<T>}
 */
function inTime(answer) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('it does not answer')), MOST_MS);
    answer.then(resolve, reject).finally(() => clearTimeout(late));
  });
}

/** @param {unknown} error */
function isFull(error) {
  return error instanceof DOMException && error.name === 'QuotaExceededError';
}

/** While a site's data are being cleared, its connections are closed and new ones refused. @param {unknown} error */
function isClosed(error) {
  return error instanceof DOMException && ['AbortError', 'InvalidStateError'].includes(error.name);
}

export class RunStore {
  /** @param {(sentence: string) => void} tell what the user should know, once for each trouble */
  constructor(tell) {
    this.tell = tell;
    /** Nothing is written, and nothing read. */
    this.traceless = false;
    /** Storage gave nothing though it was not full; not asked again, which may take its time, until the next study. */
    this.denied = false;
    /** @type {Promise<IDBDatabase> | null} */
    this.database = null;
    /** Cases that the user, here or in another tab, wants forgotten: a study under way must not bring them back. @type {Set<string>} */
    this.forgotten = new Set();
    /** @type {Set<string>} */
    this.told = new Set();
    /** Settles when all that was handed in is written or refused. @type {Promise<unknown>} */
    this.written = Promise.resolve();
    this.tabs = new BroadcastChannel(DATABASE);
    this.tabs.onmessage = ({ data }) => this.forgotten.add(data.forget);
  }

  /** Whether anything was ever kept: looking must not make a database. */
  async exists() {
    return this.database !== null || (await indexedDB.databases()).some(({ name }) => name === DATABASE);
  }

  /** @returns {Promise<IDBDatabase>} */
  open() {
    if (this.database) return this.database;
    const gone = () => {
      if (this.database === connection) this.database = null; // and no connection that was made since
    };
    const connection = this.connect(gone);
    connection.catch(gone);
    this.database = connection;
    return connection;
  }

  /** Lets go of the connection: whoever needs one next makes another. */
  disconnect() {
    const old = this.database;
    this.database = null;
    void old?.then((database) => database.close()).catch(() => {});
  }

  /** @param {() => void} gone @returns {Promise<IDBDatabase>} */
  async connect(gone) {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => createStores(request.result);
    const database = await answerOf(request);
    // Another tab forgets everything.
    database.onversionchange = () => {
      database.close();
      gone();
    };
    database.onclose = gone; // the user cleared the site's data
    return database;
  }

  /**
   * @template T
   * @param {'runs' | 'studies'} name
   * @param {(store: IDBObjectStore) => IDBRequest<T>} ask
   * @returns {Promise<T | null>} null where storage gives nothing
   */
  async read(name, ask) {
    return this.traceless ? null : this.ask(name, ask);
  }

  /**
   * As read(), also while nothing is to be read: for numbers that say what is still there.
   * @template T
   * @param {'runs' | 'studies'} name
   * @param {(store: IDBObjectStore) => IDBRequest<T>} ask
   * @returns {Promise<T | null>}
   */
  async ask(name, ask) {
    if (this.denied) return null;
    try {
      if (!(await this.exists())) return null;
      return await this.insist(async () => {
        const database = await this.open();
        return answerOf(ask(database.transaction(name).objectStore(name)));
      });
    } catch (error) {
      this.complain(error);
      return null;
    }
  }

  /** @param {string} caseKey @returns {Promise<StoredRun[]>} */
  async runsOf(caseKey) {
    return (await this.read('runs', (store) => store.index(CASE_INDEX).getAll(caseKey))) ?? [];
  }

  /** The last study of a case. @param {string} caseKey @returns {Promise<StoredStudy | null>} */
  async studyOf(caseKey) {
    return (await this.read('studies', (store) => store.get(caseKey))) ?? null;
  }

  /** The newest study that did not come to its end, and how many runs of its case are kept. */
  async unfinished() {
    const studies = /** @type {StoredStudy[]} */ ((await this.read('studies', (store) => store.getAll())) ?? []);
    const open = studies.filter(({ finished }) => !finished).sort((a, b) => b.when.localeCompare(a.when));
    if (open.length === 0) return null;
    const runs = await this.read('runs', (store) => store.index(CASE_INDEX).count(open[0].case));
    return { study: open[0], runs: runs ?? 0 };
  }

  /** @returns {Promise<StorageState>} */
  async state() {
    const runs = (await this.ask('runs', (store) => store.count())) ?? 0;
    const cases = (await this.ask('studies', (store) => store.count())) ?? 0;
    return { traceless: this.traceless, runs, cases };
  }

  /** @param {StoredRun} run */
  putRun(run) {
    return this.put('runs', run);
  }

  /** @param {StoredStudy} study */
  putStudy(study) {
    return this.put('studies', study);
  }

  /** @param {'runs' | 'studies'} name @param {StoredRun | StoredStudy} record */
  put(name, record) {
    this.written = this.written.then(() => this.write(name, record)).catch((error) => this.complain(error));
    return this.written;
  }

  /** @param {'runs' | 'studies'} name @param {StoredRun | StoredStudy} record */
  async write(name, record) {
    if (this.mustNotKeep(record.case)) return;
    try {
      await this.insist(() => this.writeOnce(name, record));
    } catch (error) {
      // Room is made at the cost of the case that was studied longest ago.
      if (!isFull(error) || !(await this.forgetOldest(record.case))) throw error;
      await this.insist(() => this.writeOnce(name, record));
    }
  }

  /**
   * Does something on a connection that may have been closed under us: then on a new one, and for as long as the browser is
   * clearing and refuses that too, on another a moment later.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async insist(work) {
    let end = 0;
    for (let tries = 1; ; ++tries) {
      try {
        return await inTime(work());
      } catch (error) {
        if (isFull(error)) throw error;
        if (tries === 1) end = performance.now() + MOST_MS;
        else if (!isClosed(error) || performance.now() > end) throw error;
        else await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        this.disconnect();
      }
    }
  }

  /** @param {'runs' | 'studies'} name @param {StoredRun | StoredStudy} record */
  async writeOnce(name, record) {
    const transaction = (await this.open()).transaction(name, 'readwrite');
    if (this.mustNotKeep(record.case)) return;
    transaction.objectStore(name).put(record);
    await endOf(transaction);
  }

  /** @param {string} caseKey */
  mustNotKeep(caseKey) {
    return this.traceless || this.denied || this.forgotten.has(caseKey) || this.forgotten.has(EVERY_CASE);
  }

  /** Values of this case may be kept again: the user runs it anew. @param {string} caseKey */
  remember(caseKey) {
    this.denied = false;
    this.forgotten.delete(caseKey);
    this.forgotten.delete(EVERY_CASE);
  }

  /** @param {string} but the case at hand @returns {Promise<boolean>} whether there was another */
  async forgetOldest(but) {
    const studies = /** @type {StoredStudy[]} */ ((await this.read('studies', (store) => store.getAll())) ?? []);
    const [oldest] = studies.filter((study) => study.case !== but).sort((a, b) => a.when.localeCompare(b.when));
    if (oldest) await this.remove(oldest.case);
    return oldest !== undefined;
  }

  /** @param {string} caseKey */
  async remove(caseKey) {
    if (!(await this.exists())) return;
    const transaction = (await this.open()).transaction(['runs', 'studies'], 'readwrite');
    transaction.objectStore('studies').delete(caseKey);
    const runs = transaction.objectStore('runs');
    const keys = runs.index(CASE_INDEX).openKeyCursor(caseKey);
    keys.onsuccess = () => {
      if (!keys.result) return;
      runs.delete(keys.result.primaryKey);
      keys.result.continue();
    };
    await endOf(transaction);
  }

  /** @param {string} caseKey */
  async forgetCase(caseKey) {
    this.forgotten.add(caseKey);
    this.tabs.postMessage({ forget: caseKey });
    await this.written;
    await this.mustRemove(this.insist(() => this.remove(caseKey)));
  }

  /** Who wants something forgotten must hear if it is not. @param {Promise<unknown>} removal */
  async mustRemove(removal) {
    try {
      await removal;
    } catch (error) {
      throw new Error(
        `What this browser keeps could not be removed (${/** @type {Error} */ (error)?.message ?? error}). Clear this site's ` +
          "data in the browser's settings.",
      );
    }
  }

  async forgetEverything() {
    this.forgotten.add(EVERY_CASE);
    this.tabs.postMessage({ forget: EVERY_CASE });
    await this.written;
    this.disconnect();
    await this.mustRemove(
      inTime(this.exists().then(async (there) => there && answerOf(indexedDB.deleteDatabase(DATABASE)))),
    );
  }

  /** @param {unknown} error */
  complain(error) {
    this.denied ||= !isFull(error);
    const sentence = isFull(error)
      ? 'This browser gives the page no more storage: values computed from here on are kept in this tab only. Save the result ' +
        'before you close it.'
      : `This browser lets the page store nothing (${/** @type {Error} */ (error)?.message ?? error}): values are kept in this ` +
        'tab only. Save the result before you close it.';
    if (this.told.has(sentence)) return;
    this.told.add(sentence);
    this.tell(sentence);
  }
}
