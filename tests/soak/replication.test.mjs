// The replication's own script on real cases, all folds of the U-Net: the rows of docs/replication.md come out again.
//   SHAPSLICE_SOAK_CASES=4    how many of the cases, in their order
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root, scratchFolder } from '../web/support.mjs';

const CASES = Number(process.env.SHAPSLICE_SOAK_CASES ?? 4);
const TOLERANCE = 0.0015; // three digits are printed
const real = path.resolve(root, '../shared/data/train');
const skip = existsSync(real) ? false : '../shared/data/train is not there';

/** Fold, mean Dice, rank variance and NSF under the first model, by case. @param {string} page */
const rowsOf = (page) =>
  new Map(
    [...page.matchAll(/^\| (BraTS-SSA-\S+) \|((?: [\d.]+ \|){4})/gm)].map(([, name, numbers]) => [
      name,
      numbers.split('|').slice(0, 4).map(Number),
    ]),
  );

test(`${CASES} cases are replicated`, { skip }, () => {
  const folder = scratchFolder();
  const cases = path.join(folder, 'cases');
  mkdirSync(cases);
  for (const name of readdirSync(real)
    .sort()
    .filter((each) => each.startsWith('BraTS'))
    .slice(0, CASES))
    symlinkSync(path.join(real, name), path.join(cases, name));
  const docs = path.join(folder, 'docs');
  const words = ['--cases', cases, '--models', path.join(root, 'models/unet'), '--out', path.join(folder, 'out')];
  const places = ['--docs', docs, '--engine', path.join(root, 'build/wasm/engine.mjs')];
  const run = spawnSync(process.execPath, [path.join(root, 'scripts/replicate.mjs'), ...words, ...places], {
    encoding: 'utf8',
  });
  assert.equal(run.status, 0, run.stdout + run.stderr);
  const found = rowsOf(readFileSync(path.join(docs, 'replication.md'), 'utf8'));
  const published = rowsOf(readFileSync(path.join(root, 'docs/replication.md'), 'utf8'));
  assert.equal(found.size, CASES);
  for (const [name, numbers] of found) {
    const expected = published.get(name) ?? [];
    console.log(`${name}: ${numbers.join(' ')}, published ${expected.join(' ')}`);
    numbers.forEach((value, n) => assert.ok(Math.abs(value - expected[n]) < TOLERANCE, `${name}: ${numbers}`));
  }
});
