// Whole studies in Chromium, fast (the program's own engine) against exact (ONNX Runtime Web on WASM), each in a page of its own
// on all cores: wall time, peak memory of page and workers, and what the values differ by. `taskset -c 0 node ...` measures one
// thread against one: the browser then knows of one core.
//   node bench/fast_study.mjs [--case=FOLDER] [--provider=wasm] [MODEL_ID...]     needs dist/; nothing else should be running
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openFiles, openSite, realCase, runStudy } from '../tests/web/support.mjs';

/** @param {string} name @param {string} otherwise */
const option = (name, otherwise) =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
const folder = option('case', '');
const files = folder
  ? readdirSync(folder).map((file) => path.join(folder, file))
  : (realCase('BraTS-SSA-00002-000') ?? []);
if (!files.length) throw new Error('no case: give a folder');
const given = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const models = given.length ? given : ['unet-2mm', 'segresnet-2mm'];

/** Largest resident memory that a renderer ever had, MB. */
function peakMemory() {
  const pids = execFileSync('pgrep', ['-f', 'type=renderer'], { encoding: 'utf8' }).trim().split('\n');
  return Math.max(
    ...pids.map((pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024),
  );
}

/** @param {string} id @param {'fast' | 'exact'} precision */
async function study(id, precision) {
  const site = await openSite({ query: `?provider=${option('provider', 'wasm')}&leave-no-trace` });
  try {
    const { error } = await openFiles(site.page, files);
    if (error) throw new Error(error);
    await site.page.evaluate(() => /** @type {any} */ (window).shapslice.view()); // all is at rest
    const started = performance.now();
    const result = await runStudy(site.page, { models: [{ id }], settings: { precision } });
    return { result, seconds: (performance.now() - started) / 1000, memory: peakMemory() };
  } finally {
    await site.close();
  }
}

/** @param {any} a @param {any} b results of one model */
function differences(a, b) {
  const most = { values: 0, shapley: 0 };
  for (const [n, fold] of a.models[0].folds.entries()) {
    for (const [region, { values, analysis }] of Object.entries(/** @type {Record<string, any>} */ (fold.regions))) {
      const other = b.models[0].folds[n].regions[region];
      values.forEach((/** @type {number} */ value, /** @type {number} */ mask) => {
        most.values = Math.max(most.values, Math.abs(value - other.values[mask]));
      });
      analysis.shapley.forEach((/** @type {number} */ value, /** @type {number} */ contrast) => {
        most.shapley = Math.max(most.shapley, Math.abs(value - other.analysis.shapley[contrast]));
      });
    }
  }
  return most;
}

for (const id of models) {
  const fast = await study(id, 'fast');
  const exact = await study(id, 'exact');
  const { values, shapley } = differences(fast.result, exact.result);
  const providers = [fast, exact].map(({ result }) => result.models[0].folds[0].provider);
  console.log(
    `${id}, ${os.availableParallelism()} cores: fast ${fast.seconds.toFixed(1)} s (${providers[0]}), exact ` +
      `${exact.seconds.toFixed(1)} s (${providers[1]}): ${(exact.seconds / fast.seconds).toFixed(2)} times; peak memory ` +
      `${fast.memory.toFixed(0)} against ${exact.memory.toFixed(0)} MB; a v(S) differs by at most ${values.toExponential(1)}, ` +
      `a Shapley value by ${shapley.toExponential(1)}; ${fast.result.sentence === exact.result.sentence ? 'the same sentence' : 'another sentence'}`,
  );
}
