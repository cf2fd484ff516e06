// The program's own engine on WebGPU (docs/ENGINE.md): which networks it takes, and as what passes they run, C++ decides
// (src/convnet/gpu_program.h). One network at a time: a fold's runs follow one another, and a device's memory is dear.

import { GpuLabels, GpuNetwork, GpuShaders, gpuLimits, requestDevice } from './gpu_network.js';
import { siteFile } from './site_file.js';

/** @typedef {import('./types.d.ts').ConvnetModule} ConvnetModule */
/** @typedef {import('./types.d.ts').Mask} Mask */

const site = new URL('../', import.meta.url);

/** The device is gone; what waits for it would wait for ever. */
export class DeviceLost extends Error {}

/** @param {string} name of a shader */
async function shaderSource(name) {
  return (await siteFile(new URL(`shaders/${name}.wgsl`, site))).text();
}

export class GpuEngine {
  constructor() {
    /** @type {Promise<{ module: ConvnetModule, device: any, shaders: GpuShaders, lost: Promise<never> }> | null} */
    this.ready = null;
    /** Networks that it does not run, with the sentence why. @type {Map<string, string>} */
    this.refused = new Map();
    /** @type {{ key: string, network: GpuNetwork, image: number | null } | null} */
    this.current = null;
    /** What makes labels of the current network's output; null in it: nothing does. @type {{ key: string, labels: GpuLabels | null } | null} */
    this.labels = null;
  }

  async begin() {
    const { default: create } = await import(new URL('wasm/convnet.mjs', site).href);
    const module = /** @type {ConvnetModule} */ (await create());
    const adapter = await /** @type {any} */ (navigator).gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) throw new Error('there is no adapter any more');
    const device = await requestDevice(adapter);
    const lost = device.lost.then((/** @type {{ message: string, reason: string }} */ { message, reason }) => {
      throw new DeviceLost(message || reason);
    });
    lost.catch(() => {}); // it may be lost while nobody waits
    return { module, device, shaders: new GpuShaders(device, shaderSource), lost };
  }

  /**
   * The network for a size of input, ready to run; null where this engine does not take it.
   * @param {string} file @param {string} output name @param {string} key @param {() => Promise<Uint8Array>} bytes @param {number[]} shape i, j, k
   * @param {boolean} standsIn whether what a coalition lacks is another volume
   * @param {boolean} half volumes in halves
   */
  async open(file, output, key, bytes, shape, standsIn, half) {
    if (this.current?.key === key) return this.current;
    const { module, device, shaders } = await (this.ready ??= this.begin());
    this.release();
    const { bufferBytes, workgroups } = gpuLimits(device);
    const extents = shape.toReversed();
    const programs = module.gpuProgram(file, await bytes(), extents, output, standsIn, bufferBytes, workgroups, half);
    if (programs.problem) {
      this.refused.set(key, programs.problem);
      return null;
    }
    this.current = { key, network: await GpuNetwork.open(shaders, programs), image: null };
    return this.current;
  }

  /**
   * One forward pass; null where this engine does not take the network.
   * @param {{ file: string, sha256: string }} fold
   * @param {string} output the name of the one that is wanted
   * @param {() => Promise<Uint8Array>} bytes of the file
   * @param {number} channels
   * @param {number[]} shape i, j, k
   * @param {Float32Array} input
   * @param {Mask | null} mask
   * @param {boolean} half volumes in halves
   * @returns {Promise<{ output: Float32Array, labels?: Uint32Array, seconds: number, overflowed: boolean } | null>} `overflowed`:
   *   halves did not hold what was to be written, and the answer is of no use
   */
  async run({ file, sha256 }, output, bytes, channels, shape, input, mask, half) {
    const present = mask?.present ?? Array(channels).fill(1);
    const whole = !present.includes(0);
    const key = (/** @type {boolean} */ standsIn) => `${sha256} ${output} ${shape} ${standsIn} ${half}`;
    // Nothing stands in for what is there: the network that other coalitions use does as well.
    const standsIn = Boolean(mask?.absent) || (whole && this.current?.key === key(true));
    const wanted = key(standsIn);
    if (this.refused.has(wanted)) return null;
    const { lost } = await (this.ready ??= this.begin());
    try {
      const open = await Promise.race([this.open(file, output, wanted, bytes, shape, standsIn, half), lost]);
      if (!open) return null;
      const started = performance.now();
      const image = mask ? mask.image : null;
      if (image === null || open.image !== image) {
        open.network.load(input, mask?.absent ?? null);
        open.image = standsIn && !mask?.absent ? null : image; // what stands in is still to come
      }
      const seconds = () => (performance.now() - started) / 1000;
      const labels = mask?.labelling ? await Promise.race([this.labelsOf(mask, mask.labelling), lost]) : null;
      if (labels) {
        const found = await Promise.race([open.network.label(present, labels), lost]);
        return { output: new Float32Array(), labels: found, seconds: seconds(), overflowed: open.network.overflowed };
      }
      const found = await Promise.race([open.network.run(present), lost]);
      return { output: found, seconds: seconds(), overflowed: open.network.overflowed };
    } catch (error) {
      this.refused.set(wanted, String(error));
      throw error;
    }
  }

  /**
   * What makes labels of the current network's output; null where that must be read itself.
   * @param {Mask} mask @param {import('./types.d.ts').Labelling} labelling of it
   */
  async labelsOf({ image }, labelling) {
    const { network } = /** @type {{ network: GpuNetwork }} */ (this.current);
    const key = `${image} ${labelling.parameters}`;
    if (this.labels?.key === key) return this.labels.labels;
    this.labels?.labels?.close();
    this.labels = null;
    const { device, shaders } = await /** @type {NonNullable<typeof this.ready>} */ (this.ready);
    const [i, j, k] = labelling.parameters;
    const { bufferBytes } = gpuLimits(device);
    const fits = Math.max(i * j * k * 16, labelling.words * 4) <= bufferBytes;
    const expected = network.outputBytes === i * j * k * labelling.channels * 4; // else the engine says what is wrong with it
    const open = () => GpuLabels.open(shaders, network.output, labelling).catch(() => null); // the output does as well
    this.labels = { key, labels: fits && expected ? await open() : null };
    return this.labels.labels;
  }

  /** Gives back what a study needed. */
  release() {
    this.labels?.labels?.close();
    this.labels = null;
    this.current?.network.close();
    this.current = null;
  }
}

/**
 * The input of a coalition, for a runtime that does not mask.
 * @param {Float32Array} input all channels; changed in place
 * @param {Mask | null} mask
 */
export function maskedInput(input, mask) {
  if (!mask) return input;
  const { present, absent } = mask;
  const voxels = input.length / present.length;
  for (const [channel, there] of present.entries()) {
    if (there) continue;
    const [from, to] = [channel * voxels, (channel + 1) * voxels];
    if (absent) input.set(absent.subarray(from, to), from);
    else input.fill(0, from, to);
  }
  return input;
}
