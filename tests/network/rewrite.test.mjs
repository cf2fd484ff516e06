// Rewritten graphs against their originals on ONNX Runtime's CPU provider: every pattern, and whole networks as PyTorch
// exports them (models/train/test_networks.py).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import * as ort from 'onnxruntime-node';

const root = path.resolve(import.meta.dirname, '../..');
const program = process.env.SHAPSLICE_PROGRAM ?? path.join(root, 'build/native/shapslice');
const networks = path.join(root, 'tests/data/networks');
const TOLERANCE = 1e-5; // of the largest value
// What each pattern's rewriting must have counted; whole networks hold several.
/** @type {Record<string, Record<string, number>>} */
const expected = {
  grouped: { Conv: 1 },
  depthwise: { Conv: 1 },
  'transposed-grouped': { ConvTranspose: 1, Conv: 1 },
  'group-norm-18': { GroupNormalization: 1, InstanceNormalization: 1 },
  'group-norm-21': { GroupNormalization: 1, InstanceNormalization: 1 },
  'instance-norm': { InstanceNormalization: 1 },
  'instance-norm-18': { InstanceNormalization: 1 },
  unet: { ConvTranspose: 1, InstanceNormalization: 3 },
  segresnet: { InstanceNormalization: 7 },
  unetr: { ConvTranspose: 6, InstanceNormalization: 17 },
  'swin-unetr': { ConvTranspose: 3, InstanceNormalization: 17 },
};

const scratch = mkdtempSync(path.join(os.tmpdir(), 'shapslice-rewrite-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** The same values at every run: a small linear congruential generator. @param {number} count */
function values(count) {
  let state = 12345;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

/** @param {string} file @param {number[]} extents */
async function run(file, extents) {
  const session = await ort.InferenceSession.create(file);
  const image = new ort.Tensor('float32', values(4 * extents[0] * extents[1] * extents[2]), [1, 4, ...extents]);
  const { found } = await session.run({ image });
  await session.release();
  return found;
}

const notToRun = ['one-channel.onnx', 'two-inputs.onnx', 'pointwise.onnx', 'pointwise-half.onnx'];
for (const file of readdirSync(networks).filter((each) => !notToRun.includes(each))) {
  const name = path.basename(file, '.onnx');
  test(name, async () => {
    const rewritten = path.join(scratch, file);
    const counted = JSON.parse(
      execFileSync(program, ['rewrite', path.join(networks, file), rewritten], { encoding: 'utf8' }),
    );
    const left = /^(padded|average-pool|max-pool|attention)/.test(name); // nothing to put otherwise
    assert.deepEqual(counted, expected[name] ?? (left ? {} : { ConvTranspose: 1 }));
    const whole = !/^(transposed|group|depth|instance)/.test(name);
    const extents = whole ? [16, 16, 16] : [5, 4, 7];
    const [wanted, found] = [await run(path.join(networks, file), extents), await run(rewritten, extents)];
    assert.deepEqual(found.dims, wanted.dims);
    const [a, b] = [wanted.data, found.data].map((data) => /** @type {Float32Array} */ (data));
    const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const difference = a.reduce((most, value, n) => Math.max(most, Math.abs(value - b[n])), 0) / largest;
    console.log(`${name}: ${JSON.stringify(counted)}, differs by ${difference.toExponential(1)} of the largest value`);
    assert.ok(difference <= TOLERANCE, `${difference}`);
  });
}
