// A whole study in Chromium on WASM: wall time against the sum of the bare session.run times of the same runs, and the
// largest memory of the process that holds the page and its workers (Linux: VmHWM of the renderer).
//   node bench/study.mjs [CASE_FOLDER] [--picture=FILE.png]     needs dist/; the picture is of the page after the run
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { openFiles, openSite, realCase, runStudy } from '../tests/web/support.mjs';

const picture = process.argv.find((word) => word.startsWith('--picture='))?.slice('--picture='.length);
const folder = process.argv.slice(2).find((word) => !word.startsWith('--'));
const files = folder ? readdirSync(folder).map((file) => path.join(folder, file)) : realCase('BraTS-SSA-00122-000');
if (!files) throw new Error('no case: give a folder');

/** Peak resident memory of every renderer, MB. */
function rendererPeaks() {
  const pids = execFileSync('pgrep', ['-f', 'type=renderer'], { encoding: 'utf8' }).trim().split('\n');
  return pids.map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  });
}

const site = await openSite();
const { error } = await openFiles(site.page, files);
if (error) throw new Error(error);
const before = Math.max(...rendererPeaks());
// The page's own responsiveness while the study runs: the gaps between animation frames.
await site.page.evaluate(() => {
  /** @type {number[]} */
  const gaps = [];
  /** @type {any} */ (window).gaps = gaps;
  let last = performance.now();
  const tick = () => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
});
const started = performance.now();
const result = await runStudy(site.page);
const wall = (performance.now() - started) / 1000;
let bare = 0;
let runs = 0;
for (const model of result.models)
  for (const fold of model.folds)
    for (const seconds of fold.runSeconds) {
      if (seconds === null) continue;
      bare += seconds;
      ++runs;
    }
const peak = Math.max(...rendererPeaks());
const gaps = (await site.page.evaluate(() => /** @type {any} */ (window).gaps)).sort(
  (/** @type {number} */ a, /** @type {number} */ b) => a - b,
);
const at = (/** @type {number} */ share) => gaps[Math.floor(share * (gaps.length - 1))].toFixed(0);
console.log(
  `${runs} runs on ${result.models[0].folds[0].provider}: wall ${wall.toFixed(1)} s, bare session.run ${bare.toFixed(1)} s`,
);
console.log(`ratio ${(wall / bare).toFixed(3)} (wanted: at most 1.10): ${wall / bare <= 1.1 ? 'met' : 'NOT MET'}`);
console.log(
  `peak memory of page and workers together: ${peak.toFixed(0)} MB, ${before.toFixed(0)} MB before the run (wanted: under 1500): ${peak < 1500 ? 'met' : 'NOT MET'}`,
);
console.log(
  `gaps between the page's frames during the run: median ${at(0.5)} ms, 95th percentile ${at(0.95)} ms, largest ${at(1)} ms`,
);
if (picture) await site.page.screenshot({ path: picture });
await site.close();
