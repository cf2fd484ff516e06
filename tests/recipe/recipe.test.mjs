// The whole recipe of models/train on two tiny cases, each step by its one command, until the page runs the model it made.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { addModel, openSite, root, runStudy, scratchFolder } from '../web/support.mjs';

const program = path.join(root, 'build/native/shapslice');
const config = path.join(root, 'tests/recipe/tiny.json');
const folder = scratchFolder();
const at = (/** @type {string} */ name) => path.join(folder, name);

/** @param {string} script @param {string[]} words */
function step(script, ...words) {
  return execFileSync('/usr/bin/python3', [path.join(root, 'models/train', script), '--config', config, ...words], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
/** @param {number} fold @param {string[]} words */
function train(fold, ...words) {
  const where = ['--cases', at('prepared/real'), '--out', at('runs'), '--fold', `${fold}`];
  return step('train.py', ...where, ...words);
}
/** @param {number} fold @returns {{ step: number }[]} */
function log(fold) {
  return readFileSync(at(`runs/recipe-test/fold${fold}.log`), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
const weights = () =>
  JSON.parse(
    execFileSync(
      '/usr/bin/python3',
      [
        '-c',
        'import sys,torch,json; s=torch.load(sys.argv[1]); print(json.dumps([s["step"], sum(float(v.double().abs().sum()) for v in s["network"].values())]))',
        at('runs/recipe-test/fold0.pt'),
      ],
      { encoding: 'utf8' },
    ),
  );

before(() => {
  for (const [seed, name] of ['one', 'two'].entries()) {
    mkdirSync(at(`cases/${name}`), { recursive: true });
    const where = ['--out', at(`cases/${name}`), '--shape', '60,72,60'];
    execFileSync(program, ['phantom', '--seed', `${seed + 2}`, ...where]);
  }
});

test('prepare reads any folder of cases in BraTS layout', () => {
  step('prepare.py', '--program', program, '--cases', at('cases'), '--phantoms', '0', '--out', at('prepared'));
  const files = readdirSync(at('prepared/real')).sort();
  assert.deepEqual(
    files.filter((name) => name.endsWith('.input.npy')),
    ['one.input.npy', 'two.input.npy'],
  );
});

test('training passes over what is finished, and goes on from it where told to', () => {
  for (const fold of [0, 1]) train(fold);
  const [steps, sum] = weights();
  assert.equal(steps, 8);
  train(0); // finished: nothing to do
  assert.deepEqual(weights(), [steps, sum]);
  train(0, '--more', '8');
  const [more, changed] = weights();
  assert.equal(more, 16);
  assert.notEqual(changed, sum);
  assert.ok(log(0).at(-1)?.step === 16);
});

test('evaluate judges each case by the fold that did not see it; export writes int8 and a manifest', () => {
  const told = ['--runs', at('runs'), '--out', at('model')];
  step('evaluate.py', '--program', program, '--cases', at('prepared/real'), '--case-folders', at('cases'), ...told);
  const { cases } = JSON.parse(readFileSync(at('model/evaluation.json'), 'utf8'));
  assert.deepEqual(cases.map((/** @type {any} */ each) => each.case).sort(), ['one', 'two']);
  step('export.py', '--case-folders', at('cases'), ...told);
  const ranges = ['--program', program, '--cases', at('prepared/real'), '--out', at('model')];
  execFileSync('/usr/bin/python3', [path.join(root, 'models/train/activations.py'), ...ranges]);
  const manifest = JSON.parse(readFileSync(at('model/model.json'), 'utf8'));
  assert.equal(manifest.folds.length, 2);
  for (const [n, fold] of manifest.folds.entries()) {
    const row = cases.find((/** @type {any} */ each) => each.fold === n);
    assert.deepEqual(fold.heldOut, [row.case]);
    const [t1c] = readdirSync(at(`cases/${row.case}`)).filter((name) => name.endsWith('t1c.nii.gz'));
    const digest = createHash('sha256').update(readFileSync(at(`cases/${row.case}/${t1c}`)));
    assert.deepEqual(fold.heldOutSha256, [digest.digest('hex')]);
    assert.ok(Math.abs(fold.dice.WT - row.int8.WT) < 1e-4);
    assert.ok(readFileSync(at(`model/${fold.file}`)).includes('DequantizeLinear'));
    assert.ok(Object.keys(fold.activations).length > 0);
  }
  assert.equal(manifest.folds[0].steps, 16);
  const whole = cases.map((/** @type {any} */ each) => each.int8.WT).sort();
  const { cases: count, tenth, median } = manifest.heldOutRange.WT;
  assert.equal(count, 2);
  assert.ok(Math.abs(median - (whole[0] + whole[1]) / 2) < 1e-4);
  assert.ok(Math.abs(tenth - (0.9 * whole[0] + 0.1 * whole[1])) < 1e-4);
});

test('the page runs the model that the recipe made', async () => {
  const site = await openSite({ models: ['tiny-unet'], spacing: 12 });
  try {
    const files = readdirSync(at('model')).filter((name) => /\.onnx$|^model\.json$/.test(name));
    const { manifest, error } = await addModel(
      site.page,
      files.map((name) => at(`model/${name}`)),
    );
    assert.equal(error, undefined);
    assert.equal(manifest.id, 'recipe-test');
    const result = await runStudy(site.page, { models: [{ id: 'recipe-test' }] });
    assert.equal(result.models[0].completeFolds, 2);
    const fast = await runStudy(site.page, { models: [{ id: 'recipe-test' }], settings: { precision: 'fast' } });
    assert.deepEqual(
      fast.models[0].folds.map((/** @type {any} */ fold) => fold.provider),
      ['engine', 'engine'],
    );
  } finally {
    await site.close();
  }
});
