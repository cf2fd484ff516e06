// The page: brings engine and app together, takes files, saves results, and offers `window.shapslice` (docs/api.md).

import { NO_TRACE, readAddress } from './address.js';
import { capture, startApp } from './app.js';
import { withPaths } from './case_files.js';
import { droppedFiles } from './dropped_files.js';
import { EngineClient, TOLD } from './engine_client.js';
import { forgetNotices, mirrorFiles, mirrorNotice, mirrorResult } from './mirror.js';
import { forgetRankings, leaveNoTrace, savedRankings, saveRanking } from './rankings.js';
import { Standing } from './standing.js';

/** @typedef {import('./app.js').AppModule} AppModule */
/** @typedef {import('./types.d.ts').CaseFile} CaseFile */
/** @typedef {import('./types.d.ts').CaseList} CaseList */
/** @typedef {import('./types.d.ts').ModelManifest} ModelManifest */

const options = new URLSearchParams(location.search);
const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById('canvas'));
const events = new EventTarget();

/** @type {AppModule} */
let app;
/** @type {ModelManifest[]} */
let models = [];
/** @type {any} */
let result = null;
/** @type {any} */
let subject = null;
/** @type {Promise<unknown> | null} */
let running = null;
/**
 * What was chosen last, whether or not it could be opened.
 * @type {{ files: CaseFile[], roles: Record<string, string>, options: { case?: string } }}
 */
let chosen = { files: [], roles: {}, options: {} };
/** The cases that those files are of. @type {CaseList | null} */
let cases = null;
/** The same two of the case that is open. @type {{ chosen: typeof chosen, cases: CaseList | null }} */
let ofOpenCase = { chosen, cases };
/** The files of a model that was dropped and waits for the user's word on how to read it. @type {CaseFile[]} */
let guessedFiles = [];

const standing = new Standing();
const engine = new EngineClient(
  (message) => {
    try {
      receive(message);
    } catch (error) {
      tellOnce(/** @type {Error} */ (error).message); // the app's: what was shown before stays
    }
  },
  async () => {
    const call = (/** @type {string} */ method, /** @type {unknown[]} */ ...args) => engine.callNow(method, ...args);
    await standing.restore(call, startOptions(), result?.clinicalRanking);
    takeOpened();
    notice(false, 'The engine was started again. Run goes on with what is not known yet.');
  },
);

function startOptions() {
  const { provider, traceless, builtIn } = readAddress(options);
  return { provider, traceless, builtIn };
}

/** @param {string} name @param {unknown} detail */
function announce(name, detail) {
  events.dispatchEvent(new CustomEvent(name, { detail }));
}

/** What the engine reports. @param {any} message */
function receive(message) {
  switch (message.event) {
    case 'case':
      forgetNotices('opening');
      subject = JSON.parse(message.json);
      if (subject.synthetic) {
        ofOpenCase = { chosen: { files: [], roles: {}, options: {} }, cases: null };
        takeOpened();
      }
      mirrorCase();
      standing.isOf(message.key);
      try {
        app.receiveCase(message.json, message.volumes, message.labels);
      } finally {
        announce('case', subject); // perhaps without its images
      }
      break;
    case 'result':
      result = JSON.parse(message.json);
      app.receiveStudy(message.json);
      if (result) {
        mirrorResult(result);
        announce('progress', result.progress);
      }
      break;
    case 'otherSettings':
      app.receiveOtherSettings();
      break;
    case 'segmentation':
      app.receiveSegmentation(message.model, message.fold, message.coalition, message.runs);
      announce('segmentation', { model: message.model, fold: message.fold, coalition: message.coalition });
      break;
    case 'run':
      standing.keep(message.run);
      break;
    case 'recalled':
    case 'storage':
    case 'waiting':
      app.receiveJson(message.event, JSON.stringify(message));
      announce(message.event, message);
      break;
    case 'files':
      app.receiveFiles(message.json);
      mirrorFiles(notOpened(), JSON.parse(message.json), wordsOfCase());
      break;
    case 'cases':
      takeCases(message.list);
      break;
    case 'opening':
      app.receiveJson('opening', JSON.stringify(message));
      break;
    case 'runtime':
      app.receiveJson('runtime', JSON.stringify(message.state));
      break;
    case 'model':
      relist(message.manifest);
      break;
    case 'measuring':
      app.receiveJson('measuring', JSON.stringify(message.name));
      break;
    case 'notice':
      notice(message.kind === 'error', message.sentence, message.topic);
      break;
  }
}

const notOpened = () => (subject ? `Not opened; ${subject.name} is still open` : 'Not opened');

/** What is said of the open case that no row of its table of files says. @returns {import('./types.d.ts').Notice[]} */
const wordsOfCase = () =>
  (subject?.notices ?? []).filter(
    (/** @type {import('./types.d.ts').Notice} */ { file }) =>
      !subject.files.some((/** @type {import('./types.d.ts').ListedFile} */ { name }) => name === file),
  );

/** The table of files is the open case's again: what is changed in it is of these. */
function takeOpened() {
  ({ chosen, cases } = ofOpenCase);
  app.receiveJson('cases', JSON.stringify(cases));
}

function mirrorCase() {
  mirrorFiles(`Files of ${subject.name}`, subject.files, wordsOfCase());
}

/** @param {CaseList | null} list */
function takeCases(list) {
  cases = list;
  app.receiveJson('cases', JSON.stringify(list));
  if (list) announce('cases', list);
}

/**
 * @param {boolean} error @param {string} sentence
 * @param {string} topic 'opening': of files that were not opened, or of the case that is open; goes when another opens. 'model': of a
 *   network that was not taken; goes when one is.
 */
function notice(error, sentence, topic = '') {
  const loading = document.getElementById('loading');
  if (loading && error) loading.textContent = sentence; // there is no canvas to say it on
  try {
    app?.receiveNotice(error, sentence, topic);
  } catch {
    // The app has no memory even for this: it is said as text.
  }
  mirrorNotice(sentence, topic);
  announce(error ? 'error' : 'notice', { sentence });
}

/** What was said of a topic has passed. @param {string} topic */
function forget(topic) {
  forgetNotices(topic);
  app.receiveJson('forgetNotices', JSON.stringify(topic));
}

/** What the app could not do last: it may fail at each of a study's runs. */
let toldLast = '';

/** @param {string} sentence */
function tellOnce(sentence) {
  if (sentence !== toldLast) notice(true, sentence);
  toldLast = sentence;
}

/** Shows what goes wrong in `work` to the user; for actions that nobody awaits. @param {Promise<unknown>} work @param {string} [topic] */
function shown(work, topic = '') {
  work.catch((error) => {
    if (error.name !== TOLD) notice(error.name !== 'AbortError', error.message, topic);
  });
}

/**
 * As shown(), for openings: what is wrong is said until something opens. Several cases to choose from are no fault:
 * their list says what to do.
 * @param {Promise<unknown>} work
 */
function opened(work) {
  work.catch((error) => {
    if (error.name === TOLD) return;
    if (error.name !== 'SeveralCases') {
      notice(error.name !== 'AbortError', error.message, 'opening');
      return;
    }
    mirrorNotice(error.message, 'opening');
    announce('error', { sentence: error.message });
  });
}

/** @param {Blob} blob @param {string} name */
function download(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function fileStem() {
  return (result?.caseName ?? 'case').replaceAll(/[^\w.-]+/g, '-');
}

/** A study's options with what was left out: the first model, all its folds. @param {Record<string, unknown>} wanted */
function withDefaults(wanted) {
  const first = models.slice(0, 1).map(({ id }) => ({ id }));
  return { settings: {}, ...wanted, models: wanted.models ?? first };
}

/** docs/api.md */
const api = {
  events,
  /**
   * @param {Iterable<File | CaseFile>} files
   * @param {Record<string, string>} [roles] by path
   * @param {{ case?: string }} [how] `case`: which of several cases
   */
  async open(files, roles = {}, how = {}) {
    const choice = { files: withPaths(files), roles, options: how };
    chosen = choice;
    await engine.call('open', choice.files, roles, how);
    ofOpenCase = { chosen: choice, cases };
    standing.opens('open', [choice.files, roles, how]);
  },
  /** The cases that the last files are of, and what each lacks. */
  cases: () => cases,
  /** Opens another of the cases that the last files are of. @param {string} name */
  async openCase(name) {
    if (chosen.files.length === 0) throw new Error('The built-in case has no files to choose a case from.');
    await api.open(chosen.files, chosen.roles, { ...chosen.options, case: name });
  },
  /**
   * The cases that files are of, and what each lacks; nothing is opened.
   * @param {Iterable<File | CaseFile>} files @param {Record<string, string>} [roles] @returns {Promise<CaseList>}
   */
  listCases: (files, roles = {}) => engine.call('listCases', withPaths(files), roles),
  /**
   * A model of the user's own: .onnx files, one a fold, with or without model.json. Without one, what the graph and the
   * library's own files beside it say is read; `convention` (docs/models.md) takes the place of the latter, and fields of
   * `overrides` replace those of the manifest so made.
   * @param {Iterable<File | CaseFile>} files
   * @param {{ convention?: string, overrides?: Record<string, unknown> }} [how]
   * @returns {Promise<ModelManifest>}
   */
  async addModel(files, how = {}) {
    const given = withPaths(files);
    const { manifest, guess } = await engine.call('addModel', given, how.convention);
    if (manifest) return tookModel(manifest, given);
    for (const remark of guess.remarks) notice(false, remark);
    return tookModel(await engine.call('takeModel', { ...guess.manifest, ...how.overrides }, given), given);
  },
  /** A fold's file as the runtime gets it. @param {string} model @param {number} fold @returns {Promise<Uint8Array>} */
  rewrittenModel: (model, fold) => engine.call('rewrittenModel', model, fold),
  /** @param {Record<string, unknown>} [settings] */
  async openPhantom(settings = {}) {
    await engine.call('openPhantom', settings);
    standing.opens('openPhantom', [settings]);
  },
  /** Opens the last files again with other roles, by path. What takes a role that another file was given takes it from that file. @param {Record<string, string>} roles */
  async assignRoles(roles) {
    if (chosen.files.length === 0) throw new Error('The built-in case has no files to assign.');
    const given = new Set(Object.values(roles).filter((role) => role !== 'unused'));
    const kept = Object.entries(chosen.roles).filter(([, role]) => !given.has(role));
    const at = cases?.chosen;
    const name = at === null || at === undefined ? undefined : cases?.cases[at].name;
    await api.open(chosen.files, { ...Object.fromEntries(kept), ...roles }, { case: name, ...chosen.options });
  },
  /** @param {{ models?: { id: string, folds?: number[] }[], settings?: Record<string, unknown> }} [wanted] */
  async run(wanted = {}) {
    const study = engine.call('run', withDefaults(wanted));
    if (!running) {
      running = study; // else it is refused, and the one under way stays the one to wait for
      standing.options = JSON.stringify(withDefaults(wanted));
    }
    try {
      return JSON.parse(/** @type {string} */ (await study));
    } finally {
      if (running === study) running = null;
    }
  },
  /**
   * Runs, time and memory that a study would take here, from one small measured run of each model.
   * @param {{ models?: { id: string, folds?: number[] }[], settings?: Record<string, unknown> }} [wanted]
   */
  async forecast(wanted = {}) {
    return engine.call('forecast', withDefaults(wanted));
  },
  async cancel() {
    await engine.call('cancel');
    await running?.catch(() => {});
  },
  result: () => result,
  caseSummary: () => subject,
  models: () => models,
  /** How the numbers of the open case's segmentation are read, by id (caseSummary().labelOptions). @param {string} convention */
  async chooseLabels(convention) {
    await engine.call('chooseLabels', convention);
    standing.labels = convention;
    takeOpened();
  },
  /** @param {Record<string, unknown>} ranking */
  async setClinicalRanking(ranking) {
    await engine.call('setClinicalRanking', ranking);
  },
  /** Removes what this browser keeps of the case that is open, and closes it. */
  async forgetCase() {
    standing.forget();
    await engine.call('forgetCase');
    standing.opens('openPhantom', [{}]);
  },
  /** Removes what this browser keeps of every case, and saved rankings, and closes the case. */
  async forgetEverything() {
    standing.forget();
    forgetRankings();
    app.receiveJson('rankings', '[]');
    await engine.call('forgetEverything');
    standing.opens('openPhantom', [{}]);
  },
  /** Whether to keep nothing from now on; the page's address says so. @param {boolean} on */
  async leaveNoTrace(on) {
    if (on) options.set(NO_TRACE, '');
    else options.delete(NO_TRACE);
    const query = options.toString().replace(`${NO_TRACE}=`, NO_TRACE);
    history.replaceState(null, '', location.pathname + (query && `?${query}`));
    leaveNoTrace(on);
    await engine.call('leaveNoTrace', on);
  },
  /** Removes what this browser keeps of every case, and saved rankings; the case that is open stays open. */
  async deleteStored() {
    forgetRankings();
    app.receiveJson('rankings', '[]');
    await engine.call('deleteStored');
  },
  /** @returns {Promise<string>} */
  csv: () => engine.call('csv'),
  /** @param {string} model @param {number} fold -1: the majority of the study's folds that know it @param {number} coalition @returns {Promise<Uint8Array>} */
  segmentation: (model, fold, coalition) => engine.call('segmentation', model, fold, coalition),
  view: () => JSON.parse(app.viewJson()),
  /** @param {Record<string, unknown>} view */
  setView: (view) => app.setView(JSON.stringify(view)),
};

/** A manifest in place of the one of that id, or as one more. @param {ModelManifest} manifest */
function relist(manifest) {
  const known = standing.models.get(manifest.id);
  if (known) known.manifest = manifest;
  const at = models.findIndex(({ id }) => id === manifest.id);
  models = at < 0 ? [...models, manifest] : models.with(at, manifest);
  app.receiveModels(JSON.stringify(models));
}

/** @param {ModelManifest} manifest @param {CaseFile[]} files */
function tookModel(manifest, files) {
  forget('model');
  standing.models.set(manifest.id, { manifest, files });
  relist(manifest);
  app.receiveJson('chosenModel', JSON.stringify(manifest.id));
  announce('model', manifest);
  return manifest;
}

/** What the user does in the canvas. @type {Record<string, (detail: any) => void>} */
const commands = {
  chooseFiles: () => document.getElementById('file-input')?.click(),
  chooseFolder: () => document.getElementById('folder-input')?.click(),
  openPhantom: () => opened(api.openPhantom()),
  // Files that were not opened are let go of; those of the open case can be given other roles again.
  dismissOpening() {
    forgetNotices('opening');
    takeOpened();
    mirrorCase();
  },
  assignRole: ({ file, role }) => opened(api.assignRoles({ [file]: role })),
  openCase: ({ name }) => opened(api.openCase(name)),
  run: (/** @type {any} */ wanted) => shown(api.run(wanted)),
  // A forecast that cannot be had is no news: Run will say why.
  forecast: (/** @type {any} */ wanted) =>
    void api.forecast(wanted).then(
      (found) => app.receiveJson('forecast', JSON.stringify(found)),
      () => app.receiveJson('forecast', 'null'),
    ),
  cancel: () => shown(api.cancel()),
  guessModel: ({ convention }) => shown(readModel(guessedFiles, convention), 'model'),
  useGuess: (manifest) =>
    shown(engine.call('takeModel', manifest, guessedFiles).then((taken) => tookModel(taken, guessedFiles))),
  saveManifest: (manifest) =>
    download(new Blob([JSON.stringify(manifest, null, 2)], { type: 'application/json' }), 'model.json'),
  chooseLabels: ({ id }) => shown(api.chooseLabels(id)),
  setClinicalRanking: (ranking) =>
    shown(api.setClinicalRanking(ranking).finally(() => app.receiveJson('rankingAnswered', 'null'))),
  drawingFailed: (sentence) => tellOnce(sentence),
  saveRanking: (ranking) => {
    saveRanking(ranking);
    app.receiveJson('rankings', JSON.stringify(savedRankings()));
  },
  forgetCase: () => shown(api.forgetCase()),
  forgetEverything: () => shown(api.forgetEverything()),
  leaveNoTrace: ({ on }) => shown(api.leaveNoTrace(on)),
  deleteStored: () => shown(api.deleteStored()),
  saveResult: () =>
    download(new Blob([JSON.stringify(result, null, 1)], { type: 'application/json' }), `${fileStem()}-shapslice.json`),
  saveCsv: () =>
    shown(api.csv().then((csv) => download(new Blob([csv], { type: 'text/csv' }), `${fileStem()}-shapslice.csv`))),
  saveSegmentation: ({ model, fold, coalition }) =>
    shown(
      api
        .segmentation(model, fold, coalition)
        .then((bytes) =>
          download(
            new Blob([/** @type {BlobPart} */ (bytes)]),
            `${fileStem()}-${model}-${fold < 0 ? 'majority' : `fold${fold + 1}`}-${coalition}-seg.nii.gz`,
          ),
        ),
    ),
  savePng: ({ panel }) => {
    const rect = JSON.parse(app.viewJson()).panels[panel];
    shown(capture(canvas, rect).then((png) => download(png, `${fileStem()}-${panel}.png`)));
  },
};

/** Takes a model with its manifest; shows how one without is read. @param {CaseFile[]} files @param {string} [convention] */
async function readModel(files, convention) {
  const { manifest, guess } = await engine.call('addModel', files, convention);
  guessedFiles = files;
  if (manifest) tookModel(manifest, files);
  else app.receiveJson('guess', JSON.stringify(guess));
}

/** A model, or else a case: the engine tells by the files' names. @param {CaseFile[]} files */
async function openFromUser(files) {
  const paths = files.map(({ path }) => path);
  if (await engine.call('isModelDrop', paths)) shown(readModel(files), 'model');
  else opened(api.open(files));
}

function listenForFiles() {
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    if (event.dataTransfer)
      shown(
        droppedFiles(event.dataTransfer).then((files) => openFromUser(withPaths(files))),
        'opening',
      );
  });
  for (const id of ['file-input', 'folder-input']) {
    const input = /** @type {HTMLInputElement} */ (document.getElementById(id));
    input.addEventListener('change', () => {
      const chosen = [...(input.files ?? [])]; // a copy: clearing the value, so that the same choice counts again, empties the list
      input.value = '';
      if (chosen.length > 0) shown(openFromUser(withPaths(chosen)));
    });
  }
  document.getElementById('mirror-run')?.addEventListener('click', () => shown(api.run()));
  document.getElementById('mirror-cancel')?.addEventListener('click', () => shown(api.cancel()));
  document.getElementById('mirror-forget-case')?.addEventListener('click', () => shown(api.forgetCase()));
  document.getElementById('mirror-forget')?.addEventListener('click', () => shown(api.forgetEverything()));
  document.getElementById('mirror-phantom')?.addEventListener('click', () => shown(api.openPhantom()));
}

/** A file of the site that is not what was published is refused by the service worker, which says so. */
function hearProblems() {
  navigator.serviceWorker?.addEventListener('message', ({ data }) => data?.problem && notice(true, data.problem));
}

/** Lets the service worker fetch what a study without a network needs: all models, and what runs them here. @param {string[]} files */
function keepForOffline(files) {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => Object.assign(api, { offline: data === true });
  navigator.serviceWorker?.controller?.postMessage({ keep: ['models/', ...files] }, [port2]);
}

/** A page that was closed in the middle of a study: its values wait for the files to be opened again. */
async function tellOfUnfinishedStudy() {
  const found = await engine.call('unfinishedStudy');
  if (!found) return;
  const when = new Date(found.when).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  notice(
    false,
    `A study that was begun on ${when} did not come to its end: ${found.runs} of its runs are kept in this browser. Open the ` +
      "case's files again to go on.",
  );
}

async function start() {
  hearProblems();
  app = await startApp(canvas, (name, detail) => {
    try {
      commands[name]?.(detail);
    } catch (error) {
      tellOnce(/** @type {Error} */ (error).message); // thrown through the app it would be no sentence
    }
  });
  document.getElementById('loading')?.remove();
  listenForFiles();
  for (const problem of readAddress(options).problems) notice(true, problem);
  leaveNoTrace(options.has(NO_TRACE));
  app.receiveJson('rankings', JSON.stringify(savedRankings()));
  models = await engine.call('start', startOptions());
  app.receiveModels(JSON.stringify(models));
  await api.openPhantom();
  await tellOfUnfinishedStudy();
  const runtime = await engine.call('prepareRuntime');
  app.receiveJson('runtime', JSON.stringify(runtime));
  if (runtime.note) notice(false, runtime.note);
  announce('ready', { runtime });
  Object.assign(api, { ready: true });
  keepForOffline(runtime.files);
}

Object.assign(window, { shapslice: api });
shown(start());
