// What the browser keeps: values survive a reload and a closed tab, are never computed twice, not even in two tabs; are
// forgotten when the user says so; and nothing at all is kept where no trace shall be left.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  clickPanel,
  goOn,
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

const RUNS = 30; // two folds of tiny-unet
const files = realCase('BraTS-SSA-00122-000') ?? [];
const skip = files.length ? false : '../shared/data/fullres is not there';

/** @type {Awaited<ReturnType<typeof openSite>>} */
let site;
before(async () => {
  site = await openSite({ models: ['tiny-unet'], spacing: 12 });
});
after(() => site.close());

/** Every value of a study, by fold, region and coalition. @param {any} result */
const valuesOf = (result) =>
  result.models.map((/** @type {any} */ model) =>
    model.folds.map((/** @type {any} */ fold) =>
      Object.values(fold.regions).map((/** @type {any} */ region) => region.values),
    ),
  );

/** @param {Page} page @param {string} [query] */
async function load(page, query = small()) {
  await page.goto(site.url + query);
  await untilReady(page);
}

/** All that the site's origin holds besides the site's own files. @param {Page} page */
function heldBy(page) {
  return page.evaluate(async () => {
    /** @type {Record<string, string>} */
    const cached = {};
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const response = /** @type {Response} */ (await cache.match(request));
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await response.arrayBuffer()));
        const hex = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
        cached[new URL(request.url).pathname.slice(1) || 'index.html'] = hex;
      }
    }
    const names = [];
    for await (const name of /** @type {any} */ (await navigator.storage.getDirectory()).keys()) names.push(name);
    return {
      databases: (await indexedDB.databases()).map(({ name }) => name),
      local: { ...localStorage },
      session: { ...sessionStorage },
      cookies: document.cookie,
      privateFiles: names,
      cached,
    };
  });
}

/** How many runs the database holds, by case. @param {Page} page @returns {Promise<Record<string, number>>} */
function runsByCase(page) {
  return page.evaluate(async () => {
    if (!(await indexedDB.databases()).some(({ name }) => name === 'shapslice-values')) return {};
    /** @type {IDBDatabase} */
    const database = await new Promise((resolve, reject) => {
      const request = indexedDB.open('shapslice-values');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    /** @type {any[]} */
    const keys = await new Promise((resolve) => {
      const request = database.transaction('runs').objectStore('runs').getAllKeys();
      request.onsuccess = () => resolve(request.result);
    });
    database.close();
    /** @type {Record<string, number>} */
    const counts = {};
    for (const [of] of keys) counts[of] = (counts[of] ?? 0) + 1;
    return counts;
  });
}

/** Keys and records of the database as one text, bytes as characters. @param {Page} page @returns {Promise<string>} */
function keptText(page) {
  return page.evaluate(async () => {
    /** @type {IDBDatabase} */
    const database = await new Promise((resolve, reject) => {
      const request = indexedDB.open('shapslice-values');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const all = [];
    for (const name of database.objectStoreNames) {
      const store = database.transaction(name).objectStore(name);
      const requests = [store.getAllKeys(), store.getAll()];
      all.push(
        ...(await Promise.all(
          requests.map((request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)))),
        )),
      );
    }
    database.close();
    const characters = new TextDecoder('latin1');
    return JSON.stringify(all, (_, value) => (ArrayBuffer.isView(value) ? characters.decode(value) : value));
  });
}

test('the tests below see what a page holds, whichever storage it is in', async () => {
  const bare = await openSite({ models: ['tiny-unet'], spacing: 12, query: `${small()}&leave-no-trace` });
  try {
    await bare.page.evaluate(async () => {
      await new Promise((resolve) => (indexedDB.open('planted').onsuccess = resolve));
      localStorage.planted = sessionStorage.planted = '1';
      document.cookie = 'planted=1';
      await (await navigator.storage.getDirectory()).getFileHandle('planted', { create: true });
      await (await caches.open('planted')).put('planted', new Response('1'));
    });
    const { cached, ...held } = await heldBy(bare.page);
    assert.ok('planted' in cached);
    assert.deepEqual(held, {
      databases: ['planted'],
      local: { planted: '1' },
      session: { planted: '1' },
      cookies: 'planted=1',
      privateFiles: ['planted'],
    });
  } finally {
    await bare.close();
  }
});

test('a page reloaded in the middle of a study shows what was known, and runs only the rest', async () => {
  await startStudy(site.page, 7);
  await site.page.reload();
  await untilReady(site.page);
  const recalled = await resultOf(site.page);
  const known = recalled.progress.runsDone;
  console.log(`after the reload ${known} of ${recalled.progress.runsTotal} runs are known`);
  assert.ok(known >= 6 && known < RUNS); // the seventh may have been on its way
  assert.equal(recalled.progress.runsTotal, RUNS);
  assert.equal(
    valuesOf(recalled)
      .flat(3)
      .filter((/** @type {any} */ v) => v !== null).length > known,
    true,
  );
  const result = await runStudy(site.page);
  assert.equal(result.progress.runsTotal, RUNS - known);
  assert.equal(result.models[0].completeFolds, 2);

  const elsewhere = await openSite({ models: ['tiny-unet'], spacing: 12 });
  try {
    const whole = await runStudy(elsewhere.page);
    assert.equal(whole.progress.runsTotal, RUNS);
    assert.deepEqual(valuesOf(result), valuesOf(whole));
    assert.equal(result.sentence, whole.sentence);
  } finally {
    await elsewhere.close();
  }
});

test('a finished study is there after a reload, segmentations too, and is not run again', async () => {
  const before = await resultOf(site.page);
  await load(site.page);
  const recalled = await resultOf(site.page);
  assert.equal(recalled.models[0].completeFolds, 2);
  assert.deepEqual(valuesOf(recalled), valuesOf(before));
  const voxels = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.view().predictionVoxels);
  assert.ok(voxels > 0);
  assert.equal((await runStudy(site.page)).progress.runsTotal, 0);
});

test('of a real case whose tab was closed the page says so, and its files bring the study back', { skip }, async () => {
  const tab = await site.context.newPage();
  await load(tab);
  assert.equal((await openFiles(tab, files)).error, undefined);
  await startStudy(tab, 4);
  await tab.close();
  const again = await site.context.newPage();
  await load(again);
  const sentence = await again.evaluate(() => document.getElementById('mirror-notices')?.textContent);
  assert.match(sentence ?? '', /did not come to its end: \d+ of its runs are kept in this browser/);
  await openFiles(again, files);
  await until(
    again,
    () => /** @type {any} */ (window).shapslice.result()?.progress.runsDone >= 3,
    30_000,
    'what was kept',
  );
  const known = (await resultOf(again)).progress.runsDone;
  const result = await runStudy(again);
  assert.equal(result.progress.runsTotal, RUNS - known);
  assert.equal(result.models[0].completeFolds, 2);
  // Under a digest, not under a name: neither is among the keys, nor in what is kept under them.
  const text = await keptText(again);
  assert.match(text, /tiny-unet/); // what the study ran can be read there
  assert.doesNotMatch(text, /BraTS|\.nii/);
  await again.close();
});

test('"Forget this case" removes it, and no other', { skip }, async () => {
  await load(site.page);
  await openFiles(site.page, files);
  await until(
    site.page,
    (runs) => /** @type {any} */ (window).shapslice.result()?.progress.runsDone >= runs,
    30_000,
    'its study',
    RUNS,
  );
  const before = await runsByCase(site.page);
  assert.deepEqual(Object.values(before), [RUNS, RUNS]);
  await clickPanel(site.page, 'storage');
  await clickPanel(site.page, 'forgetCase');
  await clickPanel(site.page, 'yes-forget');
  await until(
    site.page,
    () => /** @type {any} */ (window).shapslice.caseSummary().synthetic === true,
    30_000,
    'the case to be closed',
  );
  const left = await runsByCase(site.page);
  assert.equal(Object.keys(left).length, 1);
  assert.ok(Object.keys(left)[0] in before);
  // Told last of all when a case is opened, after what is kept of it was looked for.
  const lookedFor = site.page.evaluate(
    () =>
      new Promise((resolve) => {
        const { events } = /** @type {any} */ (window).shapslice;
        const opened = () => events.addEventListener('storage', () => resolve(true), { once: true });
        events.addEventListener('case', opened, { once: true });
      }),
  );
  await openFiles(site.page, files);
  await lookedFor;
  assert.equal((await resultOf(site.page)).progress.runsDone, 0);
});

test('"Forget everything", in the middle of a study and with a second tab open, leaves nothing in any storage', async () => {
  await load(site.page);
  const other = await site.context.newPage();
  await load(other);
  await other.evaluate(() => /** @type {any} */ (window).shapslice.forgetCase());
  await site.page.evaluate(() => localStorage.setItem('shapslice-clinical-rankings', '[]'));
  await startStudy(other, 3);
  assert.ok(Object.keys(await runsByCase(site.page)).length >= 1);
  const before = await heldBy(site.page);
  assert.deepEqual(before.databases, ['shapslice-values']);
  assert.deepEqual(Object.keys(before.local), ['shapslice-clinical-rankings']);
  await site.page.evaluate(() => /** @type {any} */ (window).shapslice.forgetEverything());
  await goOn(other);
  // The other tab's study goes on; what it computes from here on is for that tab alone.
  await until(
    other,
    () => /** @type {any} */ (window).shapslice.result().progress.running === false,
    120_000,
    'the other tab',
  );
  assert.equal((await resultOf(other)).models[0].completeFolds, 2);
  const { cached, ...held } = await heldBy(site.page);
  assert.deepEqual(held, { databases: [], local: {}, session: {}, cookies: '', privateFiles: [] });
  await other.close();
  // What remains in Cache Storage is the site as anybody gets it: every file has the hash that it was published with.
  const worker = await (await fetch(new URL('service_worker.js', site.url))).text();
  const published = JSON.parse(/const FILES = (\{.*?\});/s.exec(worker)?.[1] ?? '');
  assert.ok(Object.keys(cached).length > 10);
  assert.deepEqual(cached, Object.fromEntries(Object.keys(cached).map((name) => [name, published[name]])));
});

test('after "Forget everything" the profile on disk holds no segmentation either', async () => {
  const profile = scratchFolder();
  // Of the usual size: the browser puts large records into files of their own, which are the ones that could stay behind.
  const own = await openSite({ models: ['tiny-unet'], spacing: 12, profile, query: '?provider=wasm' });
  try {
    await runStudy(own.page);
    // Records are stored compressed, but each begins with its keys as they are: the model file's digest marks them.
    const mark = Buffer.from(
      await own.page.evaluate(() => /** @type {any} */ (window).shapslice.models()[0].folds[0].sha256),
    );
    const withIt = () =>
      readdirSync(profile, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .filter((file) => /IndexedDB/.test(file) && readFileSync(file).includes(mark));
    const kept = withIt();
    console.log(`while they are kept, runs are found in ${kept.length} files of the profile`);
    assert.ok(kept.length > 0);
    await own.page.evaluate(() => /** @type {any} */ (window).shapslice.forgetEverything());
    for (let n = 0; n < 100 && withIt().length > 0; ++n) await own.page.waitForTimeout(100);
    assert.deepEqual(withIt(), []);
  } finally {
    await own.close();
  }
});

test('with "Leave no trace" a whole study under a clinical ranking leaves nothing, and a reload knows nothing', async () => {
  const query = `${small()}&leave-no-trace`;
  const bare = await openSite({ models: ['tiny-unet'], spacing: 12, query });
  try {
    const result = await runStudy(bare.page);
    assert.equal(result.models[0].completeFolds, 2);
    await bare.page.evaluate((ranking) => /** @type {any} */ (window).shapslice.setClinicalRanking(ranking), {
      name: 'mine',
      ranks: [2, 1, 3, 4],
    });
    const { cached: _, ...held } = await heldBy(bare.page);
    assert.deepEqual(held, { databases: [], local: {}, session: {}, cookies: '', privateFiles: [] });
    await bare.page.reload();
    await untilReady(bare.page);
    assert.equal((await resultOf(bare.page)).progress.runsDone, 0);
    // The box in the canvas writes the setting into the address, and takes it out again.
    await clickPanel(bare.page, 'storage');
    await clickPanel(bare.page, 'leave-no-trace');
    await until(bare.page, () => !location.search.includes('leave-no-trace'), 5000, 'the address without it');
    const badge = () =>
      bare.page.evaluate(() =>
        /** @type {any} */ (window).shapslice
          .view()
          .badges.find((/** @type {string} */ words) => /^leave no trace/.test(words)),
      );
    assert.equal(await badge(), undefined);
    await runStudy(bare.page); // stored; the menu is still open
    await clickPanel(bare.page, 'leave-no-trace');
    await until(bare.page, () => /leave-no-trace(&|$)/.test(location.search), 5000, 'the address with it');
    // What was stored before is offered to be deleted, the badge says so, and then that nothing is stored.
    assert.match(await badge(), /^leave no trace: \d+ model runs of 1 case from before are still stored here\.$/);
    await clickPanel(bare.page, 'delete-stored');
    await until(
      bare.page,
      () => /** @type {any} */ (window).shapslice.view().badges.includes('leave no trace: nothing is stored'),
      5000,
      'the badge of a page that stores nothing',
    );
    assert.deepEqual((await heldBy(bare.page)).databases, []);
    assert.ok((await resultOf(bare.page)).progress.runsDone > 0); // what the page holds stays
  } finally {
    await bare.close();
  }
});

test('two tabs with one case: the second waits and takes over what the first computed', async () => {
  await load(site.page);
  const other = await site.context.newPage();
  await load(other);
  for (const page of [site.page, other]) {
    await page.evaluate(() => {
      const { events } = /** @type {any} */ (window).shapslice;
      Object.assign(window, { made: 0, waited: false });
      events.addEventListener('segmentation', () => ++/** @type {any} */ (window).made);
      events.addEventListener('waiting', (/** @type {any} */ { detail }) => {
        /** @type {any} */ (window).waited ||= detail.waiting;
      });
    });
  }
  await startStudy(site.page, 2);
  const takenOver = runStudy(other);
  await until(other, () => /** @type {any} */ (window).waited, 30_000, 'the second tab to wait');
  await goOn(site.page);
  assert.equal(await outcomeOf(site.page), '');
  const first = await resultOf(site.page);
  const second = await takenOver;
  assert.equal(first.models[0].completeFolds, 2);
  assert.equal(second.progress.runsTotal, 0); // all of it was taken over
  assert.deepEqual(valuesOf(second), valuesOf(first));
  // Cancel ends the wait at once.
  await site.page.evaluate(() => /** @type {any} */ (window).shapslice.forgetCase());
  await startStudy(site.page, 1);
  const cancelled = await other.evaluate(async () => {
    const { run, cancel, events } = /** @type {any} */ (window).shapslice;
    const waits = new Promise((resolve) =>
      events.addEventListener('waiting', (/** @type {any} */ { detail }) => detail.waiting && resolve(true)),
    );
    const done = run({ models: [{ id: 'tiny-unet', folds: [0] }], settings: { runEmptyCoalition: true } });
    await waits;
    await cancel();
    return (await done).progress.running;
  });
  assert.equal(cancelled, false);
  assert.equal((await resultOf(site.page)).progress.running, true);
  await goOn(site.page);
  await site.page.evaluate(() => /** @type {any} */ (window).shapslice.cancel());
  await other.close();
});
