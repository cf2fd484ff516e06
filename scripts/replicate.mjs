// Does the paper's finding hold here? Runs the whole study (METHOD 2 to 7) headless: every case, every fold of every model,
// 15 coalitions each, with the page's own engine and onnxruntime-node; then writes docs/replication.md and its pictures.
//
//   node scripts/replicate.mjs [--cases FOLDER] [--models FOLDER]... [--folds 0,1,...] [--threads N] [--report-only]
//        [--out FOLDER] [--docs FOLDER] [--engine FILE] [--program FILE]
//
// From the repository's root, after `npm run build` (the engine) and a native build (`shapslice cohort`, the statistics).
// Stop it at any time: a case and model whose result lies in --out, of the same files read the same way, is passed over next
// time. After a change of the engine that changes numbers, start with an empty --out.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { documentOf } from './replicate/document.mjs';
import { HeadlessEngine } from './replicate/headless.mjs';
import { chooseFolds, readOptions } from './replicate/options.mjs';
import { ranksPlot, riskPlot, uncertaintyPlot } from './replicate/plots.mjs';
import { isOfCase, isOfModel, readResult, savedFiles, saveResult } from './replicate/results.mjs';

/** @typedef {import('./replicate/types.d.ts').CohortReport} CohortReport */
/** @typedef {import('./replicate/types.d.ts').ReplicatedModel} ReplicatedModel */
/** @typedef {import('./replicate/types.d.ts').StudyResult} StudyResult */
/** @typedef {{ model: ReplicatedModel, folds: number[], folder: string, file: string }} Job one case under one model */

const root = path.resolve(import.meta.dirname, '..');

/** @param {string} folder @returns {ReplicatedModel} */
function readModel(folder) {
  const file = path.join(folder, 'model.json');
  try {
    const text = readFileSync(file, 'utf8');
    return { ...JSON.parse(text), folder, text };
  } catch (error) {
    throw new Error(`${file}: ${/** @type {Error} */ (error).message}; expected the folder of a model.`);
  }
}

/** The models named, or all below models/ that were trained in folds (a test model held no case out). @param {string[]} named */
function chooseModels(named) {
  if (named.length > 0) return named.map(readModel);
  const models = path.join(root, 'models');
  return readdirSync(models)
    .sort()
    .map((name) => path.join(models, name))
    .filter((folder) => existsSync(path.join(folder, 'model.json')))
    .map(readModel)
    .filter(({ folds }) => folds.some(({ heldOut }) => heldOut?.length));
}

/** @param {string} folder */
function caseFolders(folder) {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => path.join(folder, name))
      .filter((each) => statSync(each, { throwIfNoEntry: false })?.isDirectory());
  } catch (error) {
    throw new Error(`--cases ${folder}: ${/** @type {Error} */ (error).message}; expected a folder of case folders.`);
  }
}

/** "1 h 05 min", "4 min", "30 s". @param {number} seconds */
function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** Seconds that the jobs will take: each model's own mean so far, or that of all where it has not run yet. @param {Job[]} jobs @param {Map<string, number[]>} spent */
function secondsLeft(jobs, spent) {
  const mean = (/** @type {number[]} */ all) => all.reduce((sum, each) => sum + each, 0) / all.length;
  const overall = mean([...spent.values()].flat());
  return jobs.reduce((sum, { model }) => sum + (spent.has(model.id) ? mean(spent.get(model.id) ?? []) : overall), 0);
}

/** Runs what is missing. @param {ReturnType<typeof readOptions>} options @param {ReplicatedModel[]} models @returns {Promise<number>} how many failed */
async function runMissing(options, models) {
  const folders = caseFolders(options.cases);
  // Model by model: the first is whole early, and opening a case again costs little beside its runs.
  const all = models.flatMap((model) =>
    folders.map((folder) => ({
      model,
      folds: chooseFolds(model, options.folds),
      folder,
      file: path.join(options.out, model.id, `${path.basename(folder)}.json`),
    })),
  );
  const missing = all.filter(({ model, folds, folder, file }) => {
    const saved = readResult(file);
    return !isOfModel(saved, model, folds) || !isOfCase(saved, folder);
  });
  console.log(`Cases: ${folders.length}. Models: ${models.length}. ${missing.length} of ${all.length} studies to run.`);
  if (missing.length === 0) return 0;
  const engine = await HeadlessEngine.load(path.resolve(options.engine), options.threads);
  for (const model of models) engine.addModel(model);
  /** @type {Map<string, number[]>} */
  const spent = new Map();
  let failed = 0;
  for (const [done, job] of missing.entries()) {
    const started = performance.now();
    const what = `${done + 1} of ${missing.length}: ${job.model.id}, ${path.basename(job.folder)}`;
    try {
      await engine.openCase(job.folder);
      saveResult(job.file, await engine.study(job.model.id, job.folds), job.model);
    } catch (error) {
      ++failed;
      console.error(`${what}: ${error instanceof Error ? error.message : error}`);
      continue;
    }
    const seconds = (performance.now() - started) / 1000;
    spent.set(job.model.id, [...(spent.get(job.model.id) ?? []), seconds]);
    const left = duration(secondsLeft(missing.slice(done + 1), spent));
    console.log(`${what}: ${job.folds.length} folds in ${duration(seconds)}; ${left} left`);
  }
  return failed;
}

/** Model id -> case -> the fold that did not see it. @param {ReplicatedModel[]} models */
function heldOutOf(models) {
  return Object.fromEntries(
    models.map(({ id, folds }) => [
      id,
      Object.fromEntries(folds.flatMap(({ heldOut = [] }, fold) => heldOut.map((name) => [name, fold]))),
    ]),
  );
}

/** @param {ReturnType<typeof readOptions>} options @param {ReplicatedModel[]} models @returns {CohortReport} */
function cohortOf(options, models) {
  const files = models.flatMap((model) =>
    savedFiles(options.out, model.id).filter((file) => {
      const current = isOfModel(readResult(file), model, chooseFolds(model, options.folds));
      if (!current) console.log(`${file} is of other model files, of one read otherwise, or lacks folds: left out`);
      return current;
    }),
  );
  if (files.length === 0) throw new Error(`${options.out}: there is no result yet; run without --report-only first.`);
  const heldOut = path.join(options.out, 'held-out.json');
  writeFileSync(heldOut, JSON.stringify(heldOutOf(models), null, 1));
  const { stdout, stderr, error } = spawnSync(options.program, ['cohort', '--held-out', heldOut, ...files], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (error) throw new Error(`${options.program}: ${error.message}; expected the native program.`);
  if (!stdout) throw new Error(stderr.trim());
  writeFileSync(path.join(options.out, 'cohort.json'), stdout);
  return JSON.parse(stdout);
}

/** What stands at the document's end that no run can write: what changed since earlier ones. @param {string} file */
function writtenByHand(file) {
  if (!existsSync(file)) return '';
  const text = readFileSync(file, 'utf8');
  const from = text.indexOf('\n<!-- written by hand -->');
  return from < 0 ? '' : text.slice(from);
}

/** @param {string} docs @param {CohortReport} report */
function writeDocument(docs, report) {
  mkdirSync(path.join(docs, 'images'), { recursive: true });
  const plots = { uncertainty: uncertaintyPlot(report), risk: riskPlot(report), ranks: ranksPlot(report) };
  for (const [name, svg] of Object.entries(plots)) {
    writeFileSync(path.join(docs, 'images', `replication-${name}.svg`), svg);
  }
  const file = path.join(docs, 'replication.md');
  writeFileSync(file, documentOf(report) + writtenByHand(file));
  console.log(`${path.join(docs, 'replication.md')} and its pictures are written`);
  for (const model of report.models) console.log(`${model.name}: ${model.sentence}`);
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  const models = chooseModels(options.models);
  if (models.length === 0) throw new Error('models/ holds no model that was trained in folds; name one with --models.');
  const failed = options['report-only'] ? 0 : await runMissing(options, models);
  writeDocument(options.docs, cohortOf(options, models));
  if (failed > 0) throw new Error(`${failed} of the studies failed; the report is of the others.`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
