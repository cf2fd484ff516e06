// Models of the user's own: dropped with a manifest or without, read under a convention, refused by name.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { addModel, openSite, root, runStudy, scratchFolder } from './support.mjs';

const networks = path.join(root, 'tests/data/networks');
const folder = scratchFolder();

/** @type {Awaited<ReturnType<typeof openSite>>} */
let site;
before(async () => {
  site = await openSite({ models: ['tiny-unet'], spacing: 12 });
});
after(() => site.close());

/** @returns {Promise<any>} */
const view = () => site.page.evaluate(() => /** @type {any} */ (window).shapslice.view());
/** @returns {Promise<any[]>} */
const models = () => site.page.evaluate(() => /** @type {any} */ (window).shapslice.models());

/** @param {string} panel */
async function click(panel) {
  await site.page.waitForTimeout(500);
  const [x, y, width, height] = (await view()).panels[panel];
  await site.page.mouse.move(x + width / 2, y + height / 2);
  await site.page.waitForTimeout(300);
  await site.page.mouse.down();
  await site.page.waitForTimeout(100);
  await site.page.mouse.up();
  await site.page.waitForTimeout(500);
}

test('a network without a manifest is shown as it is guessed, saved as model.json, and used', async () => {
  await site.page.setInputFiles('#file-input', path.join(networks, 'unet.onnx'));
  await site.page.waitForTimeout(1000);
  const waiting = site.page.waitForEvent('download');
  await click('save-manifest');
  const manifest = JSON.parse(readFileSync(await (await waiting).path(), 'utf8'));
  assert.deepEqual(manifest.outputs, { kind: 'regions', activation: 'none', channels: ['TC', 'WT', 'ET'] });
  assert.deepEqual(manifest.contrasts, ['t1c', 't1n', 't2w', 't2f']);
  assert.equal(manifest.axes, 'xyz');
  await click('use-model');
  assert.deepEqual(
    (await models()).map(({ id }) => id),
    ['tiny-unet', 'unet'],
  );
  // The manifest saved is one that opens with the network, and names what is missing without it.
  const saved = path.join(folder, 'model.json');
  writeFileSync(saved, JSON.stringify({ ...manifest, id: 'again', spacing: [12, 12, 12] }));
  const alone = await addModel(site.page, [saved]); // and leaves things as they were
  assert.equal(alone.error, 'model.json names the file unet.onnx, which is not among those given.');
  const both = await addModel(site.page, [saved, path.join(networks, 'unet.onnx')]);
  assert.equal(both.manifest.id, 'again');
  const result = await runStudy(site.page, { models: [{ id: 'again' }] });
  assert.equal(result.models[0].completeFolds, 1);
});

test('the same network gives the same values whichever way round its axes are told', async () => {
  // A network of 1x1x1 kernels sees each voxel alone, so the order of axes must not matter.
  const results = [];
  for (const axes of ['zyx', 'xyz']) {
    const { manifest, error } = await addModel(site.page, [path.join(networks, 'pointwise.onnx')], {
      overrides: { id: axes, axes, spacing: [6, 6, 6], patch: [16, 16, 16] },
    });
    assert.equal(error, undefined);
    const result = await runStudy(site.page, { models: [{ id: manifest.id }] });
    assert.equal(result.progress.runsTotal, 15); // the same file read otherwise is another model
    results.push(result.models.find((/** @type {any} */ each) => each.id === axes).folds[0].regions.WT.values);
  }
  assert.deepEqual(results[0], results[1]);
});

test('float16 networks run', async () => {
  const { error } = await addModel(site.page, [path.join(networks, 'pointwise-half.onnx')], {
    overrides: { spacing: [6, 6, 6], patch: [16, 16, 16] },
  });
  assert.equal(error, undefined);
  const result = await runStudy(site.page, { models: [{ id: 'pointwise-half' }, { id: 'zyx' }] });
  const [half, single] = ['pointwise-half', 'zyx'].map(
    (id) => result.models.find((/** @type {any} */ each) => each.id === id).folds[0].regions.WT.values,
  );
  half.forEach((/** @type {number} */ value, /** @type {number} */ n) => assert.ok(Math.abs(value - single[n]) < 0.01));
});

test('what cannot work is refused by name, and what was there stays', async () => {
  const before = (await models()).length;
  const text = path.join(folder, 'notes.onnx');
  writeFileSync(text, 'not a network');
  for (const [file, wanted] of [
    [text, 'notes.onnx: this is no ONNX model; expected an .onnx file as PyTorch, MONAI or nnU-Net export it.'],
    ['two-inputs', 'two-inputs.onnx: the network has 2 inputs, "image" and "prompt"; expected one image.'],
    ['one-channel', 'one-channel.onnx: the input "image" has 1 channels; expected 4, one a contrast.'],
  ]) {
    const at = path.isAbsolute(file) ? file : path.join(networks, `${file}.onnx`);
    assert.equal((await addModel(site.page, [at])).error, wanted);
  }
  assert.equal((await models()).length, before);
});
