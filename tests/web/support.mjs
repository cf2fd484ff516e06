// What the browser tests share: the site on a server of its own, Chromium, real cases, waiting.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { chromium } from 'playwright-core';
import { sealSite } from '../../scripts/seal_site.mjs';
import { serve } from '../../scripts/serve.mjs';

export const root = path.resolve(import.meta.dirname, '../..');
export const dist = path.join(root, 'dist');
const casesFolder = path.resolve(root, '../shared/data/fullres');

/** The files of a real case, or null where the cases are not there. @param {string} name */
export function realCase(name) {
  const folder = path.join(casesFolder, name);
  return existsSync(folder) ? readdirSync(folder).map((file) => path.join(folder, file)) : null;
}

/** An empty folder that goes when the tests end. */
export function scratchFolder() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'shapslice-test-'));
  if (scratchFolders.push(folder) === 1) {
    process.on('exit', () => scratchFolders.forEach((each) => rmSync(each, { recursive: true, force: true })));
  }
  return folder;
}
/** @type {string[]} */
const scratchFolders = [];

/**
 * A models/ folder of test models, for serving in place of the site's.
 * @param {string[]} names folders of tests/data
 * @param {number} [spacing] mm in place of the models' own: so coarse that a brain is one tile, where a run is slow
 */
export function testModels(names, spacing) {
  const folder = scratchFolder();
  for (const name of names) {
    mkdirSync(path.join(folder, name));
    cpSync(path.join(root, 'tests/data', name), path.join(folder, name), { recursive: true });
    if (spacing === undefined) continue;
    const manifest = JSON.parse(readFileSync(path.join(folder, name, 'model.json'), 'utf8'));
    writeFileSync(
      path.join(folder, name, 'model.json'),
      JSON.stringify({ ...manifest, spacing: [spacing, spacing, spacing] }),
    );
  }
  writeFileSync(path.join(folder, 'index.json'), JSON.stringify(names.map((name) => `${name}/model.json`)));
  return folder;
}

/**
 * A copy of the site with other models, sealed as a site is.
 * @param {string} [models] a models/ folder
 */
export function siteOf(models) {
  const folder = scratchFolder();
  execFileSync('cp', ['-rl', `${dist}/.`, folder]); // links: what is changed must be replaced, not written into
  if (models) {
    rmSync(path.join(folder, 'models'), { recursive: true });
    cpSync(models, path.join(folder, 'models'), { recursive: true });
  }
  sealSite(folder);
  return folder;
}

export const browserFlags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];
export const webGpuFlags = ['--enable-unsafe-webgpu'];

/** Browsers by their flags, one for all sites of a test file. @type {Map<string, Promise<import('playwright-core').Browser>>} */
const browsers = new Map();
let sitesOpen = 0;
let ended = false;

/** A browser with these flags more; the same for all who ask. Pages in contexts of their own share nothing else. @param {string[]} [flags] */
export function sharedBrowser(flags = []) {
  const key = flags.join(' ');
  const running = browsers.get(key) ?? chromium.launch(launchOptions(flags));
  browsers.set(key, running);
  return running;
}

/** @param {string[]} flags */
const launchOptions = (flags) => ({ executablePath: '/usr/bin/chromium', args: [...browserFlags, ...flags] });

/** Closes the browsers once the file's tests have ended and their sites are closed. @param {boolean} [anyway] */
async function closeBrowsers(anyway = false) {
  if (!ended || (sitesOpen > 0 && !anyway)) return;
  const all = [...browsers.values()];
  browsers.clear();
  for (const browser of all) await (await browser).close();
}
const LEFT_OPEN_MS = 20_000; // a site that a test which failed did not close
after(async () => {
  ended = true;
  await closeBrowsers();
  setTimeout(closeBrowsers, LEFT_OPEN_MS, true).unref();
});

/** The page's address as most tests open it: with a built-in case that is made, opened and run in a tenth of the time. */
export const small = (provider = 'wasm') => `?provider=${provider}&synthetic=96x96x62`;

/**
 * The page, first case opened, in a context of its own of the file's browser: nothing that another context stored is there. A
 * browser of its own for what kills or records one, with `alone`, `record` or `profile`.
 * @param {{ query?: string, plain?: boolean, models?: string[], spacing?: number, folder?: string, flags?: string[], viewport?: { width: number, height: number },
 *   ratio?: number, ready?: boolean, alone?: boolean, record?: boolean, profile?: string, context?: Record<string, unknown> }} [options]
 */
export async function openSite(options = {}) {
  const {
    query = small(),
    plain = false,
    models,
    flags: wantedFlags = [],
    viewport = { width: 1280, height: 720 },
  } = options;
  const flags = [...wantedFlags];
  const folder = models ? siteOf(testModels(models, options.spacing)) : (options.folder ?? dist);
  const { server, url } = await serve(folder, { plain });
  /** @type {{ method: string, url: string, body: number }[]} */
  const served = [];
  server.on('request', (request) => {
    const entry = { method: request.method ?? '', url: request.url ?? '', body: 0 };
    request.on('data', (chunk) => (entry.body += chunk.length));
    served.push(entry);
  });
  /** Every byte that the browser sends, to anybody: with `record` the site's own server is its proxy too. @type {Buffer[]} */
  const recorded = [];
  if (options.record) {
    server.on('connection', (socket) => socket.on('data', (bytes) => recorded.push(bytes)));
    server.on('connect', (_, socket) => socket.destroy()); // whatever wants a tunnel to elsewhere is recorded, and refused
    flags.push(
      `--proxy-server=${new URL(url).host.replace('localhost', '127.0.0.1')}`,
      '--proxy-bypass-list=<-loopback>',
    );
  }
  const how = launchOptions(flags);
  const settings = { viewport, deviceScaleFactor: options.ratio ?? 1, acceptDownloads: true, ...options.context };
  const own = options.alone || options.record ? await chromium.launch(how) : null;
  // A profile is a folder on disk with the user's own settings and all that sites stored.
  const context = options.profile
    ? await chromium.launchPersistentContext(options.profile, { ...how, ...settings })
    : await (own ?? (await sharedBrowser(flags))).newContext(settings);
  ++sitesOpen;
  /** @type {{ url: string, method: string, body: string | null }[]} */
  const requests = [];
  context.on('request', (request) =>
    requests.push({ url: request.url(), method: request.method(), body: request.postData() }),
  );
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(url + query);
  const site = {
    page,
    context,
    url,
    served,
    requests,
    complaints,
    recorded,
    /** From now on there is no server. */
    async cut() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    async close() {
      await context.close();
      await own?.close();
      server.closeAllConnections();
      server.close();
      --sitesOpen;
      await closeBrowsers();
    },
  };
  if (options.ready === false) return site;
  await untilReady(page).catch(async (error) => {
    await site.close();
    throw error;
  });
  return site;
}

/**
 * Polls a condition in the page. (Playwright's own waiting evaluates strings, which the page's policy forbids.)
 * @param {import('playwright-core').Page} page
 * @param {(arg: any) => unknown} condition
 * @param {number} milliseconds
 * @param {string} what
 * @param {unknown} [arg]
 */
export async function until(page, condition, milliseconds, what, arg) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const value = await page.evaluate(condition, arg).catch((error) => {
      if (/context was destroyed|navigation/i.test(String(error))) return undefined; // the reload that brings threads
      throw error;
    });
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${milliseconds} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** Until the built-in case is open and models can run. @param {import('playwright-core').Page} page @param {number} [milliseconds] */
export function untilReady(page, milliseconds = 120_000) {
  const ready = () => /** @type {any} */ (window).shapslice?.ready === true;
  return until(page, ready, milliseconds, 'the page to be ready');
}

/** The study's result so far. @param {import('playwright-core').Page} page @returns {Promise<any>} */
export function resultOf(page) {
  return page.evaluate(() => /** @type {any} */ (window).shapslice.result());
}

/** Until so many frames have been drawn, or would have been. @param {import('playwright-core').Page} page @param {number} [frames] */
export function nextFrames(page, frames = 2) {
  return page.evaluate(async (count) => {
    for (let n = 0; n < count; ++n) await new Promise(requestAnimationFrame);
  }, frames);
}

/** Until the picture shows all that mouse, keyboard and engine have given so far. @param {import('playwright-core').Page} page */
export async function settled(page) {
  await nextFrames(page);
  const still = () => /** @type {any} */ (window).shapslice.view().settled;
  await until(page, still, 20_000, 'the picture to settle');
}

/** A place within a named part of the canvas, as soon as it is drawn. @param {import('playwright-core').Page} page @param {string} panel @param {number} [across] @param {number} [down] */
export async function placeIn(page, panel, across = 0.5, down = 0.5) {
  const rectangle = (/** @type {string} */ name) => /** @type {any} */ (window).shapslice.view().panels[name];
  const [x, y, width, height] = /** @type {number[]} */ (await until(page, rectangle, 10_000, panel, panel));
  return /** @type {[number, number]} */ ([x + width * across, y + height * down]);
}

/**
 * Moves the mouse to a place within a named part of the canvas, until the picture shows that it is there.
 * @param {import('playwright-core').Page} page
 * @param {string} panel
 * @param {number} [across]
 * @param {number} [down]
 */
export async function moveTo(page, panel, across, down) {
  await page.mouse.move(...(await placeIn(page, panel, across, down)));
  await settled(page);
}

/** Presses and lets go where the mouse is. Dear ImGui looks at the mouse once a frame. @param {import('playwright-core').Page} page */
export async function clickHere(page) {
  await page.mouse.down();
  await nextFrames(page);
  await page.mouse.up();
  await settled(page);
}

/** Presses a key and lets it go, until the picture shows it. @param {import('playwright-core').Page} page @param {string} key */
export async function pressKey(page, key) {
  await page.keyboard.down(key);
  await nextFrames(page);
  await page.keyboard.up(key);
  await settled(page);
}

/** Clicks the middle of a named part of the canvas, as soon as it is drawn. @param {import('playwright-core').Page} page @param {string} panel */
export async function clickPanel(page, panel) {
  await moveTo(page, panel);
  await clickHere(page);
}

/** The engine's worker, as the browser sees it. @param {import('playwright-core').Page} page */
export function engineWorker(page) {
  const worker = page.workers().find((each) => each.url().endsWith('engine_worker.js'));
  if (!worker) throw new Error('there is no engine worker');
  return worker;
}

/**
 * Starts a study and comes back with its result in its middle, however fast the machine is: so many of its runs are done, and
 * the next are held until goOn(), or until this worker is no more. outcomeOf() waits for the end.
 * @param {import('playwright-core').Page} page
 * @param {number} runs
 * @param {unknown} [wanted]
 */
export async function startStudy(page, runs, wanted = {}) {
  // Before each run the worker lets messages in, by one that it sends to itself: that one is what is held.
  await engineWorker(page).evaluate((passing) => {
    const scope = /** @type {any} */ (self);
    if (!scope.gate) {
      scope.gate = { left: 0, held: [] };
      scope.MessageChannel = class extends MessageChannel {
        constructor() {
          super();
          const send = this.port2.postMessage.bind(this.port2);
          this.port2.postMessage = () => (scope.gate.left-- > 0 ? send(null) : void scope.gate.held.push(send));
        }
      };
    }
    scope.gate.left = passing;
  }, runs);
  await page.evaluate((options) => {
    const tell = (/** @type {string} */ error) => Object.assign(window, { outcome: { error } });
    Object.assign(window, { outcome: null });
    /** @type {any} */ (window).shapslice.run(options).then(
      () => tell(''),
      (/** @type {Error} */ error) => tell(error.message),
    );
  }, wanted);
  const done = (/** @type {number} */ least) => {
    const progress = /** @type {any} */ (window).shapslice.result()?.progress;
    return progress?.running && progress.runsDone >= least;
  };
  await until(page, done, 240_000, `${runs} runs`, runs);
  return resultOf(page);
}

/** Lets the study of startStudy() go on. @param {import('playwright-core').Page} page */
export function goOn(page) {
  return engineWorker(page).evaluate(() => {
    const { gate } = /** @type {any} */ (self);
    gate.left = Infinity;
    for (const send of gate.held.splice(0)) send(null);
  });
}

/** How the study of startStudy() ended: the sentence of its error, or ''. @param {import('playwright-core').Page} page @returns {Promise<string>} */
export async function outcomeOf(page) {
  const ended = () => /** @type {any} */ (window).outcome;
  return /** @type {any} */ (await until(page, ended, 240_000, 'the end of the study')).error;
}

/**
 * Opens files as a user's choice; the case summary, or the sentence of the refusal.
 * @param {import('playwright-core').Page} page
 * @param {string[]} files
 * @returns {Promise<{ summary?: any, error?: string }>}
 */
export async function openFiles(page, files) {
  await page.evaluate(() => {
    const { events } = /** @type {any} */ (window).shapslice;
    /** @type {any} */ (window).opening = new Promise((resolve) => {
      events.addEventListener('case', (/** @type {any} */ { detail }) => resolve({ summary: detail }), { once: true });
      events.addEventListener('error', (/** @type {any} */ { detail }) => resolve({ error: detail.sentence }), {
        once: true,
      });
    });
  });
  await page.setInputFiles('#file-input', files);
  return page.evaluate(() => /** @type {any} */ (window).opening);
}

/** @param {import('playwright-core').Page} page @param {unknown} [wanted] @returns {Promise<any>} the study's result */
export function runStudy(page, wanted = {}) {
  return page.evaluate((options) => /** @type {any} */ (window).shapslice.run(options), wanted);
}

/**
 * Gives the page a model of the user's own.
 * @param {import('playwright-core').Page} page
 * @param {string[]} files
 * @param {Record<string, unknown>} [how] convention, overrides
 * @returns {Promise<{ manifest?: any, error?: string }>}
 */
export function addModel(page, files, how = {}) {
  const contents = files.map((file) => ({ name: path.basename(file), base64: readFileSync(file).toString('base64') }));
  return page.evaluate(async ([given, options]) => {
    const made = given.map(
      ({ name, base64 }) => new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name),
    );
    return /** @type {any} */ (window).shapslice.addModel(made, options).then(
      (/** @type {any} */ manifest) => ({ manifest }),
      (/** @type {Error} */ error) => ({ error: error.message }),
    );
  }, /** @type {[{ name: string, base64: string }[], Record<string, unknown>]} */ ([contents, how]));
}

/** A segmentation's .nii.gz bytes. @param {import('playwright-core').Page} page @param {string} model @param {number} fold @param {number} coalition */
export async function segmentationBytes(page, model, fold, coalition) {
  const base64 = await page.evaluate(async ([m, f, c]) => {
    const bytes = await /** @type {any} */ (window).shapslice.segmentation(m, f, c);
    let text = '';
    for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return btoa(text);
  }, /** @type {[string, number, number]} */ ([model, fold, coalition]));
  return Buffer.from(base64, 'base64');
}

/** Runs a few lines of Python (the system's, which has nibabel) and gives back the JSON they print. @param {string} code @param {string[]} args */
export function python(code, ...args) {
  return JSON.parse(execFileSync('/usr/bin/python3', ['-c', code, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 }));
}
