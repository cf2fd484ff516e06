// Memory that the browser refuses, for real: the engine's WebAssembly is given a small maximum, and its growth beyond that
// fails as it would on a machine that has no more. A sentence says so; what was open before stays open, and runs.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { sealSite } from '../../scripts/seal_site.mjs';
import {
  addModel,
  openFiles,
  openSite,
  realCase,
  root,
  runStudy,
  settled,
  siteOf,
  testModels,
  until,
} from './support.mjs';

const files = realCase('BraTS-SSA-00002-000');
const skip = files ? false : '../shared/data/fullres is not there';

/** A number of WebAssembly's at `at`: its value, and where the next thing begins. @param {Buffer} program @param {number} at */
function readNumber(program, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = program[at++];
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return { value, next: at };
  }
}

/** The program with another maximum for its memory. @param {Buffer} program @param {number} pages of 64 KB */
function withMaximum(program, pages) {
  const changed = Buffer.from(program);
  for (let at = 8; at < program.length; ) {
    const size = readNumber(program, at + 1);
    if (program[at] !== 5) {
      at = size.next + size.value;
      continue;
    }
    assert.deepEqual([...program.subarray(size.next, size.next + 2)], [1, 1]); // one memory, with a maximum
    const maximum = readNumber(program, readNumber(program, size.next + 2).next);
    assert.deepEqual([maximum.value, maximum.next - readNumber(program, size.next + 2).next], [65536, 3]);
    for (let n = 0; n < 3; ++n) changed[maximum.next - 3 + n] = ((pages >> (7 * n)) & 127) | (n < 2 ? 128 : 0);
    assert.ok(WebAssembly.validate(changed));
    return changed;
  }
  throw new Error('the program has no memory of its own');
}

/** A site one of whose programs has no more than so much memory. @param {number} megabytes @param {'engine' | 'app' | 'convnet'} [which] */
async function openLimited(megabytes, which = 'engine') {
  const folder = siteOf(testModels(['tiny-unet'], 12));
  const file = path.join(folder, `wasm/${which}.wasm`);
  const program = withMaximum(readFileSync(file), megabytes * 16);
  rmSync(file); // a link to the site's own
  writeFileSync(file, program);
  sealSite(folder);
  return openSite({ folder, query: '?provider=wasm' }); // what is open takes as much as a case of the usual size
}

/** @param {import('playwright-core').Page} page */
const caseName = (page) => page.evaluate(() => /** @type {any} */ (window).shapslice.view().case);

// The built-in case takes half of the first limit; the others are met later on the way.
for (const megabytes of [220, 280, 340]) {
  test(
    `a case too large for ${megabytes} MB is refused by a sentence, and the one that is open stays and runs`,
    { skip },
    async (t) => {
      const site = await openLimited(megabytes);
      t.after(() => site.close());
      const { page } = site;
      const open = await caseName(page);
      const before = await runStudy(page, { models: [{ id: 'tiny-unet', folds: [0] }] });
      const { summary, error } = await openFiles(page, files ?? []);
      console.log(`${megabytes} MB: ${error}`);
      assert.equal(summary, undefined);
      assert.match(
        String(error),
        /^BraTS-SSA-00002-000(-\w+\.nii\.gz)?: there is not enough memory to (read it|bring it into the case|show it); what was open before stays open, and closing other pages may make room\.$/,
      );
      assert.equal(await caseName(page), open);
      const after = await runStudy(page, { models: [{ id: 'tiny-unet' }] });
      assert.equal(after.caseName, before.caseName);
      assert.equal(after.progress.runsTotal, 15); // fold 0 is known
      assert.deepEqual(after.models[0].folds[0].regions, before.models[0].folds[0].regions);
      assert.equal(after.models[0].completeFolds, 2);
      const openPhantom = (/** @type {number[]} */ shape) =>
        page.evaluate(
          (wanted) =>
            /** @type {any} */ (window).shapslice
              .openPhantom({ shape: wanted })
              .catch((/** @type {Error} */ e) => e.message),
          shape,
        );
      assert.equal(
        await openPhantom([400, 400, 400]),
        'There is not enough memory for this; what was open and computed before is kept, and closing other pages may make room.',
      );
      assert.equal((await runStudy(page, { models: [{ id: 'tiny-unet' }] })).progress.runsTotal, 0); // all is still known
      assert.equal(await openPhantom([40, 48, 40]), undefined); // what there is room for opens
      assert.equal((await runStudy(page, { models: [{ id: 'tiny-unet' }] })).models[0].completeFolds, 2);
      assert.deepEqual(site.complaints, []);
    },
  );
}

test('a study that runs out of memory ends by a sentence, keeps its values, and others run', { skip }, async (t) => {
  const site = await openLimited(420);
  t.after(() => site.close());
  const { page } = site;
  const { summary, error } = await openFiles(page, files ?? []);
  assert.equal(error, undefined);
  const before = await runStudy(page, { models: [{ id: 'tiny-unet', folds: [0] }] });
  const vast = await addModel(page, [path.join(root, 'tests/data/networks/pointwise.onnx')], {
    overrides: { id: 'vast', name: 'Vast', spacing: [0.6, 0.6, 0.6], patch: [512, 512, 512] },
  });
  assert.equal(vast.error, undefined);
  await assert.rejects(
    runStudy(page, { models: [{ id: 'tiny-unet', folds: [0] }, { id: 'vast' }] }),
    /Vast, fold 1 of 1: there is not enough memory to run it; what was computed before is kept, and closing other pages may make room\./,
  );
  const kept = await page.evaluate(() => /** @type {any} */ (window).shapslice.result());
  assert.equal(kept.progress.running, false);
  assert.deepEqual(kept.models[0].folds[0].regions, before.models[0].folds[0].regions);
  assert.equal(await caseName(page), summary.name);
  const after = await runStudy(page, { models: [{ id: 'tiny-unet' }] });
  assert.equal(after.models[0].completeFolds, 2);
  assert.equal(after.progress.runsTotal, 15);
  assert.deepEqual(site.complaints, []);
});

test(
  'where there is no memory for its images a case is open without them, runs, and the next is shown',
  { skip },
  async (t) => {
    const site = await openLimited(64, 'app');
    t.after(() => site.close());
    const { page } = site;
    const { summary, error } = await openFiles(page, files ?? []);
    assert.equal(error, undefined);
    const said = () => document.getElementById('mirror-notices')?.textContent;
    assert.match(
      String(await page.evaluate(said)),
      /BraTS-SSA-00002-000: there is not enough memory to show its images; it is open and can be run, and closing other pages may make room\./,
    );
    assert.equal(await caseName(page), summary.name);
    await settled(page); // frames are drawn as before
    const result = await runStudy(page, { models: [{ id: 'tiny-unet', folds: [0] }] });
    assert.equal(result.models[0].completeFolds, 1);
    assert.equal(result.caseName, summary.name);
    await page.evaluate(() => /** @type {any} */ (window).shapslice.openPhantom({ shape: [40, 48, 40] }));
    await runStudy(page, { models: [{ id: 'tiny-unet', folds: [0] }] });
    await settled(page);
    const seen = () => /** @type {any} */ (window).shapslice.view().predictionVoxels > 0;
    await until(page, seen, 10_000, 'the segmentation on show');
    assert.deepEqual(site.complaints, []);
  },
);

test('a network that there is no memory to make shaders of is refused by a sentence, and the next is not', async (t) => {
  const site = await openLimited(40, 'convnet');
  t.after(() => site.close());
  const network = readFileSync(path.join(root, 'tests/data/tiny-unet/fold0.onnx')).toString('base64');
  const answers = await site.page.evaluate(async (base64) => {
    const { default: create } = await import(new URL('wasm/convnet.mjs', location.href).href);
    const module = await create();
    const small = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    return [small, new Uint8Array(60 << 20), small].map((bytes) => {
      try {
        return module.gpuProgram('a.onnx', bytes, [16, 16, 16], '', false, 2 ** 30, 65535, false).problem;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    });
  }, network);
  assert.equal(answers[0], '');
  assert.match(answers[1], /^There is not enough memory for this; what was open and computed before is kept/);
  assert.equal(answers[2], '');
});
