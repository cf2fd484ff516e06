// The models that can be run: the site's own and the user's. Where their files are, and what a run of each costs here. What a
// model is, and whether it may be used, the engine decides.

import { measureApart } from './measure_worker.js';

/** @typedef {import('./types.d.ts').Engine} Engine */
/** @typedef {import('./types.d.ts').LoadedModel} LoadedModel */
/** @typedef {import('./types.d.ts').ModelGuess} ModelGuess */
/** @typedef {import('./types.d.ts').ModelManifest} ModelManifest */
/** @typedef {import('./types.d.ts').WarmUp} WarmUp */

/** @param {File} file */
async function bytesOf(file) {
  return new Uint8Array(await file.arrayBuffer());
}

/** @param {LoadedModel} model @param {string} name */
async function modelFile(model, name) {
  if (model.files) return bytesOf(/** @type {File} */ (model.files.get(name)));
  const response = await fetch(new URL(name, model.folder));
  if (response.status === 409) throw new Error(await response.text()); // the service worker's word on a damaged file
  if (!response.ok) throw new Error(`${name}: HTTP ${response.status}; expected the model's file.`);
  return new Uint8Array(await response.arrayBuffer());
}

export class ModelLibrary {
  /** @param {Engine} engine */
  constructor(engine) {
    this.engine = engine;
    /** @type {Map<string, LoadedModel>} */
    this.models = new Map();
    /** What a run of each model costs here, by id; null where it could not be run. @type {Map<string, WarmUp | null>} */
    this.warmUps = new Map();
    /** Settles when nothing is being measured. @type {Promise<void>} */
    this.measuring = Promise.resolve();
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
    /** @type {ModelManifest[]} */
    const manifests = [];
    for (const path of await (await fetch(new URL('index.json', folder))).json()) {
      const url = new URL(path, folder);
      const text = await (await fetch(url)).text();
      const problem = this.engine.addModel(path, text, 'null');
      if (problem) {
        refuse(problem);
        continue;
      }
      const manifest = /** @type {ModelManifest} */ (JSON.parse(text));
      this.models.set(manifest.id, { manifest, folder: new URL('.', url) });
      manifests.push(manifest);
    }
    return manifests;
  }

  /**
   * Takes the user's own model. @param {string} name of the manifest, for errors @param {string} json the manifest
   * @param {File[]} files
   * @returns {ModelManifest}
   */
  take(name, json, files) {
    const byName = new Map(files.map((file) => [file.name, file]));
    const problem = this.engine.addModel(name, json, JSON.stringify([...byName.keys()]));
    if (problem) throw new Error(problem);
    const manifest = /** @type {ModelManifest} */ (JSON.parse(json));
    this.models.set(manifest.id, { manifest, files: byName });
    this.warmUps.delete(manifest.id);
    return manifest;
  }

  /**
   * Takes a model of the user's: .onnx files with their model.json, or without. Without one, the answer is a guess at how to
   * read them, which take() settles.
   * @param {File[]} files
   * @returns {Promise<{ manifest: ModelManifest } | { guess: ModelGuess }>}
   */
  async add(files) {
    const manifests = files.filter((file) => file.name.endsWith('.json'));
    if (manifests.length > 1)
      throw new Error(`${manifests[1].name}: a second manifest; expected one model with one model.json at a time.`);
    if (manifests.length === 0) return { guess: await this.guess(files, '') };
    return { manifest: this.take(manifests[0].name, await manifests[0].text(), files) };
  }

  /**
   * Networks, one a fold, read under a convention ('' for the one that fits best).
   * @param {File[]} files
   * @param {string} convention
   * @returns {Promise<ModelGuess>}
   */
  async guess(files, convention) {
    /** @type {ModelGuess | null} */
    let guess = null;
    for (const file of files.filter(({ name }) => name.endsWith('.onnx'))) {
      const answer = JSON.parse(this.engine.describeNetwork(file.name, await bytesOf(file), convention));
      if (answer.error) throw new Error(answer.error);
      if (guess) guess.manifest.folds.push(...answer.manifest.folds);
      else guess = answer;
    }
    if (!guess) throw new Error('There is no network to read; drop an .onnx file first.');
    return guess;
  }

  /**
   * A fold's file as the runtime gets it: checked against the manifest, and put into operators that run everywhere.
   * @param {LoadedModel} model
   * @param {number} fold
   */
  async fold(model, fold) {
    const { file } = model.manifest.folds[fold];
    const content = await modelFile(model, file);
    const problem = this.engine.checkModelFile(model.manifest.id, fold, content);
    if (problem) throw new Error(problem);
    const { error, bytes } = this.engine.rewriteNetwork(file, content);
    if (error) throw new Error(error);
    return bytes;
  }

  /**
   * Runs a model once on little, if that was not done before. One at a time: two at once would each seem twice as slow.
   * @param {LoadedModel} model
   * @param {{ folder: URL, wanted: 'auto' | 'webgpu' | 'wasm' }} runtime what the study will run on
   * @param {() => boolean} begins whether to measure, asked when it is its turn
   * @returns {Promise<void>}
   */
  warmUp(model, runtime, begins) {
    this.measuring = this.measuring.then(async () => {
      if (this.warmUps.has(model.manifest.id) || !begins()) return;
      this.warmUps.set(model.manifest.id, await this.measure(model, runtime));
    });
    return this.measuring;
  }

  /**
   * @param {LoadedModel} model
   * @param {{ folder: URL, wanted: 'auto' | 'webgpu' | 'wasm' }} runtime
   * @returns {Promise<WarmUp | null>}
   */
  async measure(model, { folder, wanted: provider }) {
    const { manifest } = model;
    try {
      const shape = JSON.parse(this.engine.warmUpShape(manifest.id));
      const bytes = await this.fold(model, 0);
      return await measureApart({ folder: folder.href, provider, manifest, bytes, shape });
    } catch {
      return null; // the study will say why it does not run
    }
  }
}
