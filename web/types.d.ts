// Types of what is built (engine.mjs, app.mjs) or fetched at run time, for `tsc --checkJs`.

/** What is asked of a file to open: a Blob, or a file within an archive. */
export interface FileBytes {
  size: number;
  /** Milliseconds since 1970. */
  lastModified?: number;
  arrayBuffer(): Promise<ArrayBuffer>;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** A file to open: where it lies among what was chosen (forward slashes), and its bytes. */
export interface CaseFile {
  path: string;
  file: FileBytes;
}

export interface ZipEntry {
  name: string;
  size: number;
  originalSize: number;
  compression: number;
}

/** What is used of fflate. */
export interface ZipLibrary {
  unzipSync(
    bytes: Uint8Array,
    options: { filter: (entry: ZipEntry) => boolean },
  ): Record<string, Uint8Array<ArrayBuffer>>;
}

/** What is said of a file, or of the whole case where `file` is '' (src/base/notice.h). */
export interface Notice {
  kind: 'note' | 'check' | 'question' | 'refusal';
  file: string;
  sentence: string;
}

/** A row of the table of files that the page shows (src/study/case_summary.h). */
export interface ListedFile {
  name: string;
  role: string;
  detail: string;
  mark: '' | 'chosen' | 'question' | 'error';
  remark: string;
  notices: Notice[];
}

/** A row of a case's table of files (src/intake/case_list.h). */
export interface FoundFile {
  path: string;
  key: string;
  frame: number | null;
  role: string;
  named: string;
  image: string;
  mark: '' | 'chosen' | 'question';
  remark: string;
  instead: string[];
}

export interface FoundCase {
  name: string;
  folder: string;
  identifier: string;
  visit: string;
  missing: string[];
  refusal: string;
  files: FoundFile[];
  labelNames: unknown;
}

/** What the engine makes of the files: `error` is why the case that is chosen, or none, can be opened; '' where it can. */
export interface CaseList {
  cases: FoundCase[];
  foreign: { what: string; sentence: string; first: string; count: number }[];
  chosen: number | null;
  refusal: string;
  error: string;
}

/** src/app/engine_main.cpp. Methods returning `string` return JSON, or an error sentence ('' when all is well). */
export interface Engine {
  filesToLookInto(filesJson: string): string;
  lookIntoFile(path: string, bytes: Uint8Array): string;
  findCases(requestJson: string): string;
  fileTable(): string;
  beginCase(): string;
  addFile(path: string, bytes: Uint8Array, imageBytes: Uint8Array | null): string;
  finishCase(): string;
  openPhantom(settingsJson: string): void;
  hasCase(): boolean;
  display(contrast: number): Uint16Array;
  caseSummary(): string;
  reference(): Uint8Array | null;
  addModel(fileName: string, manifestJson: string, filesJson: string): string;
  /** Paths as a JSON array: a fold's network, then the files that hold its weights. */
  modelFiles(modelId: string, fold: number): string;
  /** `bytes` null: the first of `files` is whole. */
  wholeNetwork(modelId: string, fold: number, files: Uint8Array[]): { error: string; bytes?: Uint8Array | null };
  calibrationInput(modelId: string): { error?: string; shape: number[]; input: Float32Array };
  rewriteNetwork(fileName: string, bytes: Uint8Array): { error?: string } & RewrittenNetwork;
  isModelDrop(pathsJson: string): boolean;
  beginModel(pathsJson: string): string;
  addModelText(path: string, bytes: Uint8Array): string;
  modelNetworks(): string;
  networkWeights(path: string, bytes: Uint8Array): string;
  addNetwork(path: string, bytes: Uint8Array, weightsPathsJson: string, weights: Uint8Array[]): string;
  guessModel(convention: string): string;
  runStudy(optionsJson: string): string;
  warmUpShape(modelId: string): string;
  forecastStudy(optionsJson: string, measuredJson: string): string;
  storedCaseKey(): string;
  restoreRun(
    key: string,
    coalition: number,
    counts: Float64Array,
    labels: Uint32Array,
    provider: string,
    seconds: number,
  ): boolean;
  recallStudy(optionsJson: string): string;
  abandonCase(): void;
  setEngines(count: number): void;
  setMasks(masks: boolean): void;
  setHalves(halves: boolean): void;
  cancel(): void;
  setClinicalRanking(json: string): string;
  chooseLabels(convention: string): string;
  completeRun(ticket: number, output: Float32Array, provider: string, seconds: number, notice: string): void;
  completeLabels(ticket: number, words: Uint32Array, provider: string, seconds: number, notice: string): void;
  /** Of activations, JSON; '': those of the model do. */
  completeRanges(ticket: number, ranges: string): void;
  failRun(ticket: number, sentence: string): void;
  resultJson(): string;
  resultCsv(): string;
  segmentationFile(modelId: string, fold: number, coalition: number): Uint8Array | null;
  delete(): void;
}

/** src/app/convnet_main.cpp: a network in the program's own engine. Extents are k, j, i. */
export interface Convnet {
  /** `output`: the name of the one that is wanted, '' the finest. */
  open(file: string, bytes: Uint8Array, extents: number[], output: string): string;
  openWhole(file: string, bytes: Uint8Array, extents: number[], output: string, rangesJson: string): string;
  run(input: Float32Array): Float32Array | null;
  /** After openWhole(): {again, clipped: {tensor: share}} of the last run, JSON. */
  outcome(): string;
  /** After openWhole(): its ranges, widened to what this input takes, JSON; '' where that is of another size. */
  widenedRanges(input: Float32Array): string;
  ranges(input: Float32Array): string;
  facts(): string;
  delete(): void;
}

export interface ConvnetModule {
  Convnet: new () => Convnet;
  gpuProgram(
    file: string,
    bytes: Uint8Array,
    extents: number[],
    output: string,
    standsIn: boolean,
    bufferBytes: number,
    workgroups: number,
    half: boolean,
  ): GpuPrograms;
}

/** A pass of a compute shader: src/convnet/gpu_program.h. */
export interface GpuPass {
  shader: string;
  reads: 'single' | 'half';
  writes: 'single' | 'half';
  constants: Record<string, number> | null;
  parameters: number[];
  buffers: number[];
  workgroups: number[];
}

export interface GpuProgram {
  /** Bytes of each. */
  buffers: number[];
  channels: number;
  load: GpuPass[];
  run: GpuPass[];
}

export interface GpuPrograms {
  /** A sentence, and nothing else is there; or ''. */
  problem: string;
  /** A GpuProgram as JSON. */
  program: string;
  /** Floats, or the bits of halves. */
  weights: Float32Array | Uint16Array;
  constants: Float32Array;
  tables: Int32Array;
}

/** A coalition that the host makes itself: src/inference/runtime.h. */
export interface Mask {
  /** For each channel 1 where the coalition has it, else 0. */
  present: number[];
  /** What stands in for what it lacks; null: 0. */
  absent: Float32Array | null;
  /** The same for runs with the same input and absent. */
  image: number;
  /** What the case's labels are made by where the output lies; null: it is wanted itself. */
  labelling: Labelling | null;
}

/** src/inference/labelling.h. */
export interface Labelling {
  parameters: number[];
  /** That the output must have. */
  channels: number;
  taps: Int32Array;
  /** That the labels take, 16 to each. */
  words: number;
}

/** What the engine calls back on. */
export interface EngineHost {
  startRun(
    ticket: number,
    modelId: string,
    fold: number,
    channels: number,
    shape: number[],
    input: Float32Array,
    fast: boolean,
    mask: Mask | null,
    /** Of activations, JSON, that a fast run goes by; '': those of the model. */
    ranges: string,
    /** Ranges are asked for in place of a run: completeRanges(). */
    measures: boolean,
  ): void;
  onResult(json: string): void;
  onOtherSettings(): void;
  onSegmentation(modelId: string, fold: number, coalition: number, runs: Uint32Array): void;
  onRun(
    key: string,
    coalition: number,
    counts: Float64Array,
    labels: Uint32Array,
    provider: string,
    seconds: number,
  ): void;
  onStudyEnd(sentence: string): void;
}

/** A model run: of the case of that key, under the engine's own key of model, fold and baseline. */
export interface StoredRun {
  case: string;
  key: string;
  coalition: number;
  counts: Float64Array;
  labels: Uint32Array;
  provider: string;
  seconds: number;
}

/** The last study of a case. */
export interface StoredStudy {
  case: string;
  /** As run() takes them, JSON. */
  options: string;
  finished: boolean;
  /** When it was begun, ISO 8601. */
  when: string;
}

export interface StorageState {
  traceless: boolean;
  runs: number;
  cases: number;
}

/** What brings a new engine to where one that stopped was. */
export interface Shelf {
  runs: StoredRun[];
  /** Of the last study, JSON; '' where there was none. */
  options: string;
}

export interface EngineModule {
  Engine: new (host: EngineHost) => Engine;
}

/** model.json; see docs/models.md. */
export interface ModelManifest {
  id: string;
  name: string;
  architecture: string;
  input: string;
  output: string;
  folds: { file: string; sha256: string; data?: string[]; activations?: Record<string, number[]> }[];
  [field: string]: unknown;
}

/** Where models are to run; 'webgpu-ort' is WebGPU by ONNX Runtime alone, without the program's own shaders. */
export type WantedProvider = 'auto' | 'webgpu' | 'webgpu-ort' | 'wasm';

export interface RuntimeState {
  provider: 'webgpu' | 'wasm';
  threads: number;
  /** The program's own, for runs in whole numbers. */
  engines?: number;
  crossOriginIsolated: boolean;
  adapter: string;
  /** Whether fast runs are made on WebGPU, with volumes in halves; else in whole numbers, by `engines`. */
  halves: boolean;
  note: string;
  /** Of the site: what runs models here; a file may carry a further ending. */
  files: string[];
}

/** A measured run: i, j, k of its input; seconds that pass for each; bytes that the runtime held before and at its height. */
export interface WarmUp {
  shape: number[];
  seconds: number;
  bytesLoaded: number;
  bytesRun: number;
  bytesOfFile?: number;
  valuesPerVoxel?: number;
}

/** A fold's network: as it is in its file, and put into operators that ONNX Runtime runs everywhere. */
export interface NetworkFiles {
  original(): Promise<Uint8Array>;
  rewritten(): Promise<RewrittenNetwork>;
}

export interface RewrittenNetwork {
  bytes: Uint8Array;
  /** To be put behind the name of the provider that runs it. */
  ending: string;
  /** That a run holds at its height, for each voxel of its input. */
  valuesPerVoxel: number;
}

export interface RunAnswer {
  output: Float32Array;
  /** The case's labels in place of the output, where a mask asked for them. */
  labels?: Uint32Array;
  provider: string;
  seconds: number;
  notice: string;
}

/** A dropped model as the engine reads it (src/model_files/model_reading.h). */
export interface ModelGuess {
  /** The model.json that was given; '': the manifest is a guess. */
  manifestFile: string;
  /** Sentences for the user. */
  remarks: string[];
  manifest: ModelManifest;
  convention: string;
  conventions: { id: string; name: string }[];
}

/** Where a model's files come from: a folder of the site, or the user's own files by path. */
export interface LoadedModel {
  manifest: ModelManifest;
  folder?: URL;
  files?: Map<string, CaseFile['file']>;
  /** Settles when the ranges of its activations are known: '', or why there are none. */
  settled?: Promise<string>;
}
