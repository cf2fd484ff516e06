// What the replication's script is called with: nothing is misread in silence.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { chooseFolds, readOptions } from '../../scripts/replicate/options.mjs';

const model = /** @type {any} */ ({ name: 'U', folds: [{}, {}, {}] });

test('right words are read', () => {
  const options = readOptions(['--threads', '3', '--models', 'a', '--models', 'b', '--report-only']);
  assert.deepEqual([options.threads, options.models, options['report-only']], [3, ['a', 'b'], true]);
  assert.ok(readOptions([]).threads >= 1);
  assert.deepEqual(chooseFolds(model, undefined), [0, 1, 2]);
  assert.deepEqual(chooseFolds(model, '2,0'), [2, 0]);
});

for (const threads of ['', ' ', '0', '-1', '1.5', '1e1', 'two', 'NaN', 'Infinity', '0x2', '1025', '99999999999', '1 '])
  test(`--threads "${threads}"`, () =>
    assert.throws(() => readOptions([`--threads=${threads}`]), /^Error: --threads.*\.$/));

for (const folds of ['', ',', '0,', ',0', '3', '-1', '0.5', 'one', '0,0', '0,1e0', 'NaN', 'constructor'])
  test(`--folds "${folds}"`, () =>
    assert.throws(() => chooseFolds(model, folds), /^Error: --folds .*: U has folds 0 to 2;/));

test('an option that is empty, given twice, not known, or without a value', () => {
  for (const words of [
    ['--out', ''],
    ['--out', 'a', '--out', 'b'],
    ['--colour', 'red'],
    ['--out'],
    ['more'],
    ['--report-only=1'],
  ])
    assert.throws(() => readOptions(words));
});

test('folders that are not there are named', () => {
  const script = path.resolve(import.meta.dirname, '../../scripts/replicate.mjs');
  for (const [words, sentence] of /** @type {[string[], RegExp][]} */ ([
    [['--cases', '/nowhere'], /^--cases \/nowhere: .*; expected a folder of case folders\.\n$/],
    [['--models', '/nowhere'], /^\/nowhere\/model\.json: .*; expected the folder of a model\.\n$/],
    [['--threads', 'two'], /^--threads two: expected a whole number, 1 to 1024\.\n$/],
  ])) {
    const { status, stderr } = spawnSync(process.execPath, [script, ...words], { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, sentence);
  }
});
