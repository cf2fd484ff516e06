// The engine's module worker: carries files to the C++ core, the core's wishes to ONNX Runtime, and results to the page.
// See web/engine_client.js for the other end.

import { unpackArchives } from './archive.js';
import { describeFiles, findCases } from './case_files.js';
import { ConvnetPool, enginesHere } from './convnet_pool.js';
import { maskedInput } from './gpu_engine.js';
import { OrtRuntime } from './ort_runtime.js';
import { ModelLibrary } from './model_library.js';
import { bytesOf } from './read_file.js';
import { RunStore } from './run_store.js';
import { aloneOnCase } from './tabs.js';

/** @typedef {import('./types.d.ts').Engine} Engine */
/** @typedef {import('./types.d.ts').EngineModule} EngineModule */
/** @typedef {import('./types.d.ts').EngineHost} EngineHost */
/** @typedef {import('./types.d.ts').CaseFile} CaseFile */
/** @typedef {import('./types.d.ts').Mask} Mask */
/** @typedef {import('./types.d.ts').ModelManifest} ModelManifest */
/** @typedef {import('./types.d.ts').Shelf} Shelf */

const site = new URL('../', import.meta.url);

/** @type {Promise<Engine>} */
const engineReady = createEngine();
/** @type {OrtRuntime} */
let runtime = new OrtRuntime(new URL('ort/', site), 'auto');
const pool = new ConvnetPool(enginesHere());
/** There as soon as the engine is. @type {ModelLibrary} */
let library;
/** Rises with each opening and with Cancel: an opening that is no longer the newest gives up. */
let openings = 0;
/** Settings of the page's own built-in case. @type {Record<string, unknown>} */
let builtIn = {};
/** Number of the opening whose files the engine holds. */
let begun = 0;
/** Cancel was asked for since the last Run. */
let cancelled = false;
/**
 * The study under way. @type {{ left: Promise<void>, end: (sentence: string) => void, waiting: AbortController } | null}
 * `left` settles when run() is through with it, `end` is called with the engine's last word, `waiting` ends its wait for
 * another tab.
 */
let study = null;
const store = new RunStore((sentence) => emit('notice', { kind: 'notice', sentence }));
/** What an engine that stopped had computed. @type {Shelf} */
let shelf = { runs: [], options: '' };

/**
 * @param {string} event
 * @param {Record<string, unknown>} payload
 * @param {Transferable[]} [transfer]
 */
function emit(event, payload, transfer = []) {
  postMessage({ event, ...payload }, { transfer });
}

/** @returns {Promise<import('./types.d.ts').ZipLibrary>} */
const zipLibrary = () => import(new URL('fflate/browser.js', site).href);

/** Lets messages in (Cancel among them): between two model runs nothing else would. */
function breathe() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(null);
  });
}

/** @returns {Promise<Engine>} */
async function createEngine() {
  const { default: create } = await import(new URL('wasm/engine.mjs', site).href);
  const module = /** @type {EngineModule} */ (await create());
  /** @type {EngineHost} */
  const host = {
    startRun: (ticket, modelId, fold, channels, shape, input, fast, mask, ranges, measures) => {
      const run = { modelId, fold, channels, shape, fast, mask, ranges, measures };
      void answerRun(ticket, run, input);
    },
    onResult: (json) => emit('result', { json }),
    onOtherSettings: () => emit('otherSettings', {}),
    onSegmentation: (model, fold, coalition, runs) =>
      emit('segmentation', { model, fold, coalition, runs }, [runs.buffer]),
    onRun: (key, coalition, counts, labels, provider, seconds) => {
      const run = { case: engine.storedCaseKey(), key, coalition, counts, labels, provider, seconds };
      void store.putRun(run);
      emit('run', { run });
    },
    onStudyEnd: (sentence) => study?.end(sentence),
  };
  const engine = new module.Engine(host);
  engine.setEngines(pool.count);
  library = new ModelLibrary(engine, pool);
  return engine;
}

/**
 * What the engine asks for, but the input. `shape`: i, j, k; `fast`: not in float32, on the program's own engine.
 * @typedef {{ modelId: string, fold: number, channels: number, shape: number[], fast: boolean, mask: Mask | null,
 *   ranges: string, measures: boolean }} WantedRun
 */

/** @param {number} ticket @param {WantedRun} wanted @param {Float32Array} view */
async function answerRun(ticket, wanted, view) {
  const { modelId, fold, channels, shape, fast } = wanted;
  let { mask } = wanted;
  /** @type {Float32Array | null} */
  let input = null;
  try {
    input = view.slice(); // before anything is awaited: the view dies when the engine's memory grows
    if (mask?.absent) mask = { ...mask, absent: mask.absent.slice() };
  } catch {
    // There is no memory for it; said below, where the engine waits for an answer.
  }
  const engine = await engineReady;
  try {
    if (!input)
      throw new Error('There is not enough memory for the input of a model; what was computed before is kept.');
    await breathe();
    await store.written; // what the last run found is kept before the next keeps this thread busy
    // A run blocks this thread, so a Cancel during one is heard only now, when the next has been asked for already.
    if (cancelled) {
      engine.failRun(ticket, 'Cancelled.');
      return;
    }
    const model = library.get(modelId);
    const files = library.files(model, fold);
    if (wanted.measures) {
      // Halves have no ranges.
      const ranges = runtime.state.halves
        ? ''
        : await pool.widenedRanges(model.manifest, fold, files.original, shape, input);
      engine.completeRanges(ticket, ranges);
      return;
    }
    const answer = await (fast
      ? runFast(engine, model.manifest, files, { ...wanted, mask }, input)
      : runtime.run(model.manifest, fold, files, channels, shape, input, mask));
    if (answer.notice) tellOfRuntime(engine);
    const { output, labels, provider, seconds, notice } = answer;
    if (labels) engine.completeLabels(ticket, labels, provider, seconds, notice);
    else engine.completeRun(ticket, output, provider, seconds, notice);
  } catch (error) {
    if (!gaveUp(error)) engine.failRun(ticket, sentenceOf(error));
  }
}

/**
 * One forward pass that need not be in float32: in halves on a graphics processor, else in whole numbers.
 * @param {Engine} engine
 * @param {ModelManifest} manifest
 * @param {import('./types.d.ts').NetworkFiles} files
 * @param {WantedRun} wanted
 * @param {Float32Array} input
 */
async function runFast(engine, manifest, files, { fold, channels, shape, mask, ranges }, input) {
  const { halves } = runtime.state;
  const onGpu = await runtime.runHalf(manifest, fold, files, channels, shape, input, mask);
  if (onGpu) return onGpu;
  if (halves) tellOfRuntime(engine);
  const notice = runtime.takeNotice();
  try {
    return { ...(await pool.run(manifest, fold, files.original, shape, maskedInput(input, mask), ranges)), notice };
  } catch (error) {
    if (notice) emit('notice', { kind: 'notice', sentence: notice });
    throw error;
  }
}

/** What runs models has changed. @param {Engine} engine */
function tellOfRuntime(engine) {
  library.warmUps.clear(); // perhaps measured on what has just been given up
  engine.setEngines(fastRunsAtOnce());
  engine.setHalves(runtime.state.halves);
  emit('runtime', { state: { ...runtime.state, engines: pool.count } });
}

/** A graphics processor is one; engines in WebAssembly are as many as there are cores. */
function fastRunsAtOnce() {
  return runtime.state.halves ? 1 : pool.count;
}

/** A program that trapped (its stack overflowed, it read where nothing is) may hold anything: the page starts another. @param {unknown} error */
function gaveUp(error) {
  if (!(error instanceof WebAssembly.RuntimeError)) return false;
  emit('stopped', { sentence: error.message });
  close();
  return true;
}

/** @param {unknown} error */
function sentenceOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** Tells the page of the case that is open now. @param {Engine} engine */
function emitCase(engine) {
  const volumes = [0, 1, 2, 3].map((contrast) => engine.display(contrast));
  const labels = engine.reference();
  const buffers = volumes.map((volume) => volume.buffer);
  if (labels) buffers.push(labels.buffer);
  emit('case', { json: engine.caseSummary(), volumes, labels, key: engine.storedCaseKey() }, buffers);
  emit('result', { json: engine.resultJson() });
}

/** Gives the engine what this browser, or the page, kept of the case that is open. @param {Engine} engine */
async function restoreRuns(engine) {
  const key = engine.storedCaseKey();
  const runs = [...shelf.runs.filter((run) => run.case === key), ...(await store.runsOf(key))];
  if (engine.storedCaseKey() !== key) return; // another case was opened meanwhile
  // The run from all contrasts, which others may count against, has the highest number.
  runs.sort((a, b) => b.coalition - a.coalition);
  for (const run of runs) engine.restoreRun(run.key, run.coalition, run.counts, run.labels, run.provider, run.seconds);
}

/** Shows the last study of the case that is open as far as its runs were kept. @param {Engine} engine */
async function recallStudy(engine) {
  const key = engine.storedCaseKey();
  await restoreRuns(engine);
  const kept = await store.studyOf(key);
  const options = kept?.options ?? (shelf.runs.some((run) => run.case === key) ? shelf.options : '');
  if (!options || study || engine.storedCaseKey() !== key) return;
  const problem = engine.recallStudy(options);
  if (problem) {
    emit('notice', {
      kind: 'notice',
      sentence: `An earlier study of this case is kept, but cannot be shown: ${problem}`,
      topic: 'opening',
    });
    return;
  }
  const { runsDone, runsTotal } = JSON.parse(engine.resultJson()).progress;
  emit('recalled', { options: JSON.parse(options), known: runsDone, total: runsTotal });
}

async function emitStorage() {
  emit('storage', { state: await store.state() });
}

/** What one program may hold here: WebAssembly's 4 GB, or the machine's memory where the browser says it is less. */
function grantedMemory() {
  const wasm = 65536 * 65536;
  const { deviceMemory = Infinity } = /** @type {any} */ (navigator);
  const machine = deviceMemory * 2 ** 30;
  const known = deviceMemory < 8 ? machine : 0; // browsers say no more than 8
  return machine < wasm
    ? { granted: machine, grantedBy: 'this machine', machine: known }
    : { granted: wasm, grantedBy: 'the browser', machine: known };
}

/** @param {Engine} engine */
function cancelStudy(engine) {
  cancelled = true;
  engine.cancel();
  study?.waiting.abort();
}

/** @param {Engine} engine */
async function stopStudy(engine) {
  if (!study) return;
  cancelStudy(engine);
  await study.left;
}

/**
 * @param {Engine} engine
 * @param {Record<string, unknown>} options
 * @param {string} key of the case
 * @param {Promise<string>} ended the engine's last word
 * @param {boolean} waited another tab has run a study of this case
 */
async function runHere(engine, options, key, ended, waited) {
  await settleRanges(options);
  if (waited) await restoreRuns(engine);
  if (cancelled) return;
  const problem = engine.runStudy(JSON.stringify(options));
  if (problem) throw new Error(problem);
  const record = { case: key, options: JSON.stringify(options), when: new Date().toISOString() };
  void store.putStudy({ ...record, finished: false });
  const sentence = await ended;
  if (sentence) throw new Error(sentence);
  if (!cancelled) void store.putStudy({ ...record, finished: true });
}

/** Models that a fast study may run otherwise than in float32 are measured first where their manifest has no ranges. @param {Record<string, any>} options */
async function settleRanges({ models, settings }) {
  if (settings?.precision !== 'fast') return;
  for (const { id } of models) {
    const model = library.models.get(id);
    if (!model) continue;
    const first = !model.settled;
    if (first) emit('measuring', { name: model.manifest.name });
    const refused = await library.settleRanges(model);
    if (!first) continue;
    if (refused)
      emit('notice', {
        kind: 'notice',
        sentence: `${model.manifest.name} runs on ONNX Runtime, as under "exact": ${refused}`,
      });
    emit('model', { manifest: model.manifest });
  }
}

/** Throws where another opening or Cancel came after the one of this number. @param {number} number */
async function stillWanted(number) {
  await breathe();
  if (number === openings) return;
  throw new DOMException('Opening was cancelled; what was open stays open.', 'AbortError');
}

/** Lets go of the files of an opening that did not come to its end. @param {Engine} engine @param {number} number */
function abandonOpening(engine, number) {
  if (number !== begun) return; // another's are under way
  engine.abandonCase();
  emit('opening', { done: 0, total: 0, name: '' });
}

/**
 * Reads the files of the case that was found, one at a time, and gives them to the engine.
 * @param {Engine} engine @param {Map<string, CaseFile['file']>} byPath @param {number} number of the opening
 */
async function addFiles(engine, byPath, number) {
  const wanted = /** @type {{ path: string, imagePath: string }[]} */ (JSON.parse(engine.beginCase()));
  const fileAt = (/** @type {string} */ path) => /** @type {CaseFile['file']} */ (byPath.get(path));
  const sizeOf = (/** @type {string} */ path) => byPath.get(path)?.size ?? 0;
  const total = wanted.reduce((sum, { path, imagePath }) => sum + sizeOf(path) + sizeOf(imagePath), 0);
  const started = performance.now();
  let done = 0;
  for (const { path, imagePath } of wanted) {
    const secondsLeft = done ? ((performance.now() - started) / 1000) * (total / done - 1) : null;
    emit('opening', { done, total, name: path, secondsLeft });
    const bytes = await bytesOf(fileAt(path), path);
    const image = imagePath ? await bytesOf(fileAt(imagePath), imagePath) : null;
    await stillWanted(number);
    engine.addFile(path, bytes, image);
    done += sizeOf(path) + sizeOf(imagePath);
  }
}

/** What the page may ask for. Each returns a value for the page or throws an Error whose message is for the user. */
const methods = {
  /** Holds a lock for as long as this worker lives: who asks for it next learns of its end. @param {string} name */
  async live(name) {
    await new Promise((held, denied) => {
      navigator.locks.request(name, () => new Promise(() => held(undefined))).catch(denied);
    });
  },

  /** @param {{ provider: import('./types.d.ts').WantedProvider, traceless: boolean, builtIn: Record<string, unknown> }} options */
  async start({ provider, traceless, builtIn: settings }) {
    store.traceless = traceless;
    builtIn = settings;
    runtime = new OrtRuntime(new URL('ort/', site), provider);
    await engineReady;
    return library.loadSite(new URL('models/', site), (sentence) => emit('notice', { kind: 'error', sentence }));
  },

  /** Whether files are meant as a model. @param {string[]} paths */
  async isModelDrop(paths) {
    return (await engineReady).isModelDrop(JSON.stringify(paths));
  },

  /** @param {CaseFile[]} files @param {string} [convention] */
  async addModel(files, convention = '') {
    await engineReady;
    return library.add(files, convention);
  },

  /** Takes a guess as the user left it, or a model that an engine before this one had. @param {ModelManifest} manifest @param {CaseFile[]} files */
  async takeModel(manifest, files) {
    await engineReady;
    return library.take('model.json', JSON.stringify(manifest), files);
  },

  /** @param {string} id @param {number} fold */
  async rewrittenModel(id, fold) {
    await engineReady;
    return (await library.fold(library.get(id), fold)).bytes;
  },

  /** @param {Shelf} kept what an engine that stopped had computed */
  async shelve(kept) {
    shelf = kept;
  },

  async prepareRuntime() {
    await runtime.prepare();
    const engine = await engineReady;
    engine.setMasks(runtime.state.provider === 'webgpu');
    engine.setEngines(fastRunsAtOnce());
    if (runtime.state.halves) {
      engine.setHalves(true);
      await recallStudy(engine); // what is kept of halves was not looked for before
    }
    return { ...runtime.state, engines: pool.count };
  },

  /** @param {Record<string, unknown>} settings PhantomSettings, in place of the page's own; {} is the page's own case */
  async openPhantom(settings) {
    const engine = await engineReady;
    ++openings;
    await stopStudy(engine);
    engine.openPhantom(JSON.stringify({ ...builtIn, ...settings }));
    emitCase(engine);
    await recallStudy(engine);
    await emitStorage();
  },

  /**
   * Opens a case. Whatever is wrong with the files, the case that was open stays. Where they are of several cases the
   * list goes to the page, and `options.case` names the one to open.
   * @param {CaseFile[]} given
   * @param {Record<string, string>} roles by path, of a volume of a 4-D file by path#number; others keep the role their name suggests
   * @param {{ case?: string }} [options]
   */
  async open(given, roles, options = {}) {
    const engine = await engineReady;
    const number = ++openings;
    const files = await unpackArchives(given, zipLibrary);
    const entries = await describeFiles(engine, files);
    if (number === openings) await stopStudy(engine);
    await stillWanted(number);
    const list = findCases(engine, entries, roles, options.case ?? '');
    emit('cases', { list });
    if (list.error) {
      emit('files', { json: engine.fileTable() });
      const several = list.chosen === null && list.cases.length > 1;
      throw Object.assign(new Error(list.error), { name: several ? 'SeveralCases' : 'Error' });
    }
    const byPath = new Map(files.map(({ path, file }) => [path, file]));
    begun = number;
    /** @type {{ error: string, files: unknown[] }} */
    let outcome;
    try {
      await addFiles(engine, byPath, number);
      await stillWanted(number);
      outcome = JSON.parse(engine.finishCase());
    } catch (error) {
      abandonOpening(engine, number);
      if (number === openings) emit('files', { json: engine.fileTable() });
      throw error;
    }
    emit('opening', { done: 0, total: 0, name: '' });
    emit('files', { json: JSON.stringify(outcome.files) });
    if (outcome.error) throw new Error(outcome.error);
    emitCase(engine);
    await recallStudy(engine);
    await emitStorage();
  },

  /** The cases that files are of, and what each lacks; nothing is opened. @param {CaseFile[]} given @param {Record<string, string>} roles */
  async listCases(given, roles) {
    const engine = await engineReady;
    const files = await unpackArchives(given, zipLibrary);
    return findCases(engine, await describeFiles(engine, files), roles, '');
  },

  /**
   * What a study would cost on this machine; models not measured yet are, unless a study is running.
   * @param {{ models: { id: string, folds?: number[] }[], settings?: { precision?: string } }} options
   */
  async forecast(options) {
    const engine = await engineReady;
    if (!study) await settleRanges(options);
    const fast = options.settings?.precision === 'fast';
    for (const { id } of options.models) {
      const model = library.models.get(id);
      if (!model) continue;
      await library.warmUp(model, fast, runtime, () => {
        if (!study) emit('measuring', { name: model.manifest.name });
        return !study;
      });
    }
    const measured = { warmUps: library.measured(fast), ...grantedMemory() };
    const answer = JSON.parse(engine.forecastStudy(JSON.stringify(options), JSON.stringify(measured)));
    if (answer.error) throw new Error(answer.error);
    return answer;
  },

  /** Runs a study to its end. @param {Record<string, unknown>} options */
  async run(options) {
    const engine = await engineReady;
    if (study) throw new Error('A study is already running.');
    const key = engine.storedCaseKey();
    /** @type {PromiseWithResolvers<void>} */
    const { promise: left, resolve: leave } = Promise.withResolvers();
    /** @type {PromiseWithResolvers<string>} */
    const { promise: ended, resolve: end } = Promise.withResolvers();
    const waiting = new AbortController();
    study = { left, end, waiting };
    cancelled = false;
    store.remember(key);
    try {
      const tell = (/** @type {boolean} */ waits) => emit('waiting', { waiting: waits });
      const work = (/** @type {boolean} */ waited) => runHere(engine, options, key, ended, waited);
      await (store.traceless ? work(false) : aloneOnCase(key, waiting.signal, tell, work));
    } catch (error) {
      if (/** @type {Error} */ (error).name !== 'AbortError') throw error;
    } finally {
      await store.written;
      study = null;
      leave();
    }
    await emitStorage();
    return engine.resultJson();
  },

  async cancel() {
    ++openings;
    cancelStudy(await engineReady);
  },

  /** Removes what this browser keeps of the case that is open, and closes it. */
  async forgetCase() {
    const engine = await engineReady;
    const key = engine.storedCaseKey();
    await stopStudy(engine);
    shelf = { runs: [], options: '' };
    await store.forgetCase(key);
    await methods.openPhantom({});
  },

  /** Removes what this browser keeps of every case, and closes the one that is open. */
  async forgetEverything() {
    const engine = await engineReady;
    await stopStudy(engine);
    shelf = { runs: [], options: '' };
    await store.forgetEverything();
    await methods.openPhantom({});
  },

  /** @param {boolean} on nothing is kept from now on */
  async leaveNoTrace(on) {
    store.traceless = on;
    await emitStorage();
  },

  /** Removes what is stored, and nothing of what this page holds. */
  async deleteStored() {
    await store.forgetEverything();
    await emitStorage();
  },

  /** How many runs are kept of a study that did not come to its end, and when that was begun; null where there is none. */
  async unfinishedStudy() {
    const engine = await engineReady;
    const found = await store.unfinished();
    return found && found.study.case !== engine.storedCaseKey() && found.runs > 0
      ? { runs: found.runs, when: found.study.when }
      : null;
  },

  /** Reads the segmentation of the open case under another convention (docs/api.md). @param {string} convention */
  async chooseLabels(convention) {
    const engine = await engineReady;
    await stopStudy(engine);
    const problem = engine.chooseLabels(convention);
    if (problem) throw new Error(problem);
    emitCase(engine);
    await recallStudy(engine);
    await emitStorage();
  },

  /** @param {Record<string, unknown>} ranking */
  async setClinicalRanking(ranking) {
    const problem = (await engineReady).setClinicalRanking(JSON.stringify(ranking));
    if (problem) throw new Error(problem);
  },

  async csv() {
    return (await engineReady).resultCsv();
  },

  /**
   * @param {string} model
   * @param {number} fold
   * @param {number} coalition
   */
  async segmentation(model, fold, coalition) {
    const bytes = (await engineReady).segmentationFile(model, fold, coalition);
    if (!bytes) throw new Error('This segmentation is not known yet; run the study first.');
    return bytes;
  },
};

addEventListener('message', async ({ data: { id, method, args } }) => {
  try {
    const value = await /** @type {any} */ (methods)[method](...args);
    postMessage({ id, value });
  } catch (error) {
    if (!gaveUp(error)) postMessage({ id, error: sentenceOf(error), name: /** @type {Error} */ (error)?.name });
  }
});
