// The models that can be run: the site's own and the user's. Where their files are, and what a run of each costs here. What a
// model is, and whether it may be used, the engine decides.

import { measureApart } from './measure_worker.js';
import { bytesOf } from './read_file.js';
import { siteFile } from './site_file.js';

/** @typedef {import('./types.d.ts').CaseFile} CaseFile */
/** @typedef {import('./types.d.ts').Engine} Engine */
/** @typedef {import('./types.d.ts').LoadedModel} LoadedModel */
/** @typedef {import('./types.d.ts').ModelGuess} ModelGuess */
/** @typedef {import('./types.d.ts').ModelManifest} ModelManifest */
/** @typedef {import('./types.d.ts').WarmUp} WarmUp */

/** @param {LoadedModel} model @param {string} path */
async function modelFile(model, path) {
  if (model.files) return bytesOf(/** @type {CaseFile['file']} */ (model.files.get(path)), path);
  return new Uint8Array(await (await siteFile(new URL(path, model.folder))).arrayBuffer());
}

/** Under what a model's costs are kept. @param {ModelManifest} manifest @param {boolean} fast */
function warmUpKey({ id, folds }, fast) {
  return fast && folds[0].activations ? `${id} fast` : id;
}

export class ModelLibrary {
  /** @param {Engine} engine @param {import('./convnet_pool.js').ConvnetPool} pool */
  constructor(engine, pool) {
    this.engine = engine;
    this.pool = pool;
    /** @type {Map<string, LoadedModel>} */
    this.models = new Map();
    /** What a run of each model costs here, by id; null where it could not be run. @type {Map<string, WarmUp | null>} */
    this.warmUps = new Map();
    /** Settles when nothing is being measured. @type {Promise<void>} */
    this.measuring = Promise.resolve();
    /** Settles when no dropped model is being read: the engine reads one at a time. @type {Promise<unknown>} */
    this.reading = Promise.resolve();
  }

  /** @param {string} id @returns {LoadedModel} */
  get(id) {
    const model = this.models.get(id);
    if (!model) throw new Error(`The model "${id}" is not loaded.`);
    return model;
  }

  /**
   * The models of the site.
   * @param {URL} folder with index.json
   * @param {(sentence: string) => void} refuse told of a manifest that the engine does not take
   * @returns {Promise<ModelManifest[]>}
   */
  async loadSite(folder, refuse) {
    const sentenceOf = (/** @type {unknown} */ error) => (error instanceof Error ? error.message : String(error));
    /** @type {ModelManifest[]} */
    const manifests = [];
    /** @type {string[]} */
    let paths = [];
    try {
      paths = await (await siteFile(new URL('index.json', folder))).json();
    } catch (error) {
      refuse(`The site's models cannot be listed: ${sentenceOf(error)} Models of your own can be dropped on the page.`);
    }
    for (const path of paths) {
      const url = new URL(path, folder);
      try {
        const text = await (await siteFile(url)).text();
        const problem = this.engine.addModel(path, text, 'null');
        if (problem) throw new Error(problem);
        const manifest = /** @type {ModelManifest} */ (JSON.parse(text));
        // What the recipe found no ranges for, the engine does not run.
        this.models.set(manifest.id, { manifest, folder: new URL('.', url), settled: Promise.resolve('') });
        manifests.push(manifest);
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) throw error; // no sentence: the engine itself is done for
        refuse(sentenceOf(error));
      }
    }
    return manifests;
  }

  /**
   * Takes the user's own model. @param {string} name of the manifest, for errors @param {string} json the manifest
   * @param {CaseFile[]} files
   * @returns {ModelManifest}
   */
  take(name, json, files) {
    const byPath = new Map(files.map(({ path, file }) => [path, file]));
    const problem = this.engine.addModel(name, json, JSON.stringify([...byPath.keys()]));
    if (problem) throw new Error(problem);
    const manifest = /** @type {ModelManifest} */ (JSON.parse(json));
    const known = manifest.folds.every(({ activations }) => activations);
    this.models.set(manifest.id, { manifest, files: byPath, settled: known ? Promise.resolve('') : undefined });
    this.warmUps.delete(manifest.id);
    this.warmUps.delete(warmUpKey(manifest, true));
    return manifest;
  }

  /**
   * Takes a model of the user's: .onnx files with their model.json, or without. Without one, the answer is a guess at how to
   * read them, which take() settles.
   * @param {CaseFile[]} files
   * @param {string} convention '' for what lies beside the networks, or the one that fits best
   * @returns {Promise<{ manifest: ModelManifest } | { guess: ModelGuess }>}
   */
  async add(files, convention) {
    const guess = await this.guess(files, convention);
    if (!guess.manifestFile) return { guess };
    return { manifest: this.take(guess.manifestFile, JSON.stringify(guess.manifest), files) };
  }

  /**
   * What the engine makes of a dropped model's files.
   * @param {CaseFile[]} files
   * @param {string} convention
   * @returns {Promise<ModelGuess>}
   */
  guess(files, convention) {
    const guess = this.reading.then(() => this.read(files, convention));
    this.reading = guess.catch(() => {});
    return guess;
  }

  /** @param {CaseFile[]} files @param {string} convention @returns {Promise<ModelGuess>} */
  async read(files, convention) {
    const { engine } = this;
    const byPath = new Map(files.map(({ path, file }) => [path, file]));
    const bytesAt = (/** @type {string} */ path) => bytesOf(/** @type {CaseFile['file']} */ (byPath.get(path)), path);
    const answered = (/** @type {string} */ json) => {
      const answer = JSON.parse(json);
      if (answer.error) throw new Error(answer.error);
      return answer;
    };
    const must = (/** @type {string} */ problem) => {
      if (problem) throw new Error(problem);
    };
    for (const path of answered(engine.beginModel(JSON.stringify([...byPath.keys()]))).texts)
      must(engine.addModelText(path, await bytesAt(path)));
    for (const path of JSON.parse(engine.modelNetworks())) {
      const bytes = await bytesAt(path);
      /** @type {string[]} */
      const beside = answered(engine.networkWeights(path, bytes)).files;
      const weights = [];
      for (const each of beside) weights.push(await bytesAt(each));
      must(engine.addNetwork(path, bytes, JSON.stringify(beside), weights));
    }
    return answered(engine.guessModel(convention));
  }

  /**
   * A fold's network, checked against the manifest; weights that lie beside it are put into it.
   * @param {LoadedModel} model
   * @param {number} fold
   * @returns {Promise<Uint8Array>}
   */
  async file(model, fold) {
    const { id } = model.manifest;
    const contents = [];
    for (const path of JSON.parse(this.engine.modelFiles(id, fold))) contents.push(await modelFile(model, path));
    const { error, bytes } = this.engine.wholeNetwork(id, fold, contents);
    if (error) throw new Error(error);
    return bytes ?? contents[0];
  }

  /**
   * Measures the ranges of a model's activations, fold by fold, and takes it anew with them.
   * @param {LoadedModel} model
   * @returns {Promise<string>} why the program's own engine does not run it; '' where it does
   */
  settleRanges(model) {
    return (model.settled ??= this.measureRanges(model));
  }

  /** @param {LoadedModel} model @returns {Promise<string>} */
  async measureRanges(model) {
    const { manifest } = model;
    const { error, shape, input } = this.engine.calibrationInput(manifest.id);
    if (error) return error;
    for (const [fold, entry] of manifest.folds.entries()) {
      if (entry.activations) continue;
      const bytes = await this.file(model, fold);
      const measured = await this.pool.ranges(entry.file, manifest.output, bytes, shape, input);
      if ('refused' in measured) return measured.refused;
      entry.activations = measured.activations;
    }
    const names = JSON.stringify([...(model.files?.keys() ?? [])]);
    return this.engine.addModel('model.json', JSON.stringify(manifest), names);
  }

  /**
   * A fold's file as ONNX Runtime gets it: put into operators that run everywhere.
   * @param {LoadedModel} model
   * @param {number} fold
   */
  async fold(model, fold) {
    return this.rewritten(model, fold, await this.file(model, fold));
  }

  /** @param {LoadedModel} model @param {number} fold @param {Uint8Array} bytes of its network */
  rewritten(model, fold, bytes) {
    const { file } = model.manifest.folds[fold];
    const { error, ...rewritten } = this.engine.rewriteNetwork(file, bytes);
    if (error) throw new Error(error);
    return rewritten;
  }

  /** @param {LoadedModel} model @param {number} fold @returns {import('./types.d.ts').NetworkFiles} */
  files(model, fold) {
    return { original: () => this.file(model, fold), rewritten: () => this.fold(model, fold) };
  }

  /**
   * Runs a model once on little, if that was not done before. One at a time: two at once would each seem twice as slow.
   * @param {LoadedModel} model
   * @param {boolean} fast not in float32, where it can be
   * @param {import('./ort_runtime.js').OrtRuntime} runtime what the study will run on
   * @param {() => boolean} begins whether to measure, asked when it is its turn
   * @returns {Promise<void>}
   */
  warmUp(model, fast, runtime, begins) {
    const key = warmUpKey(model.manifest, fast);
    this.measuring = this.measuring.then(async () => {
      if (this.warmUps.has(key) || !begins()) return;
      this.warmUps.set(key, await this.measure(model, key !== model.manifest.id, runtime));
    });
    return this.measuring;
  }

  /** By id, what was measured of a fast study or of an exact one. @param {boolean} fast @returns {Record<string, WarmUp>} */
  measured(fast) {
    /** @type {Record<string, WarmUp>} */
    const found = {};
    for (const { manifest } of this.models.values()) {
      const measured = this.warmUps.get(warmUpKey(manifest, fast));
      if (measured) found[manifest.id] = measured;
    }
    return found;
  }

  /**
   * @param {LoadedModel} model
   * @param {boolean} fast
   * @param {import('./ort_runtime.js').OrtRuntime} runtime
   * @returns {Promise<WarmUp | null>}
   */
  async measure(model, fast, runtime) {
    const { manifest } = model;
    try {
      const state = await runtime.prepare();
      const shape = JSON.parse(this.engine.warmUpShape(manifest.id));
      const inHalves = fast && state.halves;
      if (fast && !inHalves) {
        let bytesOfFile = 0;
        const file = async () => {
          const bytes = await this.file(model, 0);
          bytesOfFile = bytes.length;
          return bytes;
        };
        return { ...(await this.pool.measure(manifest, file, shape)), bytesOfFile };
      }
      // Files may be large: one is read once, and what no shader is made of does not go along.
      const whole = await this.file(model, 0);
      const rewritten = this.rewritten(model, 0, whole);
      const original = state.provider === 'webgpu' ? whole : new Uint8Array(0);
      const known = { bytesOfFile: whole.length, valuesPerVoxel: inHalves ? 0 : rewritten.valuesPerVoxel };
      const measured = await measureApart({
        folder: runtime.folder.href,
        provider: runtime.wanted,
        manifest,
        original,
        rewritten,
        shape,
        half: inHalves,
      });
      return { ...measured, ...known };
    } catch {
      return null; // the study will say why it does not run
    }
  }
}
