// Faults, each made for real: the worker dies, storage is full, denied or cleared under the page, Cancel comes at any moment.
// Each ends in a sentence and a page that still works, with all that was computed kept.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  engineWorker,
  goOn,
  nextFrames,
  openFiles,
  openSite,
  outcomeOf,
  realCase,
  resultOf,
  runStudy,
  scratchFolder,
  small,
  startStudy,
  until,
  untilReady,
} from './support.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {Awaited<ReturnType<typeof openSite>>} Site */

const RUNS = 30; // two folds of tiny-unet
const files = realCase('BraTS-SSA-00122-000') ?? [];
const skip = files.length ? false : '../shared/data/fullres is not there';
const options = { models: ['tiny-unet'], spacing: 12 };

/** Every sentence that the page has said so far. @param {Page} page @returns {Promise<string>} */
const saidBy = (page) => page.evaluate(() => document.getElementById('mirror-notices')?.textContent ?? '');

/** Until the page has brought so many new engines to where the ones before were. @param {Page} page @param {number} times */
function untilRevived(page, times) {
  const back = (/** @type {number} */ least) =>
    (document.getElementById('mirror-notices')?.textContent?.match(/was started again/g) ?? []).length >= least;
  return until(page, back, 60_000, `new engine ${times}`, times);
}

/** Values known, over folds and coalitions. @param {any} result @returns {number} */
const knownIn = (result) =>
  result.models
    .flatMap((/** @type {any} */ model) => model.folds)
    .flatMap((/** @type {any} */ fold) => fold.regions.WT.values)
    .filter((/** @type {number | null} */ value) => value !== null).length;

for (const query of [small(), `${small()}&leave-no-trace`]) {
  test(`the worker dies in the middle of a real case's study (${query})`, { skip }, async () => {
    const site = await openSite({ ...options, query });
    try {
      // A file whose name tells nothing, in the role that the user assigns: the new engine has to know of it.
      const folder = scratchFolder();
      const renamed = files.map((file) => path.join(folder, path.basename(file).replace('-t2f.', '-other.')));
      files.forEach((file, n) => copyFileSync(file, renamed[n]));
      const other = path.basename(renamed.find((file) => file.includes('-other.')) ?? '');
      assert.match((await openFiles(site.page, renamed)).error ?? '', /No file was recognised as T2-FLAIR/);
      await site.page.evaluate((file) => /** @type {any} */ (window).shapslice.assignRoles({ [file]: 't2f' }), other);
      const ranking = { name: 'mine', ranks: [4, 3, 2, 1], byRegion: {} };
      await site.page.evaluate((given) => /** @type {any} */ (window).shapslice.setClinicalRanking(given), ranking);
      const before = await startStudy(site.page, 5);
      await engineWorker(site.page).evaluate(() => self.close());
      assert.equal(
        await outcomeOf(site.page),
        'The engine stopped: its worker ended. It is started again; what was computed is kept.',
      );
      await untilRevived(site.page, 1);
      const after = await resultOf(site.page);
      assert.deepEqual(after.files, before.files);
      assert.equal(after.clinicalRanking.name, 'mine');
      assert.ok(knownIn(after) >= knownIn(before) - 1, `${knownIn(after)} values of ${knownIn(before)}`);
      const { runsDone, runsTotal } = after.progress;
      console.log(`${query}: ${runsDone} of ${runsTotal} runs known after the worker's death`);
      const result = await runStudy(site.page);
      assert.equal(result.progress.runsTotal, RUNS - runsDone);
      assert.equal(result.models[0].completeFolds, 2);
    } finally {
      await site.close();
    }
  });
}

test('a program that traps is started anew, and what was computed is kept', async () => {
  const site = await openSite(options);
  try {
    const before = await runStudy(site.page, { models: [{ id: 'tiny-unet', folds: [0] }] });
    // What JavaScript sees of a trap is a WebAssembly.RuntimeError; this one comes from a program that does nothing else.
    await engineWorker(site.page).evaluate(() => {
      const unreachable = [
        0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11,
      ];
      const program = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(unreachable)));
      JSON.parse = () => /** @type {any} */ (program.exports).f();
    });
    const refused = await site.page.evaluate(() =>
      /** @type {any} */ (window).shapslice.forecast().catch((/** @type {Error} */ error) => error.message),
    );
    assert.equal(refused, 'The engine stopped: unreachable. It is started again; what was computed is kept.');
    await untilRevived(site.page, 1);
    const after = await resultOf(site.page);
    assert.deepEqual(after.models, before.models);
    assert.equal((await runStudy(site.page)).progress.runsTotal, RUNS / 2);
  } finally {
    await site.close();
  }
});

test('a worker that dies again and again is not started for ever', async () => {
  const site = await openSite(options);
  try {
    for (let death = 1; death <= 4; ++death) {
      await engineWorker(site.page).evaluate(() => self.close());
      const heard = (/** @type {number} */ times) =>
        (document.getElementById('mirror-notices')?.textContent?.match(/The engine stopped/g) ?? []).length >= times;
      await until(site.page, heard, 60_000, `the sentence of death ${death}`, death);
      if (death === 4) break;
      await untilRevived(site.page, death);
    }
    const sentence = 'The engine stopped: its worker ended. Reload the page.';
    assert.ok((await saidBy(site.page)).includes(sentence));
    // Whatever is asked of it now is refused, each time, and not left to wait.
    for (const method of ['run', 'forecast', 'csv', 'cancel', 'openPhantom', 'run']) {
      const error = await site.page.evaluate(async (name) => {
        const late = new Promise((resolve) => setTimeout(() => resolve('no answer'), 10_000));
        const asked = /** @type {any} */ (window).shapslice[name]().catch(
          (/** @type {Error} */ { message }) => message,
        );
        return Promise.race([asked, late]);
      }, method);
      assert.equal(error, sentence, method);
    }
  } finally {
    await site.close();
  }
});

test('storage that is full costs what it would have kept, and never the study', async () => {
  const site = await openSite(options);
  try {
    const browser = await site.context.newCDPSession(site.page);
    await browser.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin, quotaSize: 1 });
    const result = await runStudy(site.page);
    assert.equal(result.models[0].completeFolds, 2);
    const said = await saidBy(site.page);
    assert.equal(said.match(/gives the page no more storage/g)?.length, 1, said);
    // With room again, what follows is kept.
    await browser.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin });
    await runStudy(site.page, { settings: { baseline: 'mean' } });
    await site.page.reload();
    await untilReady(site.page);
    assert.equal((await resultOf(site.page)).progress.runsDone, RUNS);
  } finally {
    await site.close();
  }
});

test('storage that is cleared in the middle of a study is made anew', async () => {
  const site = await openSite(options);
  try {
    const browser = await site.context.newCDPSession(site.page);
    await startStudy(site.page, 4);
    await goOn(site.page);
    await browser.send('Storage.clearDataForOrigin', {
      origin: new URL(site.url).origin,
      storageTypes: 'indexeddb,local_storage',
    });
    assert.equal(await outcomeOf(site.page), '');
    assert.doesNotMatch(await saidBy(site.page), /store nothing/);
    const result = await resultOf(site.page);
    assert.equal(result.models[0].completeFolds, 2);
    await site.page.reload();
    await untilReady(site.page);
    const { runsDone } = (await resultOf(site.page)).progress;
    console.log(`${runsDone} runs were kept after storage had been cleared`);
    assert.ok(runsDone > 0 && runsDone < RUNS);
  } finally {
    await site.close();
  }
});

// While it clears, the browser closes what is open and refuses to open anew, for some milliseconds: of many connections, each
// with something to write at another moment, some meet each state of that.
test('storage that is cleared at any moment of writing refuses for a moment, and not for good', async () => {
  const CONNECTIONS = 200;
  const site = await openSite(options);
  try {
    const browser = await site.context.newCDPSession(site.page);
    await site.page.evaluate(async (count) => {
      const { RunStore } = await import(new URL('web/run_store.js', location.href).href);
      const test = { told: /** @type {string[]} */ ([]), writes: 0, cleared: false };
      const stores = Array.from(
        { length: count },
        () => new RunStore((/** @type {string} */ said) => test.told.push(said)),
      );
      const put = (/** @type {number} */ n, /** @type {number} */ coalition) =>
        stores[n].putRun({ case: 'case', key: `${n}`, coalition, counts: [], labels: new Uint8Array(9) });
      Object.assign(window, { test, stores, put });
      await Promise.all(stores.map((_, n) => put(n, 1)));
      void (async () => {
        for (; !test.cleared; ++test.writes) {
          put(test.writes % count, 2);
          await new Promise((resolve) => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = resolve;
            port2.postMessage(null);
          });
        }
      })();
    }, CONNECTIONS);
    await browser.send('Storage.clearDataForOrigin', {
      origin: new URL(site.url).origin,
      storageTypes: 'indexeddb',
    });
    const { told, writes, kept } = await site.page.evaluate(async () => {
      const { test, stores, put } = /** @type {any} */ (window);
      test.cleared = true;
      await Promise.all(stores.map((/** @type {any} */ _, /** @type {number} */ n) => put(n, 3)));
      const runs = await stores[0].runsOf('case');
      return { ...test, kept: runs.filter((/** @type {any} */ { coalition }) => coalition === 3).length };
    });
    console.log(`${writes} writes over ${CONNECTIONS} connections began while storage was cleared`);
    assert.ok(writes > 0);
    assert.deepEqual(told, []);
    assert.equal(kept, CONNECTIONS);
  } finally {
    await site.close();
  }
});

test('where the browser denies all storage, the page works and says so once', { skip }, async () => {
  const profile = scratchFolder();
  mkdirSync(path.join(profile, 'Default'), { recursive: true });
  const BLOCK = 2;
  const settings = { profile: { default_content_setting_values: { cookies: BLOCK } } };
  writeFileSync(path.join(profile, 'Default/Preferences'), JSON.stringify(settings));
  const site = await openSite({ ...options, profile });
  try {
    const denied = await site.page.evaluate(() => {
      try {
        return localStorage.length < 0;
      } catch {
        return true;
      }
    });
    assert.equal(denied, true, 'the browser denies storage');
    assert.equal((await openFiles(site.page, files)).error, undefined);
    const result = await runStudy(site.page);
    assert.equal(result.models[0].completeFolds, 2);
    const said = await saidBy(site.page);
    assert.equal(said.match(/lets the page store nothing/g)?.length, 1, said);
    const refused = await site.page.evaluate(() =>
      /** @type {any} */ (window).shapslice.forgetEverything().catch((/** @type {Error} */ error) => error.message),
    );
    assert.match(
      refused,
      /^What this browser keeps could not be removed \(.*\)\. Clear this site's data in the browser's settings\.$/,
    );
    assert.equal((await runStudy(site.page)).models[0].completeFolds, 2);
  } finally {
    await site.close();
  }
});

/**
 * Opens files and comes back when so many of them are read and the reading of the next is held, until letRead().
 * @param {Page} page
 * @param {string[]} chosen
 * @param {number} reads
 */
async function openUntil(page, chosen, reads) {
  await engineWorker(page).evaluate((passing) => {
    const scope = /** @type {any} */ (self);
    scope.read ??= Blob.prototype.arrayBuffer;
    scope.held = [];
    let left = passing;
    Blob.prototype.arrayBuffer = async function () {
      if (left-- <= 0) await new Promise((resolve) => scope.held.push(resolve));
      return scope.read.call(this);
    };
  }, reads);
  await page.setInputFiles('#file-input', chosen);
  const held = () => engineWorker(page).evaluate(() => /** @type {any} */ (self).held.length > 0);
  while (!(await held())) await nextFrames(page);
}

/** Lets what openUntil() holds be read, and all that follows. @param {Page} page */
function letRead(page) {
  return engineWorker(page).evaluate(() => {
    const scope = /** @type {any} */ (self);
    Blob.prototype.arrayBuffer = scope.read;
    for (const resolve of scope.held.splice(0)) resolve();
  });
}

test('Cancel at any file of an opening keeps the case that was open', { skip }, async () => {
  const site = await openSite(options);
  try {
    const { page } = site;
    const name = (await resultOf(page)).caseName;
    await page.evaluate(() => {
      const scope = /** @type {any} */ (window);
      scope.cancels = 0;
      scope.shapslice.events.addEventListener('notice', (/** @type {any} */ { detail }) => {
        scope.cancels += detail.sentence === 'Opening was cancelled; what was open stays open.' ? 1 : 0;
      });
    });
    // On show stands the newest of them alone.
    const shown = async () => (await saidBy(page)).match(/Opening was cancelled/g)?.length ?? 0;
    for (const [reads] of files.entries()) {
      await openUntil(page, files, reads);
      await page.evaluate(() => /** @type {any} */ (window).shapslice.cancel());
      await letRead(page);
      const said = (/** @type {number} */ times) => /** @type {any} */ (window).cancels === times;
      await until(page, said, 10_000, 'the sentence', reads + 1);
      assert.equal(await shown(), 1);
      assert.equal((await resultOf(page)).caseName, name, `after ${reads} files`);
      const result = await runStudy(page, { models: [{ id: 'tiny-unet', folds: [0] }] });
      assert.equal(result.models[0].completeFolds, 1);
    }
    // What was said of openings that came to nothing goes when one succeeds. Too late, Cancel changes nothing and says nothing.
    assert.equal((await openFiles(page, files)).error, undefined);
    assert.equal(await shown(), 0);
    await page.evaluate(() => /** @type {any} */ (window).shapslice.cancel());
    assert.match((await resultOf(page)).caseName, /^BraTS/);
    assert.equal((await runStudy(page)).models[0].completeFolds, 2);
    assert.equal(await shown(), 0);
  } finally {
    await site.close();
  }
});

test('another opening in the middle of one takes its place', { skip }, async () => {
  const site = await openSite(options);
  try {
    await openUntil(site.page, files, 2);
    const renamed = scratchFolder();
    const others = files.map((file) => path.join(renamed, path.basename(file).replace('BraTS-SSA-00122', 'second')));
    files.forEach((file, n) => copyFileSync(file, others[n]));
    // Only what is held waits: the second opening is read at once.
    await engineWorker(site.page).evaluate(() => {
      Blob.prototype.arrayBuffer = /** @type {any} */ (self).read;
    });
    const { summary, error } = await openFiles(site.page, others);
    await letRead(site.page);
    assert.equal(error, undefined);
    assert.match(summary.name, /^second/);
    assert.equal((await runStudy(site.page)).models[0].completeFolds, 2);
    assert.match((await resultOf(site.page)).caseName, /^second/);
  } finally {
    await site.close();
  }
});

test('Cancel at many moments of a study ends it within one run and loses nothing', async () => {
  const site = await openSite(options);
  try {
    let known = 0;
    // Between runs, and while one is under way.
    for (const [n, runs] of [0, 0, 1, 2, 5, 8].entries()) {
      await startStudy(site.page, runs);
      const cancel = () => site.page.evaluate(() => void (/** @type {any} */ (window).shapslice.cancel()));
      if (n % 2 === 0) await cancel();
      await goOn(site.page);
      if (n % 2 === 1) await cancel();
      assert.equal(await outcomeOf(site.page), '');
      const result = await resultOf(site.page);
      assert.equal(result.progress.running, false);
      const now = knownIn(result);
      assert.ok(now >= known + runs, `${now} values after ${known} and ${runs} runs`);
      if (n % 2 === 0) assert.ok(now <= known + runs + 2, `${now} values: it went on after Cancel`);
      known = now;
    }
    const result = await runStudy(site.page);
    assert.equal(result.models[0].completeFolds, 2);
    assert.deepEqual(site.complaints, []);
  } finally {
    await site.close();
  }
});
