// What bench/gpu.mjs measures in a page: ONNX Runtime Web's WebGPU provider and the program's own shaders run one network in
// turns on one adapter; both are held against ONNX Runtime's WebAssembly.
import { GpuNetwork, GpuShaders, gpuLimits, requestDevice } from '../web/gpu_network.js';
import { image } from './engine_turns.mjs';

/** @param {Float32Array} found @param {Float32Array} expected as a share of the largest value */
function difference(found, expected) {
  let off = 0;
  let largest = 0;
  for (let n = 0; n < expected.length; ++n) {
    off = Math.max(off, Math.abs(found[n] - expected[n]));
    largest = Math.max(largest, Math.abs(expected[n]));
  }
  return off / largest;
}

/**
 * @param {any} ort onnxruntime-web with the native WebGPU provider
 * @param {any} convnet the engine's module
 * @param {{ bytes: Uint8Array, rewritten: Uint8Array, extents: number[], rounds: number }} wanted `bytes` for the program's own
 *   engine, `rewritten` for ONNX Runtime
 */
export async function takeTurnsOnGpu(ort, convnet, { bytes, rewritten, extents, rounds }) {
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = 1;
  const adapter = await /** @type {any} */ (navigator).gpu.requestAdapter();
  const input = image(extents);
  const started = performance.now();
  const device = await requestDevice(adapter);
  const shaders = new GpuShaders(device, async (name) => (await fetch(`shaders/${name}.wgsl`)).text());
  const { bufferBytes, workgroups } = gpuLimits(device);
  const programs = convnet.gpuProgram('model', bytes, extents, '', false, bufferBytes, workgroups, false);
  if (programs.problem) throw new Error(programs.problem);
  const network = await GpuNetwork.open(shaders, programs);
  const opened = performance.now() - started;
  network.load(input);
  const session = await ort.InferenceSession.create(rewritten, { executionProviders: ['webgpu'] });
  const reference = await ort.InferenceSession.create(rewritten, { executionProviders: ['wasm'] });
  const tensor = () => new ort.Tensor('float32', input, [1, 4, ...extents]);
  const runs = {
    'ONNX Runtime Web': async () =>
      (await session.run({ [session.inputNames[0]]: tensor() }))[session.outputNames[0]].data,
    'own shaders': () => network.run([1, 1, 1, 1]),
  };
  const expected = (await reference.run({ [reference.inputNames[0]]: tensor() }))[reference.outputNames[0]].data;
  /** @type {Record<string, { milliseconds: number[], difference: number }>} */
  const found = {};
  for (let round = 0; round < rounds; ++round) {
    for (const [label, run] of Object.entries(runs)) {
      const begun = performance.now();
      const output = await run();
      const entry = (found[label] ??= { milliseconds: [], difference: difference(output, expected) });
      entry.milliseconds.push(performance.now() - begun);
    }
  }
  const { vendor, architecture, description } = adapter.info;
  return {
    adapter: [vendor, architecture, description].filter(Boolean).join(' '),
    found,
    opened,
    bytes: network.bytes,
    dispatches: network.running.length,
  };
}
