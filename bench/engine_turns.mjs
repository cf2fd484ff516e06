// What bench/engine.mjs measures, in Node or in a page: ONNX Runtime Web and the engine's builds run one network in turns.

/** An image with some structure and a background of zeros, as brains have. @param {number[]} extents */
export function image(extents) {
  const [depth, height, width] = extents;
  const values = new Float32Array(4 * depth * height * width);
  let at = 0;
  for (let c = 0; c < 4; ++c) {
    for (let k = 0; k < depth; ++k) {
      for (let j = 0; j < height; ++j) {
        for (let i = 0; i < width; ++i, ++at) {
          const off = Math.hypot(k / depth - 0.5, j / height - 0.5, i / width - 0.5);
          if (off < 0.45) values[at] = Math.sin(0.3 * (k + c) + 0.2 * j) + Math.cos(0.25 * i * (c + 1)) + off;
        }
      }
    }
  }
  return values;
}

/** The channel of the largest logit at each voxel. @param {Float32Array} logits */
export function labelsOf(logits) {
  const channels = 4;
  const voxels = logits.length / channels;
  return Uint8Array.from({ length: voxels }, (_, voxel) => {
    let best = 0;
    for (let c = 1; c < channels; ++c) if (logits[c * voxels + voxel] > logits[best * voxels + voxel]) best = c;
    return best;
  });
}

/**
 * @param {any} ort onnxruntime-web
 * @param {Record<string, any>} programs the engine's modules, by label
 * @param {{ bytes: Uint8Array, extents: number[], rounds: number, profile: boolean }} wanted
 */
export async function takeTurns(ort, programs, { bytes, extents, rounds, profile }) {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  const input = image(extents);
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  const tensor = new ort.Tensor('float32', input, [1, 4, ...extents]);
  /** @type {Record<string, () => any>} */
  const runs = {
    'ONNX Runtime Web': async () =>
      (await session.run({ [session.inputNames[0]]: tensor }))[session.outputNames[0]].data,
  };
  /** @type {Record<string, unknown>} */
  const profiles = {};
  let products = 0;
  for (const [label, module] of Object.entries(programs)) {
    // Without relaxed SIMD narrow numbers are put together from wide ones, which is of no use.
    for (const numbers of label === 'SIMD' ? ['float', 'wide'] : ['float', 'wide', 'narrow']) {
      const network = new module.Convnet();
      const error = network.open('model', bytes, extents, '');
      if (error) throw new Error(error);
      if (numbers !== 'float') {
        network.calibrate(input);
        network.useWholeNumbers(numbers === 'narrow');
      }
      products = JSON.parse(network.facts()).products;
      runs[`${label}, ${numbers}`] = () => network.run(input);
      if (profile) network.profile(input);
      if (profile) profiles[`${label}, ${numbers}`] = JSON.parse(network.profile(input));
    }
  }
  /** @type {Record<string, number[]>} */
  const times = {};
  /** @type {Record<string, number>} */
  const labelsOff = {};
  /** @type {Uint8Array | undefined} */
  let expected;
  for (let round = 0; round <= rounds; ++round) {
    for (const [label, run] of Object.entries(runs)) {
      const started = performance.now();
      const found = await run();
      if (round > 0) (times[label] ??= []).push(performance.now() - started);
      if (round > 0) continue; // the first round warms up, and is looked at
      const labels = labelsOf(found);
      expected ??= labels;
      labelsOff[label] = labels.reduce((sum, each, n) => sum + Number(each !== expected?.[n]), 0) / labels.length;
    }
  }
  await session.release();
  return { products, times, labelsOff, profiles };
}
