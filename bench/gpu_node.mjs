// The program's own shaders on this machine's graphics processor by way of Node's WebGPU (Dawn), without a browser: volumes in
// floats and in halves, against onnxruntime-node, whose float32 is also the reference of the labels.
//   npm install --no-save webgpu && node bench/gpu_node.mjs [--extents=72,88,72] [--rounds=5] [ID...]   ID: unet, segresnet
// Needs `cmake --build --preset wasm --target convnet engine`. Dawn takes the adapter that the system's Vulkan offers first; Mesa's
// llvmpipe (23 or later) is one in software that has shader-f16.
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { GpuNetwork, GpuShaders, gpuLimits, requestDevice } from '../web/gpu_network.js';
import { image, labelsOf } from './engine_turns.mjs';
import { given, median, option } from './options.mjs';

const root = path.resolve(import.meta.dirname, '..');
const extents = option('extents', '72,88,72').split(',').map(Number);
const rounds = Number(option('rounds', '5'));
const cores = os.availableParallelism();

/** The last output and the median of the milliseconds; the first run warms up. @param {() => Promise<Float32Array>} run */
async function timed(run) {
  let output = await run();
  const times = [];
  for (let n = 0; n < rounds; ++n) {
    const started = performance.now();
    output = await run();
    times.push(performance.now() - started);
  }
  return { output, milliseconds: median(times) };
}

async function adapterHere() {
  const dawn = 'webgpu'; // installed by hand: 130 MB that nothing else needs
  const { create, globals } = await import(dawn).catch(() => {
    throw new Error('Node has no WebGPU here; expected the package "webgpu": npm install --no-save webgpu');
  });
  Object.assign(globalThis, globals);
  const adapter = await create([]).requestAdapter();
  if (!adapter) throw new Error('Dawn finds no adapter here; expected a Vulkan, Metal or D3D12 driver.');
  return adapter;
}

const adapter = await adapterHere();
const device = await requestDevice(adapter);
const { vendor, architecture, description } = adapter.info;
const shaders = new GpuShaders(device, async (name) => readFileSync(path.join(root, `shaders/${name}.wgsl`), 'utf8'));
const { bufferBytes, workgroups } = gpuLimits(device);
const { default: createConvnet } = await import(path.join(root, 'build/wasm/convnet.mjs'));
const convnet = await createConvnet();
const { default: createEngine } = await import(path.join(root, 'build/wasm/engine.mjs'));
const engine = new (await createEngine()).Engine({});
const half = device.features.has('shader-f16') ? 'shader-f16' : 'no shader-f16';
console.log(`${[vendor, architecture, description].filter(Boolean).join(' ')} (${half}); ${extents.join(' x ')}`);

for (const id of given.length ? given : ['unet', 'segresnet']) {
  const original = new Uint8Array(readFileSync(path.join(root, `models/${id}/fold0.onnx`)));
  const input = image(extents);
  const { error, bytes } = engine.rewriteNetwork('fold0.onnx', original);
  if (error) throw new Error(error);
  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: cores });
  const tensor = new ort.Tensor('float32', input, [1, 4, ...extents]);
  const reference = await timed(
    async () =>
      /** @type {Float32Array} */ (
        (await session.run({ [session.inputNames[0]]: tensor }))[session.outputNames[0]].data
      ),
  );
  await session.release();
  console.log(`${id}\n  onnxruntime-node, ${cores} threads ${reference.milliseconds.toFixed(1).padStart(9)} ms`);
  const expected = labelsOf(reference.output);
  for (const floats of ['single', 'half']) {
    const programs = convnet.gpuProgram(id, original, extents, '', false, bufferBytes, workgroups, floats === 'half');
    if (programs.problem) throw new Error(programs.problem);
    const network = await GpuNetwork.open(shaders, programs);
    network.load(input);
    const { output, milliseconds } = await timed(() => network.run([1, 1, 1, 1]));
    const found = labelsOf(output);
    const other = found.reduce((sum, label, voxel) => sum + Number(label !== expected[voxel]), 0);
    const largest = reference.output.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const off = output.reduce((most, value, n) => Math.max(most, Math.abs(value - reference.output[n])), 0) / largest;
    console.log(
      `  shaders, ${floats.padEnd(6)} ${milliseconds.toFixed(1).padStart(9)} ms, ` +
        `${(reference.milliseconds / milliseconds).toFixed(2).padStart(6)} times, ${(network.bytes / 2 ** 20).toFixed(0)} MB; ` +
        `off by ${off.toExponential(1)} of the largest logit, ${((1000 * other) / found.length).toFixed(3)} labels in 1000 differ`,
    );
    network.close();
  }
}
device.destroy();
process.exit(0); // Dawn keeps Node alive
