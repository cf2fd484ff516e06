// One forward pass of the shipped convolutional networks on everything that could run it: ONNX Runtime Web's WebAssembly, the
// program's own engine, onnxruntime-node, PyTorch in float32 and bfloat16. The same file and size of input, one after another, on
// one thread each and, where a runtime has threads of its own, on all; what 75 runs (five folds x 15 coalitions) would take.
//   node bench/runtimes.mjs [--extents=72,88,72] [--rounds=3] [ID...]      ID: unet, segresnet
// Needs `cmake --build --preset wasm --target convnet engine` and Debian's python3-torch; nothing else should be running.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as ortNode from 'onnxruntime-node';
import * as ortWeb from 'onnxruntime-web/wasm';
import { given, median, option } from './options.mjs';

const RUNS = 75;
const root = path.resolve(import.meta.dirname, '..');
const extents = option('extents', '72,88,72').split(',').map(Number);
const rounds = Number(option('rounds', '3'));
const cores = os.availableParallelism();
const voxels = extents.reduce((product, extent) => product * extent, 1);
const input = new Float32Array(4 * voxels).fill(0.5);

/** Median milliseconds; the first run warms up. @param {() => Promise<unknown> | unknown} run */
async function timed(run) {
  const times = [];
  for (let n = 0; n <= rounds; ++n) {
    const started = performance.now();
    await run();
    if (n > 0) times.push(performance.now() - started);
  }
  return median(times);
}

/** @param {any} ort @param {Uint8Array} bytes @param {object} options */
async function onnxRuntime(ort, bytes, options) {
  const session = await ort.InferenceSession.create(bytes, options);
  const image = { [session.inputNames[0]]: new ort.Tensor('float32', input, [1, 4, ...extents]) };
  const milliseconds = await timed(() => session.run(image));
  await session.release();
  return milliseconds;
}

for (const id of given.length ? given : ['unet', 'segresnet']) {
  const file = path.join(root, `models/${id}/fold0.onnx`);
  const original = new Uint8Array(readFileSync(file));
  const { default: createEngine } = await import(path.join(root, 'build/wasm/engine.mjs'));
  const engine = new (await createEngine()).Engine({});
  const { error, bytes } = engine.rewriteNetwork('fold0.onnx', original);
  if (error) throw new Error(error);
  /** @type {[string, number, number][]} */
  const rows = []; // runtime, threads, milliseconds a run
  ortWeb.env.logLevel = 'error';
  ortWeb.env.wasm.numThreads = 1; // once a process: threads in the browser are bench/fast_study.mjs's
  rows.push(['ONNX Runtime Web, WebAssembly', 1, await onnxRuntime(ortWeb, bytes, { executionProviders: ['wasm'] })]);
  const { default: createConvnet } = await import(path.join(root, 'build/wasm/convnet.mjs'));
  const network = new (await createConvnet()).Convnet();
  const { folds } = JSON.parse(readFileSync(path.join(root, `models/${id}/model.json`), 'utf8'));
  for (const numbers of ['float', 'wide']) {
    const refused =
      numbers === 'float'
        ? network.open('fold0.onnx', original, extents, '')
        : network.openWhole('fold0.onnx', original, extents, '', JSON.stringify(folds[0].activations));
    if (refused) throw new Error(refused);
    rows.push([`own engine, WebAssembly, ${numbers}`, 1, await timed(() => network.run(input))]);
  }
  network.delete();
  for (const threads of new Set([1, cores])) {
    rows.push(['onnxruntime-node', threads, await onnxRuntime(ortNode, bytes, { intraOpNumThreads: threads })]);
    const words = [
      '--config',
      `models/train/${id}.json`,
      '--onnx',
      file,
      '--extents',
      ...extents,
      '--threads',
      threads,
    ];
    const printed = execFileSync(
      '/usr/bin/python3',
      ['models/train/time_runs.py', ...words.map(String), '--rounds', String(rounds)],
      { cwd: root, encoding: 'utf8' },
    );
    const { float32, bfloat16, bfloat16InHardware } = JSON.parse(printed);
    rows.push(['PyTorch float32', threads, median(float32)]);
    rows.push([`PyTorch bfloat16${bfloat16InHardware ? '' : ' (emulated)'}`, threads, median(bfloat16)]);
  }
  console.log(`${id}, ${extents.join(' x ')}; ${os.cpus()[0].model}`);
  for (const [runtime, threads, milliseconds] of rows) {
    console.log(
      `  ${runtime.padEnd(34)} ${threads} thread${threads > 1 ? 's' : ' '} ${milliseconds.toFixed(0).padStart(7)} ms a run ` +
        `${((RUNS * milliseconds) / 1000).toFixed(0).padStart(6)} s for ${RUNS}   ${(rows[0][2] / milliseconds).toFixed(2).padStart(5)} times`,
    );
  }
}
