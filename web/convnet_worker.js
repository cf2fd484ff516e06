// One of the program's own engines (docs/ENGINE.md), in a worker of its own: one thread, one network at a time.
// The other end is web/convnet_pool.js.

/** @typedef {import('./types.d.ts').Convnet} Convnet */
/** @typedef {import('./types.d.ts').ConvnetModule} ConvnetModule */

/** @type {Promise<Convnet> | null} */
let ready = null;

/** @returns {Promise<Convnet>} */
async function load() {
  const { default: create } = await import(new URL('../wasm/convnet.mjs', import.meta.url).href);
  const module = /** @type {ConvnetModule} */ (await create());
  return new module.Convnet();
}

const methods = {
  /**
   * Opens a network for one size of input, in whole numbers by the ranges of its activations, or in floats without.
   * @param {string} file @param {Uint8Array} bytes @param {number[]} extents k, j, i
   * @param {Record<string, number[]> | null} activations
   */
  async open(file, bytes, extents, activations) {
    const network = await (ready ??= load());
    const problem = activations
      ? network.openWhole(file, bytes, extents, JSON.stringify(activations))
      : network.open(file, bytes, extents);
    if (problem) throw new Error(problem);
    return JSON.parse(network.facts());
  },

  /** @param {Float32Array} input */
  async run(input) {
    const network = await (ready ??= load());
    const started = performance.now();
    const output = network.run(input);
    if (!output) throw new Error('The input is of another size than the network was opened for.');
    return { output, seconds: (performance.now() - started) / 1000 };
  },

  /** The ranges of its activations on an input and on each of its channels alone. @param {Float32Array} input */
  async ranges(input) {
    const network = await (ready ??= load());
    return JSON.parse(network.ranges(input));
  },
};

addEventListener('message', async ({ data: { id, method, args } }) => {
  try {
    const value = await /** @type {any} */ (methods)[method](...args);
    postMessage({ id, value }, { transfer: value?.output ? [value.output.buffer] : [] });
  } catch (error) {
    postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
