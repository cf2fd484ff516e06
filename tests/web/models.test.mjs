// Models of the user's own: dropped with a manifest or without, read under a convention, refused by name.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { addModel, clickPanel, moveTo, openFiles, openSite, root, runStudy, scratchFolder, until } from './support.mjs';

const networks = path.join(root, 'tests/data/networks');
const folder = scratchFolder();

/** @type {Awaited<ReturnType<typeof openSite>>} */
let site;
before(async () => {
  site = await openSite({ models: ['tiny-unet'], spacing: 12 });
});
after(() => site.close());

/** @param {Buffer} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
/** @returns {Promise<any>} */
const view = () => site.page.evaluate(() => /** @type {any} */ (window).shapslice.view());
/** @returns {Promise<any[]>} */
const models = () => site.page.evaluate(() => /** @type {any} */ (window).shapslice.models());

test('a network without a manifest is shown as it is guessed, saved as model.json, and used', async () => {
  await site.page.setInputFiles('#file-input', path.join(networks, 'unet.onnx'));
  await moveTo(site.page, 'save-manifest'); // once the form is there
  const waiting = site.page.waitForEvent('download');
  await clickPanel(site.page, 'save-manifest');
  const manifest = JSON.parse(readFileSync(await (await waiting).path(), 'utf8'));
  assert.deepEqual(manifest.outputs, {
    kind: 'regions',
    activation: 'none',
    channels: ['TC', 'WT', 'ET'],
    decoding: 'threshold',
  });
  assert.deepEqual(manifest.contrasts, ['t1c', 't1n', 't2w', 't2f']);
  assert.equal(manifest.axes, 'xyz');
  await clickPanel(site.page, 'use-model');
  const taken = () => /** @type {any} */ (window).shapslice.models().length > 1;
  await until(site.page, taken, 10_000, 'the model');
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

test('a network with its weights in a file of their own gives the same as in one file', async () => {
  const split = ['split.onnx', 'split.onnx.data'].map((file) => path.join(root, 'tests/data/split', file));
  const alone = await addModel(site.page, split.slice(0, 1));
  assert.match(
    alone.error ?? '',
    /^split\.onnx: its weights are in the file split\.onnx\.data, which is not among those/,
  );
  const overrides = { spacing: [6, 6, 6], patch: [16, 16, 16] };
  const { manifest, error } = await addModel(site.page, split, { overrides });
  assert.equal(error, undefined);
  assert.deepEqual(manifest.folds[0].data, ['split.onnx.data']);
  const result = await runStudy(site.page, { models: [{ id: 'split' }, { id: 'zyx' }] });
  const [apart, whole] = ['split', 'zyx'].map(
    (id) => result.models.find((/** @type {any} */ each) => each.id === id).folds[0],
  );
  assert.deepEqual(apart.regions, whole.regions);
  assert.equal(apart.modelSha256, manifest.folds[0].sha256);
  assert.notEqual(apart.modelSha256, whole.modelSha256);
  // A manifest of an exporter's pins the .onnx alone; it is completed.
  const pinned = { ...manifest, id: 'pinned', folds: [{ file: 'split.onnx', sha256: sha256(readFileSync(split[0])) }] };
  const saved = path.join(folder, 'model.json');
  writeFileSync(saved, JSON.stringify(pinned));
  const both = await addModel(site.page, [...split, saved]);
  assert.deepEqual(both.manifest?.folds, manifest.folds, both.error);
});

test('what nnU-Net writes beside its models is read without a word', async () => {
  const dataset = path.join(folder, 'dataset.json');
  const labels = { background: 0, 'whole tumor': [1, 2, 3], 'enhancing tumor': [3], 'tumor core': [2, 3] };
  const channels = { 0: 'FLAIR', 1: 'T1', 2: 'T1ce', 3: 'T2' };
  writeFileSync(dataset, JSON.stringify({ channel_names: channels, labels, regions_class_order: [1, 3, 2] }));
  await site.page.setInputFiles('#file-input', [dataset, path.join(networks, 'coarse-first.onnx')]);
  await clickPanel(site.page, 'use-model');
  const taken = () =>
    /** @type {any} */ (window).shapslice.models().some((/** @type {any} */ { id }) => id === 'coarse-first');
  await until(site.page, taken, 10_000, 'the model');
  const manifest = (await models()).find(({ id }) => id === 'coarse-first');
  assert.deepEqual(manifest.contrasts, ['t2f', 't1n', 't1c', 't2w']);
  assert.deepEqual(manifest.outputs.painting, ['WT', 'ET', 'TC']);
  writeFileSync(dataset, '{"labels": ');
  const { error } = await addModel(site.page, [dataset, path.join(networks, 'coarse-first.onnx')]);
  assert.match(error ?? '', /^dataset\.json: this is not JSON; /);
});

test('models that are not ONNX are pointed to the recipe, in any case of letters; .ONNX is taken', async () => {
  for (const name of ['model.pt', 'checkpoint_final.pth', 'net.TS', 'best.ckpt', 'a.safetensors', 'a.h5', 'a.tflite']) {
    const file = path.join(folder, name);
    writeFileSync(file, 'weights');
    const { error } = await openFiles(site.page, [file]); // as a user drops it
    assert.ok(error?.startsWith(`${name}: this is a `) && error.includes('docs/models.md'), error);
  }
  const capitals = path.join(folder, 'NET.ONNX');
  writeFileSync(capitals, readFileSync(path.join(networks, 'pointwise.onnx')));
  const { manifest, error } = await addModel(site.page, [capitals]);
  assert.equal(manifest?.id, 'NET', error);
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

test('a card chooses a model, several make one study, and its charts stand side by side', async () => {
  const { error } = await addModel(site.page, [path.join(networks, 'pointwise.onnx')], {
    overrides: { id: 'second', name: 'Second', spacing: [6, 6, 6], patch: [16, 16, 16] },
  });
  assert.equal(error, undefined);
  await clickPanel(site.page, 'models');
  const cards = (await view()).panels['model-cards'];
  assert.ok(cards[0] >= 0 && cards[1] >= 0 && cards[0] + cards[2] <= 1280 && cards[1] + cards[3] <= 720, `${cards}`);
  await clickPanel(site.page, 'card-tiny-unet');
  await clickPanel(site.page, 'cards-done');
  const ended = site.page.evaluate(
    () =>
      new Promise((resolve) => {
        const { events } = /** @type {any} */ (window).shapslice;
        events.addEventListener('progress', (/** @type {any} */ { detail }) => detail.running || resolve(detail));
      }),
  );
  await clickPanel(site.page, 'run');
  await ended;
  const result = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.result());
  assert.deepEqual(
    result.models.map((/** @type {any} */ each) => each.id),
    ['tiny-unet', 'second'],
  );
  const band = result.modelBand.at(-1); // of the mean row
  assert.equal(band.within.length, 3); // two folds and one
  assert.equal(band.models, band.within.filter(Boolean).length);
});

test('the baseline chosen is what runs and what the result records', async () => {
  const models = [{ id: 'tiny-unet', folds: [0] }];
  /** @type {Record<string, any>} */
  const values = {};
  for (const baseline of ['zero', 'noise', 'lesion']) {
    const result = await runStudy(site.page, { models, settings: { baseline } });
    assert.equal(result.settings.baseline, baseline);
    values[baseline] = result.models[0].folds[0].regions.WT.values;
  }
  assert.equal(values.noise[15], values.zero[15]); // nothing is absent from all contrasts
  assert.notDeepEqual(values.noise, values.zero);
  assert.notDeepEqual(values.lesion, values.zero);
  const again = await runStudy(site.page, { models, settings: { baseline: 'noise', runEmptyCoalition: true } });
  assert.equal(again.progress.runsTotal, 1); // the empty coalition alone is not known yet
  assert.notEqual(again.models[0].folds[0].runSeconds[0], null);
  await assert.rejects(runStudy(site.page, { models, settings: { baseline: 'median' } }), /"median" is not known/);
});

test('a study is forecast: what is known runs no more, and what does not fit is said', async () => {
  const forecast = (/** @type {unknown} */ wanted) =>
    site.page.evaluate((options) => /** @type {any} */ (window).shapslice.forecast(options), wanted);
  const { manifest } = await addModel(site.page, [path.join(networks, 'pointwise.onnx')], {
    overrides: { id: 'third', spacing: [2, 2, 2], patch: [96, 112, 96] },
  });
  const models = [{ id: manifest.id }];
  const before = await forecast({ models });
  assert.equal(before.runs, 15);
  assert.ok(before.seconds > 0 && before.bytes > 16e6, JSON.stringify(before));
  assert.match(before.sentence, /^15 runs: about .* here\.$/);
  const vast = await addModel(site.page, [path.join(networks, 'unet.onnx')], {
    overrides: { id: 'vast', name: 'Vast', spacing: [0.2, 0.2, 0.2], patch: [512, 512, 512] },
  });
  assert.equal(vast.error, undefined);
  const warned = await forecast({ models: [{ id: 'vast' }] });
  assert.match(warned.warning, /^Vast is expected to need .* GB for its runs; .* grants .* GB\./);
  await runStudy(site.page, { models });
  assert.equal((await forecast({ models })).runs, 0);
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
