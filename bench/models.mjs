// What a run of each shipped model costs: milliseconds in Chromium on WASM and on onnxruntime-node, on the same rewritten file
// and the same real case, and the page's memory, measured and as the page forecast it. Writes bench/models.json, from which
// models/train/table.py makes the table of docs/models.md.
//   node bench/models.mjs [CASE_FOLDER] [--only=ID,...]      needs dist/; nothing else should be running
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { openFiles, openSite, realCase, root, runStudy } from '../tests/web/support.mjs';

const option = process.argv.find((word) => word.startsWith('--only='))?.slice('--only='.length);
const folder = process.argv.slice(2).find((word) => !word.startsWith('--'));
const files = folder ? readdirSync(folder).map((file) => path.join(folder, file)) : realCase('BraTS-SSA-00122-000');
if (!files) throw new Error('no case: give a folder');
const out = path.join(root, 'bench/models.json');
const cores = os.availableParallelism();
/** @type {Record<string, Record<string, unknown>>} */
const measured = existsSync(out) ? JSON.parse(readFileSync(out, 'utf8')) : {};

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Resident memory of the largest renderer at its height, MB. */
function rendererPeak() {
  const pids = execFileSync('pgrep', ['-f', 'type=renderer'], { encoding: 'utf8' }).trim().split('\n');
  return Math.max(
    ...pids.map(
      (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024 * 1e-6,
    ),
  );
}

/** Median milliseconds of a run on onnxruntime-node, all cores. @param {Uint8Array} bytes @param {string} input @param {number[]} extents k, j, i */
async function nodeMilliseconds(bytes, input, extents) {
  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: cores });
  const voxels = extents.reduce((product, extent) => product * extent, 4);
  const image = new ort.Tensor('float32', new Float32Array(voxels).fill(0.5), [1, 4, ...extents]);
  const times = [];
  for (let n = 0; n < 6; ++n) {
    const started = performance.now();
    await session.run({ [input]: image });
    if (n > 0) times.push(performance.now() - started);
  }
  await session.release();
  return Math.round(median(times));
}

const ids = JSON.parse(readFileSync(path.join(root, 'dist/models/index.json'), 'utf8')).map(
  (/** @type {string} */ file) => JSON.parse(readFileSync(path.join(root, 'dist/models', file), 'utf8')).id,
);
for (const id of option ? option.split(',') : ids) {
  const site = await openSite(); // a browser of its own: memory is a height, which never falls
  try {
    await openFiles(site.page, files);
    const models = [{ id, folds: [0] }];
    const forecast = await site.page.evaluate((wanted) => /** @type {any} */ (window).shapslice.forecast(wanted), {
      models,
    });
    const result = await runStudy(site.page, { models });
    const seconds = result.models[0].folds[0].runSeconds.filter((/** @type {number | null} */ s) => s !== null);
    const { manifest, bytes, extents } = await site.page.evaluate(async (wanted) => {
      const { shapslice } = /** @type {any} */ (window);
      const manifest = shapslice.models().find((/** @type {any} */ each) => each.id === wanted);
      const content = await shapslice.rewrittenModel(wanted, 0);
      let text = '';
      for (let n = 0; n < content.length; n += 0x8000) text += String.fromCharCode(...content.subarray(n, n + 0x8000));
      // What the engine made of the case: its brain on the model's grid, in the tensor's order.
      const { brainLow, brainHigh, spacing } = shapslice.caseSummary();
      const padded = [2, 1, 0].map((axis, n) => {
        const content = Math.ceil(((brainHigh[axis] - brainLow[axis]) * spacing[axis]) / manifest.spacing[n] - 1e-4);
        const least = manifest.fixedPatch ? manifest.patch[n] : 1;
        return Math.ceil(Math.max(content, least) / manifest.multiple) * manifest.multiple;
      });
      return { manifest, bytes: btoa(text), extents: padded };
    }, id);
    measured[id] = {
      wasmMs: Math.round(1000 * median(seconds)),
      wasmThreads: cores,
      nodeMs: await nodeMilliseconds(Buffer.from(bytes, 'base64'), manifest.input, extents),
      nodeThreads: cores,
      extents,
      pageMb: Math.round(rendererPeak()),
      forecastMb: Math.round(forecast.bytes / 1e6),
      forecastMs: Math.round((1000 * forecast.seconds) / forecast.runs),
    };
    console.log(id, JSON.stringify(measured[id]));
  } finally {
    await site.close();
  }
}
const about = { processor: os.cpus()[0].model, cores, measured: new Date().toISOString().slice(0, 10) };
writeFileSync(out, `${JSON.stringify({ ...measured, machine: about }, null, 1)}\n`);
