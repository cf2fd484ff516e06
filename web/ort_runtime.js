// Runs networks on ONNX Runtime Web: on WebGPU where there is an adapter, else on WebAssembly with as many threads as the
// page may have. Moves bytes only; what to run and what it means is decided in C++ (src/inference/runtime.h).

import { DeviceLost, GpuEngine, maskedInput } from './gpu_engine.js';
import { bytesAtHeight, bytesHeld, watchMemory } from './memory_meter.js';
import { siteFile } from './site_file.js';

/** @typedef {import('./types.d.ts').Mask} Mask */
/** @typedef {import('./types.d.ts').ModelManifest} ModelManifest */
/** @typedef {import('./types.d.ts').NetworkFiles} NetworkFiles */
/** @typedef {import('./types.d.ts').WarmUp} WarmUp */
/** @typedef {import('./types.d.ts').RuntimeState} RuntimeState */
/** @typedef {import('./types.d.ts').RunAnswer} RunAnswer */
/** @typedef {typeof import('onnxruntime-web')} Ort */
/** @typedef {import('onnxruntime-web').InferenceSession} Session */
/** @typedef {{ key: string, session: Session, provider: 'webgpu' | 'wasm', ending: string }} OpenSession */

const OWN_PROVIDER = 'engine-webgpu';
const OWN_HALF_PROVIDER = 'engine-webgpu-half';
const MOST_THREADS = 8;
const LONG_WARM_UP = 10; // seconds: a longer first run is not repeated only to be timed again
const MOST_WARM_UPS = 6;
const LOSS_MS = 200; // a run that fails with its device may fail before the device is said to be lost
const WARM_UP_MS = 2500; // a small network is repeated for so long: just opened, the page has other things to do as well

/** @returns {Promise<{ name: string, software: boolean } | null>} the WebGPU adapter that ONNX Runtime would get */
async function webGpuAdapter() {
  const gpu = /** @type {any} */ (navigator).gpu;
  if (!gpu) return null;
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return null;
    const { vendor = '', architecture = '', description = '' } = adapter.info ?? {};
    const name = [vendor, architecture, description].filter(Boolean).join(' ') || 'WebGPU adapter';
    const fallback = adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter;
    return { name, software: fallback === true || /swiftshader|llvmpipe|lavapipe/i.test(name) };
  } catch {
    return null; // an adapter that cannot even be asked for is none
  }
}

/**
 * Bytes of a gzip-compressed file of the site. (The provider's file without JSPI exceeds what some hosts carry uncompressed.)
 * @param {URL} url
 */
async function fetchInflated(url) {
  const { body } = await siteFile(url);
  return new Response(body?.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}

/** The first line of what went wrong, for a sentence. @param {unknown} error */
function reasonOf(error) {
  const words = error instanceof Error ? error.message : String(error);
  return words
    .split('\n')[0]
    .slice(0, 200)
    .replace(/[.\s]+$/, '');
}

/** @param {ModelManifest} manifest @param {number} fold @param {string} wrong @param {unknown} error */
function refusal(manifest, fold, wrong, error) {
  return new Error(`${manifest.folds[fold].file}: ONNX Runtime ${wrong} (${reasonOf(error)}).`);
}

/** What a session is of: a model that was dropped anew may have other files. @param {ModelManifest} manifest @param {number} fold */
function sessionKey({ id, folds }, fold) {
  return `${id}/${fold} ${folds[fold].sha256}`;
}

/** @param {Session} session @param {string} input */
function takesHalfFloats(session, input) {
  return session.inputMetadata.some((each) => each.isTensor && each.name === input && each.type === 'float16');
}

/** @param {Float32Array} values @param {string} name of the model */
function halfFloats(values, name) {
  const Half = /** @type {any} */ (globalThis).Float16Array;
  if (!Half) throw new Error(`${name}: the network takes float16, which this browser's JavaScript does not have.`);
  return new Half(values);
}

/**
 * One ONNX Runtime for the page's life. Holds one session at a time: a fold's runs follow one another, and memory is dear.
 */
export class OrtRuntime {
  /**
   * @param {URL} folder where the ort.*.mjs files are
   * @param {import('./types.d.ts').WantedProvider} wanted
   */
  constructor(folder, wanted) {
    this.folder = folder;
    this.wanted = wanted;
    /** @type {RuntimeState} */
    this.state = {
      provider: 'wasm',
      threads: 1,
      crossOriginIsolated: globalThis.crossOriginIsolated === true,
      adapter: '',
      halves: false,
      note: '',
      files: [],
    };
    /** @type {Ort | null} */
    this.ort = null;
    /** @type {OpenSession | null} */
    this.current = null;
    /** The device that WebGPU's sessions share. @type {any} */
    this.device = null;
    /** Rejects when that device is lost; settles in no other way. @type {Promise<never>} */
    this.deviceLost = new Promise(() => {});
    /** Models that WebGPU failed on: others still run there. @type {Set<string>} */
    this.wasmOnly = new Set();
    this.pendingNotice = '';
    /** Runs convolutional networks in place of ONNX Runtime's WebGPU provider. @type {GpuEngine | null} */
    this.own = wanted === 'webgpu-ort' ? null : new GpuEngine();
    /** Settles when what was asked last is done: one session at a time. @type {Promise<unknown>} */
    this.busy = Promise.resolve();
  }

  /**
   * Does `work` after everything asked before.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  inTurn(work) {
    const done = this.busy.then(work);
    this.busy = done.catch(() => {});
    return done;
  }

  /** Chooses provider and threads and loads ONNX Runtime. Safe to call again. */
  async prepare() {
    if (this.ort) return this.state;
    watchMemory();
    let adapter = this.wanted === 'wasm' ? null : await webGpuAdapter();
    if (adapter?.software && this.wanted === 'auto') {
      // A graphics processor made of software is a hundred times slower than WebAssembly.
      this.state.note = `This browser's WebGPU (${adapter.name}) is software: models run on WASM, which is faster.`;
      adapter = null;
    }
    this.state.provider = adapter ? 'webgpu' : 'wasm';
    this.state.adapter = adapter?.name ?? '';
    this.state.halves = adapter !== null && this.own !== null;
    if (this.wanted.startsWith('webgpu') && !adapter) {
      this.state.note = 'WebGPU was asked for, but this browser offers no adapter: models run on WASM.';
    }
    const cores = navigator.hardwareConcurrency || 1;
    this.state.threads = this.state.crossOriginIsolated ? Math.min(cores, MOST_THREADS) : 1;
    this.ort = await this.load(adapter !== null);
    return this.state;
  }

  /**
   * @param {boolean} webgpu
   * @returns {Promise<Ort>}
   */
  async load(webgpu) {
    const jspi = 'Suspending' in WebAssembly;
    const bundle = !webgpu ? 'ort.wasm.min.mjs' : jspi ? 'ort.jspi.min.mjs' : 'ort.webgpu.min.mjs';
    const ort = /** @type {Ort} */ (await import(new URL(bundle, this.folder).href));
    const program = !webgpu ? 'ort-wasm-simd-threaded' : `ort-wasm-simd-threaded.${jspi ? 'jspi' : 'asyncify'}`;
    this.state.files = [bundle, `${program}.mjs`, `${program}.wasm`].map((file) => `ort/${file}`);
    if (webgpu) this.state.files.push('shaders/');
    ort.env.wasm.wasmPaths = this.folder.href;
    ort.env.wasm.numThreads = this.state.threads;
    ort.env.wasm.proxy = false; // this is a worker already
    ort.env.logLevel = 'error';
    if (webgpu && !jspi) {
      ort.env.wasm.wasmBinary = await fetchInflated(
        new URL('ort-wasm-simd-threaded.asyncify.wasm.gz.bin', this.folder),
      );
    }
    return ort;
  }

  /**
   * Makes a session the current one.
   * @param {ModelManifest} manifest
   * @param {number} fold
   * @param {import('./types.d.ts').RewrittenNetwork} network
   * @returns {Promise<OpenSession>}
   */
  async openSession(manifest, fold, { bytes, ending }) {
    const key = sessionKey(manifest, fold);
    const create = (/** @type {'webgpu' | 'wasm'} */ provider) =>
      /** @type {Ort} */ (this.ort).InferenceSession.create(bytes, {
        executionProviders: [provider],
        graphOptimizationLevel: 'all',
      });
    await this.release();
    if (this.state.provider === 'webgpu' && !this.wasmOnly.has(manifest.id)) {
      try {
        const session = await Promise.race([create('webgpu'), this.deviceLost]);
        this.current = { key, session, provider: 'webgpu', ending };
        await this.watchDevice();
        return this.current;
      } catch (error) {
        await this.giveUpWebGpu(manifest.id, error);
      }
    }
    try {
      return (this.current = { key, session: await create('wasm'), provider: 'wasm', ending });
    } catch (error) {
      this.pendingNotice = ''; // that WebGPU refused it, too, is no news for the model that runs next
      throw refusal(manifest, fold, 'does not accept this network', error);
    }
  }

  /** A run on a device that is lost need not end, so every wait for WebGPU is also one for the loss. */
  async watchDevice() {
    const device = await /** @type {any} */ (this.ort).env.webgpu.device;
    if (!device || device === this.device) return;
    this.device = device;
    this.deviceLost = device.lost.then((/** @type {{ message: string, reason: string }} */ { message, reason }) => {
      throw new DeviceLost(message || reason);
    });
    this.deviceLost.catch(() => {}); // it may be lost while nobody waits
  }

  /** @param {string} model @param {unknown} error */
  async giveUpWebGpu(model, error) {
    this.wasmOnly.add(model);
    const loss = error instanceof DeviceLost ? error : await this.lossWithin(LOSS_MS);
    this.state.note = `WebGPU failed (${reasonOf(error)}): the study goes on with WASM.`;
    if (loss) await this.leaveDevice(loss);
    this.pendingNotice = this.state.note;
  }

  /** The loss of the device, if it is heard of. @param {number} ms @returns {Promise<DeviceLost | null>} */
  lossWithin(ms) {
    const patience = new Promise((resolve) => setTimeout(() => resolve(null), ms));
    return Promise.race([this.deviceLost.catch((loss) => loss), patience]);
  }

  /**
   * For good, and for an ONNX Runtime of its own: in the old one something may wait for the device for ever.
   * @param {DeviceLost} error
   */
  async leaveDevice(error) {
    this.state.note =
      `WebGPU's device was lost (${reasonOf(error)}): ` +
      'models run on WASM from here on, and what was computed before is kept.';
    this.state.provider = this.wanted = 'wasm';
    this.state.halves = false;
    this.current = null; // not released: that would wait, too
    const left = this.ort;
    this.ort = await this.load(false).catch(() => left); // out of reach of its files the old one is still worth a try
  }

  /**
   * What one forward pass costs here: time and memory, on an input of values as z-scores are. The first run takes up to
   * three times as long, while memory grows and WebGPU makes its programs; of those after it the quickest counts.
   * @param {ModelManifest} manifest
   * @param {NetworkFiles} files
   * @param {number[]} shape i, j, k
   * @param {boolean} half as runHalf() runs it
   * @returns {Promise<WarmUp>}
   */
  async measure(manifest, files, shape, half) {
    await this.prepare();
    const input = Float32Array.from(
      { length: 4 * shape[0] * shape[1] * shape[2] },
      (_, n) => (Math.imul(n, 0x9e3779b1) >>> 0) / 2 ** 31 - 1,
    );
    const once = async () => {
      if (!half) return this.run(manifest, 0, files, 4, shape, input, null);
      const answer = await this.runHalf(manifest, 0, files, 4, shape, input, null);
      if (!answer) throw new Error(this.takeNotice() || 'its shaders do not take the network');
      return answer;
    };
    const own = this.state.provider === 'webgpu' && (await once()).provider.startsWith(OWN_PROVIDER);
    await this.inTurn(async () => {
      if (own || this.current?.key === sessionKey(manifest, 0)) return;
      await this.openSession(manifest, 0, await files.rewritten());
    });
    const bytesLoaded = bytesHeld();
    bytesAtHeight();
    let { seconds } = await once();
    const started = performance.now();
    for (let n = 0; n < MOST_WARM_UPS && seconds < LONG_WARM_UP && performance.now() - started < WARM_UP_MS; ++n)
      seconds = Math.min(seconds, (await once()).seconds);
    return { shape, seconds, bytesLoaded, bytesRun: bytesAtHeight() };
  }

  /**
   * One forward pass; on WebGPU by the program's own engine where that takes the network. On WebGPU's failure the same pass is done on WASM, and the answer carries a notice.
   * @param {ModelManifest} manifest
   * @param {number} fold
   * @param {NetworkFiles} files fetched only when they are needed
   * @param {number} channels
   * @param {number[]} shape i, j, k
   * @param {Float32Array} input may be changed
   * @param {Mask | null} mask
   * @returns {Promise<RunAnswer>}
   */
  async run(manifest, fold, files, channels, shape, input, mask) {
    await this.prepare();
    return this.inTurn(
      async () =>
        (await this.runOnOwn(manifest, fold, files, channels, shape, input, mask, false)) ??
        (await this.runInTurn(manifest, fold, files, channels, shape, maskedInput(input, mask))),
    );
  }

  /**
   * One forward pass on the program's own shaders, with volumes in halves; null where state.halves is false, or becomes so
   * because the shaders do not take the network or cannot any more: takeNotice() may then say why.
   * @param {ModelManifest} manifest
   * @param {number} fold
   * @param {NetworkFiles} files
   * @param {number} channels
   * @param {number[]} shape i, j, k
   * @param {Float32Array} input
   * @param {Mask | null} mask
   * @returns {Promise<RunAnswer | null>}
   */
  async runHalf(manifest, fold, files, channels, shape, input, mask) {
    await this.prepare();
    return this.inTurn(async () => {
      if (!this.state.halves) return null;
      const answer = await this.runOnOwn(manifest, fold, files, channels, shape, input, mask, true);
      if (!answer) this.state.halves = false; // so that a study is not in halves here and in whole numbers there
      return answer;
    });
  }

  /** What the user should hear of, once. */
  takeNotice() {
    const notice = this.pendingNotice;
    this.pendingNotice = '';
    return notice;
  }

  /**
   * On the program's own shaders; null where these do not take the network, or cannot any more.
   * @param {ModelManifest} manifest
   * @param {number} fold
   * @param {NetworkFiles} files
   * @param {number} channels
   * @param {number[]} shape i, j, k
   * @param {Float32Array} input
   * @param {Mask | null} mask
   * @param {boolean} half volumes in halves
   * @returns {Promise<RunAnswer | null>}
   */
  async runOnOwn(manifest, fold, { original }, channels, shape, input, mask, half) {
    if (!this.own || this.state.provider !== 'webgpu' || this.wasmOnly.has(manifest.id)) return null;
    try {
      const run = (/** @type {boolean} */ inHalves) =>
        /** @type {GpuEngine} */ (this.own).run(
          manifest.folds[fold],
          manifest.output,
          original,
          channels,
          shape,
          input,
          mask,
          inHalves,
        );
      let inHalves = half;
      let answer = await run(inHalves);
      if (answer?.overflowed) answer = await run((inHalves = false));
      if (!answer) return null;
      const { overflowed: _, ...made } = answer;
      return { ...made, provider: inHalves ? OWN_HALF_PROVIDER : OWN_PROVIDER, notice: '' };
    } catch (error) {
      if (error instanceof DeviceLost) {
        this.own = null;
        await this.leaveDevice(error);
      } else {
        this.state.note = `ShapSlice's own shaders failed (${reasonOf(error)}): the study goes on ${half ? 'with WASM' : 'with ONNX Runtime'}.`;
      }
      this.pendingNotice = this.state.note;
      return null;
    }
  }

  /**
   * @param {ModelManifest} manifest
   * @param {number} fold
   * @param {NetworkFiles} files
   * @param {number} channels
   * @param {number[]} shape i, j, k
   * @param {Float32Array} input
   * @returns {Promise<RunAnswer>}
   */
  async runInTurn(manifest, fold, files, channels, shape, input) {
    let open = this.current;
    if (open?.key !== sessionKey(manifest, fold))
      open = await this.openSession(manifest, fold, await files.rewritten());
    if (open.provider === 'webgpu') {
      try {
        return await this.runSession(open, manifest, channels, shape, input);
      } catch (error) {
        await this.giveUpWebGpu(manifest.id, error);
        open = await this.openSession(manifest, fold, await files.rewritten());
      }
    }
    return this.runSession(open, manifest, channels, shape, input).catch((error) => {
      this.pendingNotice = '';
      throw refusal(manifest, fold, 'could not run this network', error);
    });
  }

  /**
   * @param {OpenSession} open
   * @param {ModelManifest} manifest
   * @param {number} channels
   * @param {number[]} shape
   * @param {Float32Array} input
   * @returns {Promise<RunAnswer>}
   */
  async runSession({ session, provider, ending }, manifest, channels, shape, input) {
    const ort = /** @type {Ort} */ (this.ort);
    const [i, j, k] = shape;
    const extents = [1, channels, k, j, i];
    const tensor = takesHalfFloats(session, manifest.input)
      ? new ort.Tensor('float16', halfFloats(input, manifest.name), extents)
      : new ort.Tensor('float32', input, extents);
    const started = performance.now();
    const running = session.run({ [manifest.input]: tensor }, [manifest.output]); // of several outputs the one that is used
    const outputs = await (provider === 'webgpu' ? Promise.race([running, this.deviceLost]) : running);
    const seconds = (performance.now() - started) / 1000;
    const logits = outputs[manifest.output];
    if (!logits) throw new Error(`${manifest.name}: the network has no output named "${manifest.output}".`);
    const output = logits.type === 'float16' ? Float32Array.from(/** @type {any} */ (logits.data)) : logits.data;
    return {
      output: /** @type {Float32Array} */ (output),
      provider: provider + ending,
      seconds,
      notice: this.takeNotice(),
    };
  }

  async release() {
    this.own?.release();
    const open = this.current;
    this.current = null;
    if (!open) return;
    // With its last session the device is destroyed, which it reports as a loss: none that anybody need hear of. And on a
    // device that was lost before, a release need not end.
    const gone = this.deviceLost.catch(() => new Promise((resolve) => setTimeout(resolve, LOSS_MS)));
    this.device = null;
    this.deviceLost = new Promise(() => {});
    await Promise.race([open.session.release(), gone]);
  }
}
