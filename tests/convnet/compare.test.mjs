// The engine for convolutional networks against ONNX Runtime's CPU provider: small networks as PyTorch exports them, and the
// shipped models on coalitions of the phantom's contrasts, in floats and in whole numbers. Needs a native build.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import * as ort from 'onnxruntime-node';

const root = path.resolve(import.meta.dirname, '../..');
const program = path.join(root, 'build/native/shapslice');
const probe = path.join(root, 'build/native/tests/convnet/convnet_probe');
const networks = path.join(root, 'tests/data/networks');
const TOLERANCE = 5e-5; // of the largest value
const LABELS_FLOAT = 1e-4; // share of the brain's voxels whose label may differ
const LABELS_WIDE = 5e-4;
// Narrow numbers are for what a network was trained on: all contrasts. From a single one, labels hang by a thread.
/** @type {Record<number, number>} */
const LABELS_NARROW = { 15: 3e-3, 4: 2e-2 };
const CONTRASTS = 4;

const scratch = mkdtempSync(path.join(os.tmpdir(), 'shapslice-convnet-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** @param {string} name */
const file = (name) => path.join(scratch, name);

/** A float32 array in C order as a .npy file. @param {string} to @param {number[]} shape @param {Float32Array} values */
function writeNpy(to, shape, values) {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  const padded = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11) + '\n';
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, padded.length & 255, padded.length >> 8]);
  writeFileSync(to, Buffer.concat([start, Buffer.from(padded), Buffer.from(values.buffer)]));
}

/** @param {string} from */
function readNpy(from) {
  const bytes = readFileSync(from);
  const start = 10 + bytes.readUInt16LE(8);
  const shape = /\(([^)]*)\)/.exec(bytes.toString('latin1', 10, start))?.[1] ?? '';
  const extents = shape
    .split(',')
    .filter((part) => part.trim())
    .map(Number);
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length));
  return { extents, values };
}

/**
 * What the engine gives for each input.
 * @param {string} model
 * @param {number[]} shape
 * @param {string[]} inputs files
 * @param {'float' | 'wide' | 'narrow'} numbers
 * @param {string[]} calibration files
 */
function onEngine(model, shape, inputs, numbers = 'float', calibration = []) {
  const pairs = inputs.flatMap((input, n) => [input, file(`output${n}.npy`)]);
  const words = [model, shape.slice(1).join(','), numbers, String(calibration.length), ...calibration, ...pairs];
  execFileSync(probe, words);
  return inputs.map((_, n) => readNpy(file(`output${n}.npy`)).values);
}

/** What ONNX Runtime gives. @param {ort.InferenceSession} session @param {number[]} shape @param {Float32Array} values */
async function onOnnxRuntime(session, shape, values) {
  const outcome = await session.run({ [session.inputNames[0]]: new ort.Tensor('float32', values, [1, ...shape]) });
  // The finest of several outputs.
  const [finest] = Object.values(outcome).toSorted((a, b) => b.size - a.size);
  return /** @type {Float32Array} */ (finest.data);
}

/** The same values at every run. @param {number} count */
function random(count) {
  let state = 12345;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

// Why the engine leaves the others to ONNX Runtime: by words of its sentence.
/** @type {Record<string, RegExp>} */
const refused = {
  depthwise: /the node "conv" \(Conv\) convolves groups/,
  grouped: /the node "conv" \(Conv\) convolves groups/,
  'transposed-dilated': /the node "convtranspose" \(ConvTranspose\)/,
  'transposed-grouped': /the node "convtranspose" \(ConvTranspose\)/,
  'pointwise-half': /takes float16; this engine runs networks that take float32/,
  'two-inputs': /has 2 inputs; expected one image/,
  'swin-unetr': /the node ".*" \(.*\) /,
  unetr: /the node ".*" \(.*\) /,
};

for (const name of readdirSync(networks).map((each) => path.basename(each, '.onnx'))) {
  test(name, async () => {
    const model = path.join(networks, `${name}.onnx`);
    const extents = name === 'swin-unetr' || name === 'unetr' ? [16, 16, 16] : [8, 12, 10];
    const shape = [name === 'one-channel' ? 1 : CONTRASTS, ...extents];
    const values = random(shape.reduce((product, extent) => product * extent, 1));
    writeNpy(file('input.npy'), shape, values);
    if (refused[name]) {
      const words = [model, extents.join(','), 'float', '0', file('input.npy'), file('output.npy')];
      const outcome = spawnSync(probe, words, { encoding: 'utf8' });
      assert.notEqual(outcome.status, 0);
      assert.match(outcome.stderr, refused[name]);
      return;
    }
    const session = await ort.InferenceSession.create(model);
    const expected = await onOnnxRuntime(session, shape, values);
    const [found] = onEngine(model, shape, [file('input.npy')]);
    assert.equal(found.length, expected.length);
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const off = found.reduce((most, value, n) => Math.max(most, Math.abs(value - expected[n])), 0);
    assert.ok(off <= TOLERANCE * largest, `off by ${off}, the largest value is ${largest}`);
  });
}

/** @param {Float32Array} logits @param {number} voxel */
function label(logits, voxel) {
  const voxels = logits.length / CONTRASTS;
  let best = 0;
  for (let c = 1; c < CONTRASTS; ++c) if (logits[c * voxels + voxel] > logits[best * voxels + voxel]) best = c;
  return best;
}

/** Share of the brain's voxels with another label. @param {Float32Array} found @param {Float32Array} expected @param {number[]} brain */
const labelsOff = (found, expected, brain) =>
  brain.filter((voxel) => label(found, voxel) !== label(expected, voxel)).length / brain.length;

// All contrasts, and a single one: the least of what a network was trained on, where labels hang by a thread. bench/agreement.mjs does
// it for every coalition of real cases.
test('shipped models give the labels that ONNX Runtime gives', { timeout: 1800e3 }, async (context) => {
  execFileSync(program, ['phantom', '--seed', '3', '--out', file('case')]);
  execFileSync(program, ['prepare', '--spacing', '2.5', '--multiple', '8', '--out', scratch, file('case')]);
  const { extents: shape, values } = readNpy(file('case.input.npy'));
  const voxels = values.length / CONTRASTS;
  const brain = [...Array(voxels).keys()].filter((voxel) => [0, 1, 2, 3].some((c) => values[c * voxels + voxel] !== 0));
  /** @param {number} coalition a bit a contrast */
  const masked = (coalition) => values.map((value, n) => ((coalition >> Math.floor(n / voxels)) & 1 ? value : 0));
  const coalitions = [15, 4];
  const inputs = coalitions.map((coalition) => file(`${coalition}.npy`));
  coalitions.forEach((coalition, n) => writeNpy(inputs[n], shape, masked(coalition)));
  const calibration = coalitions.map((coalition) => file(`${coalition}.npy`));
  for (const name of ['unet', 'segresnet']) {
    const model = path.join(root, `models/${name}/fold0.onnx`);
    const session = await ort.InferenceSession.create(model);
    const floats = onEngine(model, shape, inputs);
    const wide = onEngine(model, shape, inputs, 'wide', calibration);
    const narrow = onEngine(model, shape, inputs, 'narrow', calibration);
    for (const [n, coalition] of coalitions.entries()) {
      const expected = await onOnnxRuntime(session, shape, masked(coalition));
      const off = [floats, wide, narrow].map((found) => labelsOff(found[n], expected, brain));
      const found = `${name}, coalition ${coalition}: labels differ in floats ${off[0]}, wide ${off[1]}, narrow ${off[2]}`;
      context.diagnostic(found);
      assert.ok(off[0] <= LABELS_FLOAT && off[1] <= LABELS_WIDE && off[2] <= LABELS_NARROW[coalition], found);
    }
    await session.release();
  }
});

test('every fold of the U-Net finds the tumour of the built-in case', () => {
  execFileSync(program, ['phantom', '--out', file('built-in')]);
  execFileSync(program, ['prepare', '--spacing', '2', '--multiple', '8', '--out', scratch, file('built-in')]);
  const input = file('built-in.input.npy');
  const { extents } = readNpy(input);
  for (const fold of [0, 1, 2, 3, 4]) {
    onEngine(path.join(root, `models/unet/fold${fold}.onnx`), extents, [input]);
    const score = ['score', '--case', file('built-in'), '--logits', file('output0.npy')];
    const { dice } = JSON.parse(execFileSync(program, score, { encoding: 'utf8' }));
    assert.ok(dice.WT >= 0.8, `fold ${fold + 1}: WT ${dice.WT}`);
  }
});
