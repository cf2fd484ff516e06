// What the program's own engine changes of a study: whole studies on ONNX Runtime (float32), on the engine in floats and on the
// engine in wide whole numbers, each case under the fold that did not see it. Labels coalition by coalition, Dice, Shapley
// values, and the order of the contrasts.
//   node bench/agreement.mjs [--cases FOLDER] [--part 0/2] [--out FILE] [--models FOLDER]... [--without-float] [--perturbed] [--most N]
// After `npm run build`. --part I/N takes every N-th case, so that N processes share the work; --sum FILE... adds up what they
// wrote. Goes on where an --out of the same files ends. --perturbed: each case as other scanners might have made it, too
// (bench/perturbed.mjs); --most: so many cases.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { HeadlessEngine } from '../scripts/replicate/headless.mjs';
import { PERTURBATIONS, perturbCase } from './perturbed.mjs';

/** @typedef {import('../scripts/replicate/types.d.ts').ReplicatedModel} ReplicatedModel */
/** @typedef {import('../scripts/replicate/types.d.ts').StudyResult} StudyResult */
/**
 * Of one case under one model and one kind of numbers.
 * @typedef {{ model: string, case: string, sha256: string, numbers: string, labels: number[], dice: number[], phi: number[],
 *   pairs: number, reversed: string[], perturbed: string, again: number }} Row `again`: runs made again in floats
 */

const root = path.resolve(import.meta.dirname, '..');
const CONTRASTS = ['t1c', 't1n', 't2f', 't2w'];
const AS_PUBLISHED = 'as published';
const NOTABLE = 0.02; // of two Shapley values in floats: a smaller difference may order either way

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string', default: path.resolve(root, '../shared/data/train') },
    part: { type: 'string', default: '0/1' },
    out: { type: 'string', default: path.join(root, 'build/agreement.json') },
    models: { type: 'string', multiple: true, default: ['models/unet', 'models/segresnet'] },
    'without-float': { type: 'boolean', default: false },
    perturbed: { type: 'boolean', default: false },
    most: { type: 'string', default: '1000' },
    sum: { type: 'boolean', default: false },
  },
});

/** Voxels of the brain, those that some contrast shows. @param {HeadlessEngine} engine */
function brainOf(engine) {
  const volumes = CONTRASTS.map((_, n) => engine.core.display(n));
  return volumes[0].map((_, voxel) => (volumes.some((volume) => volume[voxel]) ? 1 : 0));
}

/** @param {Uint32Array} runs @param {number} voxels */
function decode(runs, voxels) {
  const labels = new Uint8Array(voxels);
  let at = 0;
  for (const run of runs) {
    labels.fill(run & 3, at, at + (run >>> 2));
    at += run >>> 2;
  }
  return labels;
}

/**
 * @param {HeadlessEngine} engine @param {string} folder @param {string} id @param {number} fold
 * @param {import('../scripts/replicate/headless.mjs').Numbers} numbers
 */
async function studyOf(engine, folder, id, fold, numbers) {
  await engine.openCase(folder); // anew: what is known of the one before would not be run
  /** @type {Map<number, Uint32Array>} */
  const segmentations = new Map();
  engine.onSegmentation = (_, coalition, runs) => segmentations.set(coalition, runs);
  const result = await engine.study(id, [fold], numbers);
  return { result, segmentations, brain: brainOf(engine) };
}

/** @param {any} regions of a fold's result @param {any} present by region */
function facts(regions, present) {
  const names = Object.keys(regions).filter((name) => present[name]);
  return names.map((name) => ({
    name,
    values: /** @type {number[]} */ (regions[name].values),
    shapley: /** @type {number[]} */ (regions[name].analysis.shapley), // in the order of CONTRASTS
  }));
}

/** @param {Awaited<ReturnType<typeof studyOf>>} exact @param {Awaited<ReturnType<typeof studyOf>>} other */
function compare(exact, other) {
  const { brain } = exact;
  const size = brain.reduce((sum, each) => sum + each, 0);
  /** @type {number[]} */
  const labels = [];
  for (const [coalition, runs] of exact.segmentations) {
    const a = decode(runs, brain.length);
    const b = decode(/** @type {Uint32Array} */ (other.segmentations.get(coalition)), brain.length);
    let off = 0;
    for (let voxel = 0; voxel < a.length; ++voxel) if (brain[voxel] && a[voxel] !== b[voxel]) ++off;
    labels.push(off / size);
  }
  const [ours, theirs] = [exact, other].map(({ result }) => {
    const { regionPresent, models } = /** @type {any} */ (result);
    return facts(models[0].folds[0].regions, regionPresent);
  });
  const dice = ours.flatMap(({ values }, n) => values.map((value, mask) => Math.abs(value - theirs[n].values[mask])));
  const phi = ours.flatMap(({ shapley }, n) =>
    shapley.map((value, contrast) => Math.abs(value - theirs[n].shapley[contrast])),
  );
  let pairs = 0;
  /** @type {string[]} */
  const reversed = [];
  for (const [n, { name, shapley }] of ours.entries()) {
    for (const a of CONTRASTS.keys()) {
      for (const b of CONTRASTS.keys()) {
        if (!(shapley[a] - shapley[b] > NOTABLE)) continue;
        ++pairs;
        if (!(theirs[n].shapley[a] > theirs[n].shapley[b]))
          reversed.push(`${name}: ${CONTRASTS[a]} above ${CONTRASTS[b]}`);
      }
    }
  }
  return { labels, dice, phi, pairs, reversed, again: other.result.models[0].folds[0].runsMadeAgain };
}

/** @param {Row[]} rows */
function summarise(rows) {
  const mean = (/** @type {number[]} */ all) => all.reduce((sum, each) => sum + each, 0) / all.length;
  const most = (/** @type {number[]} */ all) => all.reduce((largest, each) => Math.max(largest, each), 0);
  const shown = (/** @type {number[]} */ all) => `${mean(all).toExponential(1)} (most ${most(all).toExponential(1)})`;
  for (const model of new Set(rows.map((row) => row.model))) {
    const kinds = new Set(rows.map((row) => `${row.numbers}, ${row.perturbed ?? AS_PUBLISHED}`));
    for (const kind of kinds) {
      const of = rows.filter(
        (row) => row.model === model && `${row.numbers}, ${row.perturbed ?? AS_PUBLISHED}` === kind,
      );
      if (of.length === 0) continue;
      const { numbers } = of[0];
      console.log(
        `${model}, ${kind}: ${of.length} cases, ${of.reduce((sum, { again }) => sum + (again ?? 0), 0)} runs made again, ${of.reduce((sum, { labels }) => sum + labels.length, 0)} segmentations\n` +
          `  share of the brain's labels that differ ${shown(of.flatMap(({ labels }) => labels))}, ` +
          `${of.flatMap(({ labels }) => labels).filter((share) => share > (numbers === 'float' ? 1e-4 : 3e-3)).length} above the limit\n` +
          `  Dice of regions present ${shown(of.flatMap(({ dice }) => dice))}\n` +
          `  Shapley values ${shown(of.flatMap(({ phi }) => phi))}\n` +
          `  order reversed in ${of.flatMap(({ reversed }) => reversed).length} of ${of.reduce((sum, { pairs }) => sum + pairs, 0)} ` +
          `pairs that differ by more than ${NOTABLE}`,
      );
    }
  }
}

/**
 * Adds what is missing of a case's rows.
 * @param {HeadlessEngine} engine @param {ReplicatedModel} model @param {string} name @param {string} perturbed @param {Row[]} rows
 */
async function compareCase(engine, model, name, perturbed, rows) {
  const fold = model.folds.findIndex(({ heldOut }) => heldOut?.includes(name));
  const { sha256 } = model.folds[fold];
  const isOf = (/** @type {Row} */ row) =>
    row.case === name && row.sha256 === sha256 && (row.perturbed ?? AS_PUBLISHED) === perturbed;
  /** @type {import('../scripts/replicate/headless.mjs').Numbers[]} */
  const wanted = options['without-float'] ? ['wide'] : ['wide', 'float'];
  const missing = wanted.filter((numbers) => !rows.some((row) => isOf(row) && row.numbers === numbers));
  if (missing.length === 0) return;
  const started = performance.now();
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'agreement-'));
  try {
    const folder = perturbed === AS_PUBLISHED ? path.join(options.cases, name) : path.join(scratch, name);
    if (perturbed !== AS_PUBLISHED) perturbCase(path.join(options.cases, name), folder, PERTURBATIONS[perturbed]);
    const exact = await studyOf(engine, folder, model.id, fold, 'onnxruntime');
    for (const numbers of missing) {
      const other = await studyOf(engine, folder, model.id, fold, numbers);
      rows.push({ model: model.id, case: name, sha256, numbers, perturbed, ...compare(exact, other) });
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
  writeFileSync(options.out, JSON.stringify(rows));
  const most = rows.filter(isOf).map(({ numbers, labels }) => `${Math.max(...labels).toExponential(1)} ${numbers}`);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${model.id}, ${name}, ${perturbed}: ${seconds} s; labels at most ${most.join(', ')}`);
}

async function run() {
  const [part, parts] = options.part.split('/').map(Number);
  /** @type {Row[]} */
  const rows = existsSync(options.out) ? JSON.parse(readFileSync(options.out, 'utf8')) : [];
  const engine = await HeadlessEngine.load(path.join(root, 'dist/wasm/engine.mjs'), 1);
  const names = readdirSync(options.cases).sort();
  for (const folder of options.models) {
    const text = readFileSync(path.join(root, folder, 'model.json'), 'utf8');
    /** @type {ReplicatedModel} */
    const model = { ...JSON.parse(text), folder: path.join(root, folder), text };
    engine.addModel(model);
    for (const name of names.filter((_, n) => n % parts === part).slice(0, Number(options.most))) {
      for (const perturbed of options.perturbed ? Object.keys(PERTURBATIONS) : [AS_PUBLISHED])
        await compareCase(engine, model, name, perturbed, rows);
    }
  }
  return rows;
}

const inputs = options.sum ? positionals : [];
summarise(options.sum ? inputs.flatMap((file) => JSON.parse(readFileSync(file, 'utf8'))) : await run());
