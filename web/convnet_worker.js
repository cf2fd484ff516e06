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

/**
 * What a method answers, and whose memory is handed over with it. Kept apart: a value may have keys of any name, such as a
 * network's own tensors.
 * @typedef {{ value: unknown, transfer?: Transferable[] }} Answer
 */

/** @type {Record<string, (...args: any[]) => Promise<Answer>>} */
const methods = {
  /**
   * Opens a network for one size of input, in whole numbers by the ranges of its activations, or in floats without.
   * @param {string} file @param {Uint8Array} bytes @param {number[]} extents k, j, i
   * @param {string} output the name of the one that is wanted
   * @param {string} ranges JSON; '': none
   */
  async open(file, bytes, extents, output, ranges) {
    const network = await (ready ??= load());
    const problem = ranges
      ? network.openWhole(file, bytes, extents, output, ranges)
      : network.open(file, bytes, extents, output);
    if (problem) throw new Error(problem);
    return { value: JSON.parse(network.facts()) };
  },

  /** @param {Float32Array} input */
  async run(input) {
    const network = await (ready ??= load());
    const started = performance.now();
    const output = network.run(input);
    if (!output) throw new Error('The input is of another size than the network was opened for.');
    const seconds = (performance.now() - started) / 1000;
    const { again, clipped } = JSON.parse(network.outcome());
    return { value: { output, seconds, again, clipped }, transfer: [output.buffer] };
  },

  /** Its ranges, widened to what they are on this input, JSON. @param {Float32Array} input */
  async widenedRanges(input) {
    const ranges = (await (ready ??= load())).widenedRanges(input);
    if (!ranges) throw new Error('The input is of another size than the network was opened for.');
    return { value: ranges };
  },

  /** The ranges of its activations on an input and on each of its channels alone. @param {Float32Array} input */
  async ranges(input) {
    const network = await (ready ??= load());
    return { value: JSON.parse(network.ranges(input)) };
  },
};

addEventListener('message', async ({ data: { id, method, args } }) => {
  try {
    const { value, transfer = [] } = await methods[method](...args);
    postMessage({ id, value }, { transfer });
  } catch (error) {
    postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
