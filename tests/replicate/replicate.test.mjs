// scripts/replicate.mjs on phantoms under the untrained model: that it runs the engine headless, keeps what it has run, and
// reports what the results say, by a second computation.
//   node --test tests/replicate/*.test.mjs     needs build/wasm/engine.mjs and build/native/shapslice
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { shapleyByOrders } from '../web/reference.mjs';

/** @typedef {import('../../scripts/replicate/types.d.ts').CohortReport} CohortReport */
/** @typedef {import('../../scripts/replicate/types.d.ts').StudyResult} StudyResult */

const root = path.resolve(import.meta.dirname, '../..');
const program = process.env.SHAPSLICE_PROGRAM ?? path.join(root, 'build/native/shapslice');
const engine = process.env.SHAPSLICE_ENGINE ?? path.join(root, 'build/wasm/engine.mjs');
const scratch = mkdtempSync(path.join(os.tmpdir(), 'shapslice-replicate-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
const [cases, model, out, docs] = ['cases', 'model', 'out', 'docs'].map((name) => path.join(scratch, name));
const names = ['first', 'second', 'third', 'fourth'];
const protocol = [1, 3, 2, 3];

/** @param {string} name @param {number} seed */
function makePhantom(name, seed) {
  const folder = path.join(cases, name);
  execFileSync(program, ['phantom', '--seed', String(seed), '--shape', '40,44,36', '--out', folder]);
}

/** The script, and what it printed. @param {string[]} more options */
function replicate(...more) {
  const places = ['--cases', cases, '--models', model, '--out', out, '--docs', docs];
  const programs = ['--engine', engine, '--program', program, '--threads', '1'];
  const script = path.join(root, 'scripts/replicate.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...places, ...programs, ...more], {
    encoding: 'utf8',
  });
  return { status, printed: stdout + stderr };
}

/** @param {string} name @returns {StudyResult} */
const result = (name) => JSON.parse(readFileSync(path.join(out, 'tiny-unet', `${name}.json`), 'utf8'));
/** @returns {CohortReport} */
const report = () => JSON.parse(readFileSync(path.join(out, 'cohort.json'), 'utf8'));
const page = () => readFileSync(path.join(docs, 'replication.md'), 'utf8');

/** Rank 1 is the largest; values within 1e-9 share the mean rank. @param {number[]} values */
function ranksOf(values) {
  return values.map((value) => {
    const larger = values.filter((other) => other > value + 1e-9).length;
    const equal = values.filter((other) => Math.abs(other - value) <= 1e-9).length;
    return larger + (equal + 1) / 2;
  });
}

/** @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean Dice, v and NSF of a case, from its values alone. @param {StudyResult} saved @param {number} heldOut */
function judged(saved, heldOut) {
  const games = saved.models[0].folds.map(({ regions }) => /** @type {number[]} */ (regions.mean.values));
  const ranks = games.map((values) => ranksOf(shapleyByOrders(values)));
  const variances = protocol.map((_, contrast) => {
    const own = ranks.map((each) => each[contrast]);
    return own.reduce((sum, rank) => sum + (rank - mean(own)) ** 2, 0) / (own.length - 1);
  });
  const footrule = ranks[heldOut].reduce((sum, rank, contrast) => sum + Math.abs(rank - protocol[contrast]), 0);
  return { dice: games[heldOut][15], v: mean(variances), nsf: 1 - footrule / 8 };
}

/** @param {number[]} x @param {number[]} y */
function pearson(x, y) {
  const sum = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
    a.reduce((total, value, n) => total + (value - mean(a)) * (b[n] - mean(b)), 0);
  return sum(x, y) / Math.sqrt(sum(x, x) * sum(y, y));
}

test('runs every fold on every case and writes a report', () => {
  names.forEach((name, n) => makePhantom(name, n + 1));
  cpSync(path.join(root, 'tests/data/tiny-unet'), model, { recursive: true });
  const manifest = JSON.parse(readFileSync(path.join(model, 'model.json'), 'utf8'));
  manifest.spacing = [12, 12, 12]; // so coarse that a brain is one tile
  manifest.folds[0].heldOut = ['first', 'third', 'fifth'];
  manifest.folds[1].heldOut = ['second', 'fourth'];
  writeFileSync(path.join(model, 'model.json'), JSON.stringify(manifest));
  const { status, printed } = replicate();
  console.log(printed);
  assert.equal(status, 0);
  assert.match(printed, /4 of 4 studies to run/);
  assert.deepEqual(readdirSync(path.join(out, 'tiny-unet')).sort(), names.map((name) => `${name}.json`).sort());
  for (const name of names) {
    const [saved] = result(name).models;
    assert.equal(saved.completeFolds, 2);
    for (const { provider, runSeconds } of saved.folds) {
      assert.equal(provider, 'cpu');
      assert.equal(runSeconds.filter((seconds) => seconds !== null).length, 15);
    }
  }
  for (const plot of ['uncertainty', 'ranks', 'risk']) {
    assert.match(readFileSync(path.join(docs, 'images', `replication-${plot}.svg`), 'utf8'), /^<svg [\s\S]*<\/svg>\n$/);
    assert.ok(page().includes(`](images/replication-${plot}.svg)`));
  }
});

test('the report says what the results say', () => {
  const found = report().models[0];
  const expected = names.map((name, n) => judged(result(name), n % 2));
  for (const [n, name] of names.entries()) {
    const own = found.cases.find((each) => each.name === name);
    assert.equal(own?.heldOutFold, n % 2);
    assert.ok(Math.abs((own?.dice.mean ?? NaN) - expected[n].dice) < 1e-12);
    assert.ok(Math.abs((own?.rankVariance ?? NaN) - expected[n].v) < 1e-8);
    assert.ok(Math.abs((own?.nsf ?? NaN) - expected[n].nsf) < 1e-12);
    const numbers = [expected[n].dice, expected[n].v, expected[n].nsf].map((value) => value.toFixed(3));
    assert.ok(page().includes(`| ${name} | ${(n % 2) + 1} | ${numbers.join(' | ')} |`), `the row of ${name}`);
  }
  assert.equal(found.heldOutCases, 5);
  assert.ok(page().includes('n = 4 of 5 cases'));
  const variances = expected.map(({ v }) => v);
  const r = pearson(
    variances,
    expected.map(({ dice }) => dice),
  );
  if (new Set(variances.map((v) => v.toFixed(8))).size === 1) assert.equal(found.uncertainty.pearson, null);
  else assert.ok(Math.abs((found.uncertainty.pearson?.coefficient ?? NaN) - r) < 1e-6);
  assert.ok(page().includes(found.sentence));
});

test('each region is held against its own order, and games that say nothing are counted', () => {
  const found = report().models[0];
  /** @type {Record<string, number[]>} */
  const orders = { ET: [1, 3, 3, 3], NCR: [1, 3, 3, 3], ED: [3.5, 3.5, 1, 2], TC: [1, 3, 3, 3], WT: [3.5, 3.5, 1, 2] };
  const undefinedGames = { ET: 0, NCR: 0, ED: 0, TC: 0, WT: 0, mean: 0 };
  for (const [n, name] of names.entries()) {
    const { folds } = result(name).models[0];
    const own = found.cases.find((each) => each.name === name);
    for (const row of /** @type {(keyof typeof undefinedGames)[]} */ (Object.keys(undefinedGames))) {
      const games = folds.map(({ regions }) => /** @type {number[]} */ (regions[row].values));
      const says = games.map((values) => Math.max(...values) - Math.min(...values) > 1e-9);
      const present = row === 'mean' || own?.regionPresent[row];
      if (present) undefinedGames[row] += says.filter((each) => !each).length;
      if (row === 'mean') continue;
      const ranks = ranksOf(shapleyByOrders(games[n % 2]));
      const off = ranks.reduce((sum, rank, contrast) => sum + Math.abs(rank - orders[row][contrast]), 0);
      const expected = present && says[n % 2] ? 1 - off / 8 : null;
      if (expected === null) assert.equal(own?.regionNsf[row], null, `${name}, ${row}`);
      else assert.ok(Math.abs((own?.regionNsf[row] ?? NaN) - expected) < 1e-12, `${name}, ${row}`);
    }
  }
  assert.deepEqual(found.undefinedGames, undefinedGames);
  const counts = ['ET', 'NCR', 'ED', 'TC', 'WT', 'mean'].map((row) => found.undefinedGames[row]);
  const last = `${found.decided.cases} of ${found.cases.length}`;
  assert.ok(page().includes(`| ${[found.name, ...counts, found.tiedCases, last].join(' | ')} |`));
});

test('a second run computes nothing, and another case of the same name is run again', () => {
  const times = () => names.map((name) => statSync(path.join(out, 'tiny-unet', `${name}.json`)).mtimeMs);
  const note = '\n<!-- written by hand -->\n\n## What changed\n';
  writeFileSync(path.join(docs, 'replication.md'), page() + note);
  const [before, text] = [times(), page()];
  const again = replicate();
  assert.equal(again.status, 0);
  assert.match(again.printed, /0 of 4 studies to run/);
  assert.deepEqual(times(), before);
  assert.equal(page(), text);
  makePhantom('second', 9);
  assert.match(replicate().printed, /1 of 4 studies to run/);
  assert.deepEqual(
    times().map((time, n) => time > before[n]),
    [false, true, false, false],
  );
});

test('a model read otherwise is run again', () => {
  const file = path.join(model, 'model.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('"name":"Tiny U-Net"', '"name":"Renamed"'));
  assert.match(replicate().printed, /0 of 4 studies to run/);
  writeFileSync(file, text.replace('[12,12,12]', '[14,14,14]'));
  assert.match(replicate().printed, /4 of 4 studies to run/);
});

test('a report alone names what is missing, and a case that fails does not stop the others', () => {
  rmSync(path.join(out, 'tiny-unet', 'first.json'));
  assert.equal(replicate('--report-only').status, 0);
  assert.ok(page().includes('n = 3 of 5 cases'));
  rmSync(path.join(cases, 'first', 'first-t1c.nii.gz'));
  const { status, printed } = replicate();
  assert.equal(status, 1);
  assert.match(printed, /tiny-unet, first: .*t1c/i);
  assert.match(printed, /1 of the studies failed; the report is of the others/);
  assert.equal(report().models[0].cases.length, 3);
});
