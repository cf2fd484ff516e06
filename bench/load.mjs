// Loading the four contrasts of a real case in the engine (WebAssembly, under Node), against zlib inflating the same files
// natively, in turn in one run.
//   node bench/load.mjs [CASE_FOLDER]      needs build/native (target inflate_zlib) and build/wasm (target engine)
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROUNDS = 9;
const root = path.resolve(import.meta.dirname, '..');
const folder = process.argv[2] ?? path.join(root, '../shared/data/fullres/BraTS-SSA-00002-000');
const roles = ['t1c', 't1n', 't2f', 't2w'];
const files = roles.map((role) => {
  const name = readdirSync(folder).find((file) => file.includes(`-${role}.`));
  if (!name) throw new Error(`${folder} has no ${role}`);
  return path.join(folder, name);
});
const { default: createEngine } = await import(path.join(root, 'build/wasm/engine.mjs'));
const module = await createEngine();
const nothing = () => {};
const engine = new module.Engine({
  startRun: nothing,
  onResult: nothing,
  onBaseline: nothing,
  onSegmentation: nothing,
  onRun: nothing,
  onStudyEnd: nothing,
});

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** @type {{ zlib: number[], load: number[], open: number[] }} */
const times = { zlib: [], load: [], open: [] };
for (let round = 0; round < ROUNDS; ++round) {
  times.zlib.push(Number(execFileSync(path.join(root, 'build/native/bench/inflate_zlib'), files)));
  const bytes = files.map((file) => new Uint8Array(readFileSync(file)));
  const started = performance.now();
  const entries = files.map((file, n) => ({ path: path.basename(file), size: bytes[n].length }));
  const named = Object.fromEntries(roles.map((role, n) => [entries[n].path, role]));
  const found = JSON.parse(engine.findCases(JSON.stringify({ files: entries, roles: named, chosen: '' })));
  if (found.error) throw new Error(found.error);
  engine.beginCase();
  for (const [n, { path: name }] of entries.entries()) {
    const problem = engine.addFile(name, bytes[n], null);
    if (problem) throw new Error(problem);
  }
  times.load.push(performance.now() - started);
  const { error } = JSON.parse(engine.finishCase());
  if (error) throw new Error(error);
  times.open.push(performance.now() - started);
}
const zlib = median(times.zlib);
const load = median(times.load);
const open = median(times.open);
console.log(`native zlib, inflating only:                      ${zlib.toFixed(0)} ms`);
console.log(
  `engine, inflate + convert + reorient + sha256:    ${load.toFixed(0)} ms, ${(load / zlib).toFixed(2)} times`,
);
console.log(
  `engine, all of the above + one case of the four:  ${open.toFixed(0)} ms, ${(open / zlib).toFixed(2)} times`,
);
console.log(`load ratio ${(load / zlib).toFixed(2)} (wanted: at most 2): ${load / zlib <= 2 ? 'met' : 'NOT MET'}`);
