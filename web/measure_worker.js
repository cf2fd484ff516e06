// Measures what one run of a model costs, in an ONNX Runtime of its own that goes away afterwards: WebAssembly's memory never
// shrinks, so beside others a model's part of it could not be told.

import { OrtRuntime } from './ort_runtime.js';

/** @typedef {import('./types.d.ts').ModelManifest} ModelManifest */
/** @typedef {import('./types.d.ts').WarmUp} WarmUp */

/**
 * @typedef {object} MeasureRequest
 * @property {string} folder of ONNX Runtime
 * @property {import('./types.d.ts').WantedProvider} provider
 * @property {ModelManifest} manifest
 * @property {Uint8Array} original of the first fold, as it is in its file
 * @property {import('./types.d.ts').RewrittenNetwork} rewritten the same, as ONNX Runtime gets it
 * @property {number[]} shape i, j, k
 * @property {boolean} half on WebGPU with volumes in halves
 */

/**
 * From the engine's worker. @param {MeasureRequest} request
 * @returns {Promise<WarmUp>}
 */
export function measureApart(request) {
  const worker = new Worker(new URL('measure_worker.js', import.meta.url), {
    type: 'module',
    name: 'shapslice-measure',
  });
  const answered = new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) =>
      data.error === undefined ? resolve(data.warmUp) : reject(new Error(data.error)),
    );
    worker.addEventListener('error', (event) => reject(new Error(event.message || 'it could not be loaded')));
  });
  worker.postMessage(request, [request.original.buffer, request.rewritten.bytes.buffer]);
  return answered.finally(() => worker.terminate());
}

/** @param {MeasureRequest} request */
async function answer({ folder, provider, manifest, original, rewritten, shape, half }) {
  const runtime = new OrtRuntime(new URL(folder), provider);
  return runtime.measure(manifest, { original: async () => original, rewritten: async () => rewritten }, shape, half);
}

if (self.name === 'shapslice-measure') {
  addEventListener('message', ({ data }) =>
    answer(data).then(
      (warmUp) => postMessage({ warmUp }),
      (error) => postMessage({ error: String(error?.message ?? error) }),
    ),
  );
}
