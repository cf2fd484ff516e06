// The page's engine without the page: engine.wasm under Node, with onnxruntime-node as what runs the networks. The other
// side of src/app/engine_main.cpp, as web/engine_worker.js is in the browser.
import { existsSync, openAsBlob, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as ort from 'onnxruntime-node';
import { unpackArchives } from '../../web/archive.js';
import { describeFiles, findCases } from '../../web/case_files.js';
import { halfBits, halfValue } from './halves.mjs';

/** @typedef {import('../../web/types.d.ts').Engine} Engine */
/** @typedef {import('../../web/types.d.ts').EngineHost} EngineHost */
/** @typedef {import('../../web/types.d.ts').EngineModule} EngineModule */
/** @typedef {import('./types.d.ts').ReplicatedModel} ReplicatedModel */
/** @typedef {import('./types.d.ts').StudyResult} StudyResult */

/** Throws what the engine says is wrong. @param {string} sentence */
function must(sentence) {
  if (sentence) throw new Error(sentence);
}

/** @param {unknown} error */
function sentenceOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {ort.InferenceSession} session */
function takesHalves(session) {
  const [image] = session.inputMetadata;
  return image.isTensor && image.type === 'float16';
}

/** Halves have no array of their own in older JavaScript: their bits are made by hand. @param {Float32Array} values @param {number[]} extents */
function halfTensor(values, extents) {
  return new ort.Tensor('float16', Uint16Array.from(values, halfBits), extents);
}

/** @param {ort.Tensor} tensor @returns {Float32Array} */
function singles({ type, data }) {
  if (type !== 'float16') return /** @type {Float32Array} */ (data);
  return Float32Array.from(/** @type {Uint16Array} */ (data), halfValue);
}

/**
 * What runs networks: ONNX Runtime, or the program's own engine (docs/ENGINE.md) in floats or wide whole numbers.
 * @typedef {'onnxruntime' | 'float' | 'wide'} Numbers
 */

export class HeadlessEngine {
  /** @param {number} threads of ONNX Runtime within a run */
  constructor(threads) {
    this.threads = threads;
    /** @type {Numbers} */
    this.numbers = 'onnxruntime';
    /** The program's own engine, with what it has open. @type {{ key: string, network: import('../../web/types.d.ts').Convnet } | null} */
    this.own = null;
    /** @type {string} */
    this.folder = '';
    /** Told of each segmentation. @type {(fold: number, coalition: number, runs: Uint32Array) => void} */
    this.onSegmentation = () => {};
    /** @type {Map<string, ReplicatedModel>} */
    this.models = new Map();
    /** One at a time: a fold's runs follow one another. @type {{ key: string, session: ort.InferenceSession, ending: string } | null} */
    this.current = null;
    /** @type {(sentence: string) => void} */
    this.endStudy = () => {};
    /** @type {Engine | null} */
    this.engine = null;
  }

  /** @param {string} file engine.mjs @param {number} threads */
  static async load(file, threads) {
    if (!existsSync(file)) throw new Error(`${file}: there is no engine; expected that of \`npm run build\`.`);
    const headless = new HeadlessEngine(threads);
    headless.folder = path.dirname(file);
    const { default: create } = await import(pathToFileURL(file).href);
    const module = /** @type {EngineModule} */ (await create());
    /** @type {EngineHost} */
    const host = {
      startRun: (ticket, modelId, fold, channels, shape, input, _fast, _mask, ranges, measures) => {
        // The view dies when the engine's memory grows.
        const copy = input.slice();
        if (measures) void headless.answerRanges(ticket, modelId, fold, shape, copy);
        else void headless.answerRun(ticket, modelId, fold, channels, shape, copy, ranges);
      },
      onResult: () => {},
      onOtherSettings: () => {},
      onSegmentation: (_model, fold, coalition, runs) => headless.onSegmentation(fold, coalition, runs),
      onRun: () => {},
      onStudyEnd: (sentence) => headless.endStudy(sentence),
    };
    headless.engine = new module.Engine(host);
    return headless;
  }

  get core() {
    if (!this.engine) throw new Error('The engine is not loaded.');
    return this.engine;
  }

  /** @param {ReplicatedModel} model */
  addModel(model) {
    must(this.core.addModel(path.join(model.folder, 'model.json'), model.text, 'null'));
    this.models.set(model.id, model);
  }

  /**
   * Files below a folder, by their path from it.
   * @param {string} folder
   * @returns {Promise<import('../../web/types.d.ts').CaseFile[]>}
   */
  async filesBelow(folder) {
    const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = names.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name))).sort();
    return Promise.all(
      paths.map(async (name) => {
        const whole = path.join(folder, name);
        const file = Object.assign(await openAsBlob(whole), { lastModified: statSync(whole).mtimeMs });
        return { path: name.replaceAll(path.sep, '/'), file };
      }),
    );
  }

  /**
   * @param {string} folder with a case's files, in the roles their names suggest
   * @param {{ case?: string, roles?: Record<string, string> }} [options] which of several cases, and roles by path
   */
  async openCase(folder, options = {}) {
    const engine = this.core;
    const files = await unpackArchives(await this.filesBelow(folder), () => import('fflate'));
    const entries = await describeFiles(engine, files);
    const list = findCases(engine, entries, options.roles ?? {}, options.case ?? '');
    must(list.error);
    const byPath = new Map(files.map((each) => [each.path, each.file]));
    const read = async (/** @type {string} */ name) =>
      new Uint8Array(await /** @type {Blob} */ (byPath.get(name)).arrayBuffer());
    for (const { path: name, imagePath } of JSON.parse(engine.beginCase())) {
      // What is wrong with a file is in finishCase()'s answer.
      engine.addFile(name, await read(name), imagePath ? await read(imagePath) : null);
    }
    must(JSON.parse(engine.finishCase()).error);
  }

  /**
   * All coalitions of the folds of one model, on the case that is open.
   * @param {string} id @param {number[]} folds @param {Numbers} [numbers]
   * @returns {Promise<StudyResult>}
   */
  async study(id, folds, numbers = 'onnxruntime') {
    this.numbers = numbers;
    /** @type {Promise<string>} */
    const ended = new Promise((resolve) => (this.endStudy = resolve));
    const settings = { precision: numbers === 'wide' ? 'fast' : 'exact' };
    must(this.core.runStudy(JSON.stringify({ models: [{ id, folds }], settings })));
    must(await ended);
    return JSON.parse(this.core.resultJson());
  }

  /**
   * @param {number} ticket @param {string} id @param {number} fold @param {number} channels
   * @param {number[]} shape i, j, k @param {Float32Array} input @param {string} ranges measured on the case; '': the model's
   */
  async answerRun(ticket, id, fold, channels, shape, input, ranges) {
    try {
      const model = /** @type {ReplicatedModel} */ (this.models.get(id));
      if (this.numbers !== 'onnxruntime') {
        const started = performance.now();
        const network = await this.ownNetwork(model, fold, shape, ranges);
        const output = network.run(input);
        if (!output) throw new Error(`${model.name}: the input is of another size than the network was opened for.`);
        const { again } = JSON.parse(network.outcome());
        const provider = again ? 'engine-float' : ranges ? 'engine-measured' : 'engine';
        this.core.completeRun(ticket, output, provider, (performance.now() - started) / 1000, '');
        return;
      }
      const { session, ending } = await this.sessionOf(model, fold);
      const extents = [1, channels, shape[2], shape[1], shape[0]];
      const tensor = takesHalves(session) ? halfTensor(input, extents) : new ort.Tensor('float32', input, extents);
      const started = performance.now();
      const outputs = await session.run({ [model.input]: tensor }, [model.output]);
      const seconds = (performance.now() - started) / 1000;
      const output = outputs[model.output];
      if (!output) throw new Error(`${model.name}: the network has no output named "${model.output}".`);
      this.core.completeRun(ticket, singles(output), `cpu${ending}`, seconds, '');
    } catch (error) {
      this.core.failRun(ticket, sentenceOf(error));
    }
  }

  /**
   * The ranges of a case that leaves those of the model.
   * @param {number} ticket @param {string} id @param {number} fold @param {number[]} shape i, j, k @param {Float32Array} input
   */
  async answerRanges(ticket, id, fold, shape, input) {
    try {
      const model = /** @type {ReplicatedModel} */ (this.models.get(id));
      this.core.completeRanges(ticket, (await this.ownNetwork(model, fold, shape, '')).widenedRanges(input));
    } catch (error) {
      this.core.failRun(ticket, sentenceOf(error));
    }
  }

  /** @param {ReplicatedModel} model @param {number} fold @param {number[]} shape @param {string} ranges */
  async ownNetwork(model, fold, shape, ranges) {
    const key = `${model.id}/${fold} ${shape} ${this.numbers} ${ranges}`;
    if (this.own?.key === key) return this.own.network;
    this.own?.network.delete();
    this.own = null;
    const { default: create } = await import(pathToFileURL(path.join(this.folder, 'convnet.mjs')).href);
    const network = new /** @type {import('../../web/types.d.ts').ConvnetModule} */ (await create()).Convnet();
    const { file, activations } = model.folds[fold];
    const bytes = this.networkOf(model, fold);
    const extents = shape.toReversed();
    must(
      this.numbers === 'wide'
        ? network.openWhole(file, bytes, extents, '', ranges || JSON.stringify(activations))
        : network.open(file, bytes, extents, ''),
    );
    this.own = { key, network };
    return network;
  }

  /** The fold's network, checked against the manifest, its weights in it. @param {ReplicatedModel} model @param {number} fold */
  networkOf(model, fold) {
    /** @type {string[]} */
    const paths = JSON.parse(this.core.modelFiles(model.id, fold));
    const contents = paths.map((each) => new Uint8Array(readFileSync(path.join(model.folder, each))));
    const { error, bytes } = this.core.wholeNetwork(model.id, fold, contents);
    must(error);
    return bytes ?? contents[0];
  }

  /** The fold's network, rewritten as the page does. @param {ReplicatedModel} model @param {number} fold */
  async sessionOf(model, fold) {
    const key = `${model.id}/${fold}`;
    if (this.current?.key === key) return this.current;
    const old = this.current?.session;
    this.current = null;
    await old?.release();
    const { error, bytes, ending } = this.core.rewriteNetwork(model.folds[fold].file, this.networkOf(model, fold));
    must(error ?? '');
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'all',
      intraOpNumThreads: this.threads,
    });
    return (this.current = { key, session, ending });
  }
}
