// The recipes of models/export on folders in the layout of nnU-Net and of a MONAI bundle: the .onnx files compute what the networks
// compute, and model.json says what the program itself reads from the files beside them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { root, scratchFolder } from '../web/support.mjs';

const program = process.env.SHAPSLICE_PROGRAM ?? path.join(root, 'build/native/shapslice');
const folder = scratchFolder();
const environment = { ...process.env, PYTHONPATH: import.meta.dirname };

/** @param {string} script @param {string[]} words */
function python(script, ...words) {
  execFileSync('/usr/bin/python3', [path.join(root, script), ...words], { env: environment, stdio: 'pipe' });
}

/** What the program makes of files. @param {string[]} files */
function read(...files) {
  const { manifest, remarks } = JSON.parse(execFileSync(program, ['model', ...files], { encoding: 'utf8' }));
  assert.deepEqual(remarks, []);
  return manifest;
}

/** @param {string} file of 32-bit floats */
function floats(file) {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

/** The network of `file` gives what PyTorch gave. @param {string} file @param {string} expected path without its ending */
async function computes(file, expected) {
  const { extents, channels } = JSON.parse(readFileSync(`${expected}.json`, 'utf8'));
  const session = await ort.InferenceSession.create(file);
  const image = new ort.Tensor('float32', floats(`${expected}.input.f32`), [1, 4, ...extents]);
  const { logits } = await session.run({ image });
  await session.release();
  assert.deepEqual(logits.dims, [1, channels, ...extents]);
  const found = /** @type {Float32Array} */ (logits.data);
  const wanted = floats(`${expected}.logits.f32`);
  const far = found.reduce((most, value, n) => Math.max(most, Math.abs(value - wanted[n])), 0);
  assert.ok(far < 1e-4, `${file}: ${far}`);
}

/** The fields of the second that the first says otherwise. @param {any} recipe @param {any} program */
function sameReading(recipe, program) {
  const { id: _, description: __, ...rest } = program;
  for (const [field, value] of Object.entries(rest)) assert.deepEqual(recipe[field], value, field);
}

for (const kind of ['regions', 'labels']) {
  test(`a trained nnU-Net folder of five folds, ${kind}`, async () => {
    const trained = path.join(folder, kind, 'nnUNetTrainer__nnUNetPlans__3d_fullres');
    const out = path.join(folder, kind, 'out');
    mkdirSync(trained, { recursive: true });
    python('tests/export/layouts.py', 'nnunet', trained, kind);
    python('models/export/nnunet.py', trained, out);
    const names = [0, 1, 2, 3, 4].map((fold) => `fold_${fold}.onnx`);
    assert.deepEqual(readdirSync(out).sort(), [...names, 'model.json']);
    for (const name of names) {
      const expected = path.join(trained, 'expected', path.basename(name, '.onnx'));
      await computes(path.join(out, name), expected);
    }
    const files = names.map((name) => path.join(out, name));
    const recipe = read(...files, path.join(out, 'model.json'));
    sameReading(recipe, read(...files, path.join(trained, 'plans.json'), path.join(trained, 'dataset.json')));
    assert.equal(recipe.axes, 'yzx');
    assert.deepEqual(recipe.patch, [52, 64, 48]); // up to a multiple of 4
    assert.deepEqual(recipe.contrasts, ['t2f', 't1n', 't1c', 't2w']);
    const channels = kind === 'regions' ? ['WT', 'ET', 'TC'] : ['background', 'ED', 'NCR', 'ET'];
    assert.deepEqual(recipe.outputs.channels, channels);
  });
}

test('a MONAI bundle', async () => {
  const bundle = path.join(folder, 'bundle');
  const out = path.join(folder, 'bundle-out');
  python('tests/export/layouts.py', 'bundle', bundle);
  python('models/export/monai_bundle.py', bundle, out);
  assert.deepEqual(readdirSync(out).sort(), ['model.json', 'model.onnx']);
  const file = path.join(out, 'model.onnx');
  await computes(file, path.join(bundle, 'expected/model'));
  const configs = ['metadata.json', 'inference.json'].map((name) => path.join(bundle, 'configs', name));
  sameReading(read(file, path.join(out, 'model.json')), read(file, ...configs));
});

test('what the recipes cannot export is said', () => {
  const empty = path.join(folder, 'empty');
  mkdirSync(empty, { recursive: true });
  const wrong = path.join(folder, 'regions/nnUNetTrainer__nnUNetPlans__3d_fullres');
  assert.ok(existsSync(wrong));
  assert.throws(
    () => python('models/export/nnunet.py', wrong, empty, '--checkpoint', 'checkpoint_best.pth'),
    /there is no fold_\*\/checkpoint_best\.pth/,
  );
  assert.throws(() => python('models/export/monai_bundle.py', empty, empty), /metadata\.json/);
});
