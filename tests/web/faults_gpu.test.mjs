// Graphics and runtimes that fail, for real: a WebGL context that is lost, a graphics process that crashes in the middle of a
// study on WebGPU, a network that ONNX Runtime refuses. Each ends in a sentence, on a page that goes on.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  addModel,
  clickHere,
  goOn,
  moveTo,
  openSite,
  outcomeOf,
  resultOf,
  root,
  runStudy,
  scratchFolder,
  settled,
  small,
  startStudy,
  until,
  webGpuFlags,
} from './support.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page @returns {Promise<any>} */
const view = (page) => page.evaluate(() => /** @type {any} */ (window).shapslice.view());

/** @param {Page} page @param {'loseContext' | 'restoreContext'} what */
async function context(page, what) {
  await page.evaluate((method) => {
    const kept = /** @type {any} */ (window);
    const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById('canvas'));
    kept.losing ??= canvas.getContext('webgl2')?.getExtension('WEBGL_lose_context');
    kept.losing[method]();
  }, what);
  const lost = what === 'loseContext';
  await until(
    page,
    (wanted) => (document.getElementById('graphics-lost') !== null) === wanted,
    10_000,
    'the page to hear of it',
    lost,
  );
}

/** Until the picture shows what the engine answers to all that it was asked, the forecast of the next study at last. @param {Page} page */
async function allTold(page) {
  await settled(page);
  await page.evaluate(() => /** @type {any} */ (window).shapslice.forecast());
  await settled(page);
}

/** The picture as it is; drawn whole, so that nothing in it is left from before. @param {Page} page */
async function drawnWhole(page) {
  await page.evaluate(() => dispatchEvent(new Event('resize')));
  await settled(page);
  return page.screenshot();
}

/** Saves the slices by their button; the file's size. @param {Page} page */
async function savePng(page) {
  await moveTo(page, 'save-png');
  const waiting = page.waitForEvent('download');
  await clickHere(page);
  return readFileSync(await (await waiting).path()).length;
}

test('a WebGL context that is lost and restored: the same picture, all that was computed, and a page that reacts', async (t) => {
  const site = await openSite({ models: ['tiny-unet'], spacing: 12 });
  t.after(() => site.close());
  const { page } = site;
  const result = await runStudy(page, { models: [{ id: 'tiny-unet', folds: [0] }] });
  await allTold(page);
  const before = await page.screenshot();

  await context(page, 'loseContext');
  await settled(page);
  assert.match(
    String(await page.locator('#graphics-lost').textContent()),
    /^The browser has taken the graphics away from this page; what is open and computed is kept, .*\.$/,
  );
  assert.ok(!(await page.screenshot()).equals(before), 'the context was not lost');
  const refused = await page.evaluate(async () => {
    const { capture } = await import(new URL('web/app.js', location.href).href);
    return capture(document.getElementById('canvas'), [0, 0, 200, 200]).then(
      () => 'saved',
      (/** @type {Error} */ error) => error.message,
    );
  });
  assert.equal(refused, 'There is no picture to save while the browser keeps the graphics; try again when it is back.');
  await context(page, 'restoreContext');
  await settled(page);
  assert.ok((await page.screenshot()).equals(before), 'the picture is not the one from before');
  assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).shapslice.result()), result);

  // Lost again, while a study runs and while somebody clicks and types into a picture that is not there.
  await context(page, 'loseContext');
  const { crosshair, contrast } = await view(page);
  const [x, y, width, height] = (await view(page)).panels.slices;
  await page.mouse.click(x + width * 0.3, y + height * 0.3);
  await page.keyboard.press('3');
  const both = await runStudy(page, { models: [{ id: 'tiny-unet' }] });
  assert.equal(both.models[0].completeFolds, 2);
  assert.equal(both.progress.runsTotal, 15);
  await context(page, 'restoreContext');
  await settled(page);
  assert.deepEqual((await view(page)).crosshair, crosshair);
  assert.equal((await view(page)).contrast, contrast);
  await allTold(page);
  const after = await page.screenshot();
  assert.ok(!after.equals(before), 'the second study is not to be seen');
  assert.ok(after.equals(await drawnWhole(page)));

  await page.mouse.move(x + width * 0.25, y + height * 0.3);
  await settled(page);
  await page.mouse.wheel(0, -100);
  await settled(page);
  assert.notDeepEqual((await view(page)).crosshair, crosshair);
  assert.ok((await savePng(page)) > 5000);
  assert.deepEqual(
    site.complaints.filter((complaint) => !/CONTEXT_LOST|context lost|passive event listener/i.test(complaint)),
    [],
  );
});

/** Counts the segmentations that the page hears of. @param {Page} page */
function countSegmentations(page) {
  return page.evaluate(() => {
    const kept = /** @type {any} */ (window);
    kept.heard = [];
    kept.shapslice.events.addEventListener('segmentation', (/** @type {any} */ { detail }) =>
      kept.heard.push(`${detail.fold}/${detail.coalition}`),
    );
  });
}

// All ways of running on WebGPU: the program's own shaders in floats and in halves, and ONNX Runtime alone.
for (const provider of ['engine-webgpu', 'engine-webgpu-half', 'webgpu']) {
  test(`the graphics process crashes in the middle of a study on WebGPU (${provider}): it goes on under WASM`, async (t) => {
    const site = await openSite({
      query: small(provider === 'webgpu' ? 'webgpu-ort' : 'webgpu'),
      models: ['tiny-unet'],
      spacing: 12,
      flags: webGpuFlags,
      alone: true, // its graphics process is made to crash
    });
    t.after(() => site.close());
    const { page } = site;
    assert.equal((await view(page)).runtime.provider, 'webgpu', JSON.stringify((await view(page)).runtime));
    await countSegmentations(page);
    const fast = provider === 'engine-webgpu-half';
    const id = fast ? 'dropped' : 'tiny-unet';
    // Of a dropped network the ranges of activations are measured, by which it may run fast.
    const files = [0, 1].map((fold) => path.join(root, `tests/data/tiny-unet/fold${fold}.onnx`));
    const overrides = { id, spacing: [12, 12, 12], patch: [16, 16, 16] };
    if (fast) assert.equal((await addModel(page, files, { overrides })).error, undefined);
    const before = await startStudy(page, 3, {
      models: [{ id }],
      settings: { precision: fast ? 'fast' : 'exact' },
    });
    assert.equal(before.models[0].folds[0].provider, provider);
    const browser = /** @type {import('playwright-core').Browser} */ (site.context.browser());
    const session = await browser.newBrowserCDPSession();
    await goOn(page);
    await session.send('Browser.crashGpuProcess');
    assert.equal(await outcomeOf(page), '');
    const result = await resultOf(page);
    assert.equal(result.models[0].completeFolds, 2);
    assert.equal(result.models[0].folds[1].provider, fast ? 'engine' : 'wasm');
    assert.match(
      result.notices.join(' '),
      /WebGPU's device was lost \(.+\): models run on WASM from here on, and what was computed before is kept\./,
    );
    assert.equal((await view(page)).runtime.provider, 'wasm');
    const heard = await page.evaluate(() => /** @type {any} */ (window).heard);
    assert.equal(new Set(heard).size, 30);
    if (fast) {
      // Halves and whole numbers never make one fold: the one that was begun in halves is run again.
      const again = heard.length - 30;
      assert.ok(again >= 3 && again <= 15, `${again} runs were made again`);
      assert.equal(result.models[0].folds[0].precision, 'int8 x int15');
    } else {
      assert.equal(heard.length, 30); // each once: nothing that was known was run again
    }
    for (const region of fast ? [] : ['WT', 'TC', 'ET']) {
      const kept = result.models[0].folds[0].regions[region].values;
      before.models[0].folds[0].regions[region].values.forEach(
        (/** @type {number | null} */ value, /** @type {number} */ n) => {
          if (value !== null && n !== 0) assert.equal(kept[n], value);
        },
      );
    }
    const later = await runStudy(page, { models: [{ id }], settings: { baseline: 'mean' } });
    assert.equal(later.models[0].completeFolds, 2);
    assert.equal(later.models[0].folds[0].provider, 'wasm');
    // The crash took the canvas's context, too.
    await until(page, () => document.getElementById('graphics-lost') === null, 30_000, 'the picture to come back');
    await settled(page);
    const picture = await page.screenshot();
    assert.ok(picture.equals(await drawnWhole(page)));
    await page.evaluate(() => /** @type {any} */ (window).shapslice.setView({ layout: 'contrasts' }));
    await settled(page);
    assert.ok(!(await page.screenshot()).equals(picture), 'the page does not react');
  });
}

test('a network that ONNX Runtime refuses ends its study by name; other models keep their values and run', async (t) => {
  const site = await openSite({ models: ['tiny-unet'], spacing: 12 });
  t.after(() => site.close());
  const { page } = site;
  const before = await runStudy(page, { models: [{ id: 'tiny-unet', folds: [0] }] });
  // The graph is well-formed, so the reader takes it; that there is no operator of this name only the runtime knows.
  const network = readFileSync(path.join(root, 'tests/data/networks/pointwise.onnx'));
  const operator = Buffer.from([0x22, 4, ...Buffer.from('Conv')]);
  const at = network.indexOf(operator);
  assert.ok(at > 0);
  network.write('Conw', at + 2);
  const file = path.join(scratchFolder(), 'no-such-operator.onnx');
  writeFileSync(file, network);
  const { error } = await addModel(page, [file], { overrides: { id: 'refused', spacing: [12, 12, 12] } });
  assert.equal(error, undefined);
  await assert.rejects(
    runStudy(page, { models: [{ id: 'tiny-unet', folds: [0] }, { id: 'refused' }] }),
    /no-such-operator\.onnx: ONNX Runtime does not accept this network \(.*Conw.*\)\./,
  );
  const after = await page.evaluate(() => /** @type {any} */ (window).shapslice.result());
  assert.equal(after.progress.running, false);
  assert.deepEqual(after.models[0].folds[0].regions, before.models[0].folds[0].regions);
  assert.equal(after.models[0].completeFolds, 1);
  const next = await runStudy(page, { models: [{ id: 'tiny-unet' }] });
  assert.equal(next.models[0].completeFolds, 2);
  assert.equal(next.progress.runsTotal, 15); // fold 0 was known
  assert.deepEqual(next.notices, []);
});
