// The recipe of models/train on real cases, long enough to learn something: each fold is judged on cases that it did not see.
//   SHAPSLICE_SOAK_STEPS=250    of training, each of two folds
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root, scratchFolder } from '../web/support.mjs';

const CASES = 8;
const LEAST_DICE = 0.6; // of the whole tumour, in the median of the cases held out: 0.89 was seen
const real = path.resolve(root, '../shared/data/train');
const skip = existsSync(real) ? false : '../shared/data/train is not there';
const program = path.join(root, 'build/native/shapslice');
const folder = scratchFolder();
const at = (/** @type {string} */ name) => path.join(folder, name);

/** @param {string} script @param {string[]} words */
function step(script, ...words) {
  const file = path.join(root, 'models/train', script);
  execFileSync('/usr/bin/python3', [file, '--config', at('config.json'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test('prepared, trained in two folds, judged on cases held out, exported', { skip }, () => {
  const config = JSON.parse(readFileSync(path.join(root, 'tests/soak/recipe.json'), 'utf8'));
  config.training.steps = Number(process.env.SHAPSLICE_SOAK_STEPS ?? config.training.steps);
  writeFileSync(at('config.json'), JSON.stringify(config));
  mkdirSync(at('cases'));
  for (const name of readdirSync(real)
    .sort()
    .filter((each) => each.startsWith('BraTS'))
    .slice(0, CASES))
    symlinkSync(path.join(real, name), at(`cases/${name}`));
  step('prepare.py', '--program', program, '--cases', at('cases'), '--phantoms', '2', '--out', at('prepared'));
  for (const fold of ['0', '1']) step('train.py', '--cases', at('prepared/real'), '--out', at('runs'), '--fold', fold);
  const told = ['--runs', at('runs'), '--out', at('model')];
  step('evaluate.py', '--program', program, '--cases', at('prepared/real'), '--case-folders', at('cases'), ...told);
  const { cases } = JSON.parse(readFileSync(at('model/evaluation.json'), 'utf8'));
  const dice = cases
    .map((/** @type {any} */ each) => each.int8.WT)
    .toSorted((/** @type {number} */ a, /** @type {number} */ b) => a - b);
  console.log(`whole tumour, cases held out: ${dice.map((/** @type {number} */ each) => each.toFixed(2)).join(' ')}`);
  assert.equal(dice.length, CASES);
  assert.ok(dice[CASES / 2] >= LEAST_DICE);
  step('export.py', '--case-folders', at('cases'), ...told);
  assert.equal(JSON.parse(readFileSync(at('model/model.json'), 'utf8')).folds.length, 2);
});
