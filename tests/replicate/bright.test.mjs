// Fast studies of cases that are brighter than what a network's ranges were measured on, headless: a phantom whose brightest
// voxels are made six times as bright, under the shipped U-Net, and under a network of its own with ranges that are far too small.
//   node --test tests/replicate/*.test.mjs     needs build/wasm/engine.mjs, convnet.mjs and build/native/shapslice
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { perturbCase } from '../../bench/perturbed.mjs';
import { HeadlessEngine } from '../../scripts/replicate/headless.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const program = process.env.SHAPSLICE_PROGRAM ?? path.join(root, 'build/native/shapslice');
const module = process.env.SHAPSLICE_ENGINE ?? path.join(root, 'build/wasm/engine.mjs');
const scratch = mkdtempSync(path.join(os.tmpdir(), 'shapslice-bright-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const COARSE = 4; // mm in place of the model's own 2, where what a run finds does not count
const usual = path.join(scratch, 'usual');
const bright = path.join(scratch, 'bright');
execFileSync(program, ['phantom', '--seed', '5', '--shape', '56,64,48', '--out', usual]);
perturbCase(usual, bright, { bright: 6, noise: 0, bias: 0 });

/** The shipped U-Net's first fold, with ranges `share` of its own. @param {string} id @param {number} share @param {number} spacing mm */
function modelOf(id, share, spacing) {
  const folder = path.join(root, 'models/unet');
  const manifest = { ...JSON.parse(readFileSync(path.join(folder, 'model.json'), 'utf8')), id };
  const [fold] = manifest.folds;
  for (const [tensor, ends] of Object.entries(fold.activations))
    fold.activations[tensor] = /** @type {number[]} */ (ends).map(
      (end) => (tensor === manifest.input ? 8 : share) * end,
    );
  manifest.folds = [fold];
  manifest.spacing = [spacing, spacing, spacing];
  return { ...manifest, folder, text: JSON.stringify(manifest) };
}

/**
 * A fold's result in a program of its own.
 * @param {string} id @param {string} folder @param {import('../../scripts/replicate/headless.mjs').Numbers} numbers
 * @param {number} spacing mm @param {number} [share]
 */
async function foldOf(id, folder, numbers, spacing, share) {
  const engine = await HeadlessEngine.load(module, 1);
  const published = { ...JSON.parse(readFileSync(path.join(root, 'models/unet/model.json'), 'utf8')), id };
  published.spacing = [spacing, spacing, spacing];
  const asItIs = { ...published, folder: path.join(root, 'models/unet'), text: JSON.stringify(published) };
  engine.addModel(share === undefined ? asItIs : modelOf(id, share, spacing));
  await engine.openCase(folder);
  return (await engine.study(id, [0], numbers)).models[0].folds[0];
}

/** @param {Awaited<ReturnType<typeof foldOf>>} one @param {Awaited<ReturnType<typeof foldOf>>} other */
function mostOff(one, other) {
  const pairs = Object.entries(one.regions).flatMap(([region, { values }]) =>
    values.map((value, n) => Math.abs(Number(value) - Number(/** @type {any} */ (other.regions)[region].values[n]))),
  );
  return Math.max(...pairs);
}

test('a case within the ranges runs by them, one that leaves them by its own, and both are near floats', async () => {
  const within = await foldOf('unet', usual, 'wide', COARSE);
  assert.equal(within.provider, 'engine');
  assert.equal(within.runsMadeAgain, 0);
  const beyond = await foldOf('unet', bright, 'wide', 2);
  assert.match(beyond.provider, /engine-measured/);
  const exact = await foldOf('unet', bright, 'float', 2);
  const off = mostOff(beyond, exact);
  assert.ok(off < 0.01, `off by ${off}`);
});

test('runs that leave ranges which are too small are made again, and give what floats give', async () => {
  const cut = await foldOf('small', usual, 'wide', COARSE, 0.2);
  assert.equal(cut.provider, 'engine-float');
  assert.equal(cut.runsMadeAgain, 15);
  assert.equal(mostOff(cut, await foldOf('small', usual, 'float', COARSE, 0.2)), 0);
});
