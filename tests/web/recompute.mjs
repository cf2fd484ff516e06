// A real case's exact study, recomputed by the plain second implementation: onnxruntime-node's answer to every coalition of a fold.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { diceOfRegions, prepare, readPlainNifti, regions, restore, shapleyByOrders } from './reference.mjs';
import { root, segmentationBytes } from './support.mjs';

export const FULL = 15;
const DICE_TOLERANCE = 1e-4; // measured: 9.5e-6
const VOXEL_TOLERANCE = 1e-6; // measured: no voxel
const names = ['t1c', 't1n', 't2f', 't2w'];

/** A case as a model takes it, by the plain implementation. @param {string[]} files @param {any} manifest */
export function readCase(files, manifest) {
  const read = (/** @type {string} */ name) =>
    readPlainNifti(/** @type {string} */ (files.find((file) => path.basename(file).includes(name))));
  return { prepared: prepare(names.map(read), manifest.spacing[0], manifest.multiple), reference: read('seg') };
}

/**
 * Compares every v(S), every Shapley value and the segmentation of all contrasts; says what differs most.
 * @param {import('playwright-core').Page} page with the case open and the fold computed
 * @param {string} folder the model's, below models/
 * @param {any} manifest
 * @param {ReturnType<typeof readCase>} subject
 * @param {any} computed the fold in the page's result
 */
export async function assertRecomputed(page, folder, manifest, { prepared, reference }, computed) {
  const { fold, regions: found } = computed;
  const size = prepared.padded[0] * prepared.padded[1] * prepared.padded[2];
  const session = await ort.InferenceSession.create(path.join(root, 'models', folder, manifest.folds[fold].file));
  /** @type {Record<string, number[]>} */
  const values = Object.fromEntries(Object.keys(regions).map((region) => [region, []]));
  let worst = 0;
  let voxels = 0;
  for (let mask = 0; mask < 16; ++mask) {
    let labels = new Uint8Array(reference.voxels.length);
    if (mask > 0) {
      const input = new Float32Array(4 * size);
      manifest.contrasts.forEach((/** @type {string} */ name, /** @type {number} */ channel) => {
        const contrast = names.indexOf(name);
        if ((mask >> contrast) & 1) input.set(prepared.channels[contrast], channel * size);
      });
      const [i, j, k] = prepared.padded;
      const { logits } = await session.run({ image: new ort.Tensor('float32', input, [1, 4, k, j, i]) });
      labels = restore(/** @type {Float32Array} */ (logits.data), prepared);
    }
    for (const [region, value] of Object.entries(diceOfRegions(reference.voxels, labels))) {
      values[region].push(value);
      worst = Math.max(worst, Math.abs(value - found[region].values[mask]));
    }
    if (mask === FULL) {
      const browser = readPlainNifti(await segmentationBytes(page, manifest.id, fold, FULL)).voxels;
      voxels = labels.reduce((sum, label, v) => sum + Number(label !== browser[v]), 0) / labels.length;
    }
  }
  await session.release();
  for (const region of Object.keys(regions)) {
    shapleyByOrders(values[region]).forEach((phi, contrast) => {
      const off = Math.abs(phi - found[region].analysis.shapley[contrast]);
      assert.ok(off < DICE_TOLERANCE, `phi of ${region}, fold ${fold}`);
    });
  }
  console.log(
    `fold ${fold + 1}: largest difference of v(S) ${worst.toExponential(2)}, of segmentations ${voxels.toExponential(2)} of the voxels`,
  );
  assert.ok(worst < DICE_TOLERANCE);
  assert.ok(voxels <= VOXEL_TOLERANCE);
}

/** @param {string} folder below models/ */
export const readManifest = (folder) =>
  JSON.parse(readFileSync(path.join(root, 'models', folder, 'model.json'), 'utf8'));
