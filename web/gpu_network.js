// A convolutional network on WebGPU: buffers, pipelines and dispatches as the C++ engine worked them out
// (src/convnet/gpu_program.h), shaders as they are in shaders/. Nothing here knows what a network is.

/** @typedef {import('./types.d.ts').GpuPass} GpuPass */
/** @typedef {import('./types.d.ts').GpuProgram} GpuProgram */
/** @typedef {import('./types.d.ts').GpuPrograms} GpuPrograms */
/** @typedef {import('./types.d.ts').Labelling} Labelling */

// The fixed buffers of a program, in the order of GpuBuffer.
const [WEIGHTS, CONSTANTS, TABLES, INPUT, ABSENT, PRESENT, OUTPUT] = [0, 1, 2, 3, 4, 5, 6];
// GPUBufferUsage and GPUMapMode, which a worker under Node does not have as globals.
const [MAP_READ, COPY_SRC, COPY_DST, UNIFORM, STORAGE] = [1, 4, 8, 64, 128];

const HALF_FLOATS = 'shader-f16';

/** What a shader may be given at most on a device. @param {any} device a GPUDevice */
export function gpuLimits(device) {
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupsPerDimension } = device.limits;
  return {
    bufferBytes: Math.min(maxBufferSize, maxStorageBufferBindingSize),
    workgroups: maxComputeWorkgroupsPerDimension,
  };
}

/** A device with as much memory a buffer as its adapter allows, and half floats where it has them. @param {any} adapter a GPUAdapter @returns {Promise<any>} */
export function requestDevice(adapter) {
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const requiredFeatures = adapter.features.has(HALF_FLOATS) ? [HALF_FLOATS] : [];
  return adapter.requestDevice({ requiredFeatures, requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
}

/**
 * What is made once, unless it fails.
 * @template T
 * @param {Map<string, Promise<T>>} all @param {string} key @param {() => Promise<T>} make
 */
function kept(all, key, make) {
  let made = all.get(key);
  if (made) return made;
  all.set(key, (made = make()));
  made.catch(() => all.delete(key));
  return made;
}

/** The pipelines of a device, each made once. */
export class GpuShaders {
  /** @param {any} device a GPUDevice @param {(name: string) => Promise<string>} source WGSL of a shader */
  constructor(device, source) {
    this.device = device;
    this.source = source;
    /** @type {Map<string, Promise<any>>} */
    this.pipelines = new Map();
    /** @type {Map<string, Promise<string>>} */
    this.texts = new Map();
  }

  /** @param {string} file */
  text(file) {
    return kept(this.texts, file, () => this.source(file));
  }

  /** @param {Pick<GpuPass, 'shader' | 'reads' | 'writes' | 'constants'>} pass */
  pipeline({ shader, reads, writes, constants }) {
    const arithmetic = reads === 'half' && this.device.features.has(HALF_FLOATS) ? 'half_f16' : reads;
    const files = [`floats/read_${arithmetic}`, `floats/write_${writes}`, shader];
    const key = `${files} ${JSON.stringify(constants)}`;
    return kept(this.pipelines, key, () => this.compile(shader, files, constants ?? {}));
  }

  /** Whether a pass marks values that halves do not hold (floats/write_half.wgsl). @param {Pick<GpuPass, 'shader' | 'writes'>} pass */
  async marks({ shader, writes }) {
    return writes === 'half' && (await this.text(shader)).includes('written(');
  }

  /** @param {string} name @param {string[]} files in shaders/, one after another @param {Record<string, number>} constants overrides */
  async compile(name, files, constants) {
    const code = (await Promise.all(files.map((file) => this.text(file)))).join('');
    const module = this.device.createShaderModule({ label: name, code });
    return this.device.createComputePipelineAsync({ label: name, layout: 'auto', compute: { module, constants } });
  }
}

/** `marker`: the group of what a pass marks an overflow in. @typedef {{ pipeline: any, group: any, marker?: any, workgroups: number[] }} BoundPass */

/** @param {any} encoder @param {BoundPass[]} passes */
function encode(encoder, passes) {
  const pass = encoder.beginComputePass();
  for (const { pipeline, group, marker, workgroups } of passes) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    if (marker) pass.setBindGroup(1, marker);
    pass.dispatchWorkgroups(...workgroups);
  }
  pass.end();
}

/**
 * What was made, once all of it is there; where the device lacks memory or refuses something it is closed, and that is thrown.
 * @template {{ close: () => void }} T
 * @param {any} device @param {() => T} make @param {(made: T) => Promise<void>} fill
 * @returns {Promise<T>}
 */
async function checked(device, make, fill) {
  device.pushErrorScope('out-of-memory');
  device.pushErrorScope('validation');
  const made = make();
  /** @type {unknown} */
  let thrown = null;
  await fill(made).catch((error) => (thrown = error));
  const [refused, memory] = [await device.popErrorScope(), await device.popErrorScope()];
  thrown ??= refused || memory ? new Error((refused ?? memory).message) : null;
  if (thrown === null) return made;
  made.close();
  throw thrown;
}

/** What a buffer holds once everything encoded is done. @param {any} device @param {any} encoder @param {any} outcome @returns {Promise<ArrayBuffer>} */
async function readBack(device, encoder, outcome) {
  device.queue.submit([encoder.finish()]);
  await outcome.mapAsync(MAP_READ);
  const bytes = outcome.getMappedRange().slice(0);
  outcome.unmap();
  return bytes;
}

/** Workgroups of 64 invocations in two dimensions. @param {any} device @param {number} invocations */
function spread(device, invocations) {
  const groups = Math.ceil(invocations / 64);
  const across = Math.min(groups, device.limits.maxComputeWorkgroupsPerDimension);
  return [across, Math.ceil(groups / across), 1];
}

/** One network for one size of input, with the memory of all its volumes. */
export class GpuNetwork {
  /**
   * @param {GpuShaders} shaders
   * @param {GpuPrograms} programs what gpuProgram() of the C++ engine gave
   */
  static async open(shaders, { program, weights, constants, tables }) {
    const { device } = shaders;
    return checked(
      device,
      () => new GpuNetwork(device, JSON.parse(program)),
      async (network) => {
        network.write(WEIGHTS, weights);
        network.write(CONSTANTS, constants);
        network.write(TABLES, tables);
        network.loading = await network.bind(shaders, network.program.load, network.markers[0]);
        network.running = await network.bind(shaders, network.program.run, network.markers[1]);
      },
    );
  }

  /** @param {any} device @param {GpuProgram} program */
  constructor(device, program) {
    this.device = device;
    this.program = program;
    this.buffers = program.buffers.map((size) =>
      device.createBuffer({ size: Math.ceil(size / 16) * 16, usage: STORAGE | COPY_SRC | COPY_DST }),
    );
    const size = program.buffers[OUTPUT];
    this.outcome = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    /** Not 0 where the image, and where the last run, had values that halves do not hold. */
    this.markers = [0, 1].map(() => device.createBuffer({ size: 16, usage: STORAGE | COPY_SRC | COPY_DST }));
    this.marked = device.createBuffer({ size: 16, usage: MAP_READ | COPY_DST });
    /** Whether halves did not hold what the last run made: its output is no use. */
    this.overflowed = false;
    /** @type {any[]} */
    this.uniforms = [];
    /** @type {BoundPass[]} */
    this.loading = [];
    /** @type {BoundPass[]} */
    this.running = [];
  }

  /** Bytes held on the device. */
  get bytes() {
    return this.program.buffers.reduce((sum, size) => sum + size, this.program.buffers[OUTPUT]);
  }

  /** @param {number} buffer @param {Float32Array | Int32Array | Uint16Array} values */
  write(buffer, values) {
    this.device.queue.writeBuffer(this.buffers[buffer], 0, values);
  }

  /** @param {GpuShaders} shaders @param {GpuPass[]} passes @param {any} marker what they mark an overflow in */
  bind(shaders, passes, marker) {
    return Promise.all(
      passes.map(async (each) => {
        const { parameters, buffers, workgroups } = each;
        const pipeline = await shaders.pipeline(each);
        const size = Math.ceil(parameters.length / 4) * 16;
        const uniform = this.device.createBuffer({ size, usage: UNIFORM | COPY_DST });
        this.uniforms.push(uniform);
        this.device.queue.writeBuffer(uniform, 0, Int32Array.from(parameters));
        const bound = [uniform, ...buffers.map((buffer) => this.buffers[buffer])];
        const entries = bound.map((buffer, binding) => ({ binding, resource: { buffer } }));
        const group = this.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
        if (!(await shaders.marks(each))) return { pipeline, group, workgroups };
        const marking = [{ binding: 0, resource: { buffer: marker } }];
        const layout = pipeline.getBindGroupLayout(1);
        return { pipeline, group, marker: this.device.createBindGroup({ layout, entries: marking }), workgroups };
      }),
    );
  }

  /**
   * Takes an image. Its coalitions are made from it on the device, one after another, without another copy.
   * @param {Float32Array} input [channel][k][j][i], all contrasts
   * @param {Float32Array | null} absent what stands in for absent ones, where the program was made for that
   */
  load(input, absent = null) {
    this.write(INPUT, input);
    if (absent) this.write(ABSENT, absent);
    const encoder = this.device.createCommandEncoder();
    encoder.clearBuffer(this.markers[0]);
    encode(encoder, this.loading);
    this.device.queue.submit([encoder.finish()]);
  }

  /**
   * The network's output for a coalition of the image: [channel][k][j][i].
   * @param {number[]} present for each channel whether the coalition has it
   * @returns {Promise<Float32Array>}
   */
  async run(present) {
    const encoder = this.begin(present);
    encoder.copyBufferToBuffer(this.buffers[OUTPUT], 0, this.outcome, 0, this.program.buffers[OUTPUT]);
    const output = new Float32Array(await readBack(this.device, encoder, this.outcome));
    await this.readMarks();
    return output;
  }

  /**
   * The case's labels for a coalition of the image, 16 to a word (src/inference/labelling.h).
   * @param {number[]} present for each channel whether the coalition has it
   * @param {GpuLabels} labels
   */
  async label(present, labels) {
    const words = await labels.read(this.begin(present));
    await this.readMarks();
    return words;
  }

  /** Of a run that has ended. */
  async readMarks() {
    await this.marked.mapAsync(MAP_READ);
    const [image, , run] = new Uint32Array(this.marked.getMappedRange());
    this.overflowed = image !== 0 || run !== 0;
    this.marked.unmap();
  }

  /** What makes the output of a coalition. @param {number[]} present */
  begin(present) {
    this.write(PRESENT, Float32Array.from(present));
    const encoder = this.device.createCommandEncoder();
    encoder.clearBuffer(this.markers[1]);
    encode(encoder, this.running);
    for (const [n, marker] of this.markers.entries()) encoder.copyBufferToBuffer(marker, 0, this.marked, 8 * n, 8);
    return encoder;
  }

  /** Where run() finds the output. */
  get output() {
    return this.buffers[OUTPUT];
  }

  get outputBytes() {
    return this.program.buffers[OUTPUT];
  }

  /** Gives the device's memory back. */
  close() {
    for (const buffer of [...this.buffers, ...this.uniforms, ...this.markers, this.marked, this.outcome])
      buffer.destroy();
  }
}

/** Makes the labels of a case of a network's output, where that lies. */
export class GpuLabels {
  /** @param {GpuShaders} shaders @param {any} output the buffer that it lies in @param {Labelling} labelling */
  static async open(shaders, output, { parameters, taps, words }) {
    const { device } = shaders;
    const [i, j, k] = parameters;
    const voxels = i * j * k;
    return checked(
      device,
      () => new GpuLabels(device, voxels, taps.byteLength, words),
      async (labels) => {
        device.queue.writeBuffer(labels.uniform, 0, Int32Array.from(parameters));
        device.queue.writeBuffer(labels.taps, 0, taps);
        const pass = async (
          /** @type {string} */ shader,
          /** @type {any[]} */ buffers,
          /** @type {number} */ invocations,
        ) => {
          const pipeline = await shaders.pipeline({ shader, reads: 'single', writes: 'single', constants: null });
          const entries = [labels.uniform, ...buffers].map((buffer, binding) => ({ binding, resource: { buffer } }));
          const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
          return { pipeline, group, workgroups: spread(device, invocations) };
        };
        labels.passes = await Promise.all([
          pass('probabilities', [output, labels.probabilities], voxels),
          pass('labels', [labels.probabilities, labels.taps, labels.words], words),
        ]);
      },
    );
  }

  /** @param {any} device @param {number} voxels of the output @param {number} bytes of the taps @param {number} words */
  constructor(device, voxels, bytes, words) {
    this.count = words;
    const size = Math.max(16, words * Uint32Array.BYTES_PER_ELEMENT);
    this.uniform = device.createBuffer({ size: 48, usage: UNIFORM | COPY_DST });
    this.taps = device.createBuffer({ size: bytes, usage: STORAGE | COPY_DST });
    this.probabilities = device.createBuffer({ size: voxels * 16, usage: STORAGE });
    this.words = device.createBuffer({ size, usage: STORAGE | COPY_SRC });
    this.outcome = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    /** @type {BoundPass[]} */
    this.passes = [];
    this.device = device;
  }

  /** The labels, 16 to a word (src/inference/labelling.h), once what is encoded has made the output. @param {any} encoder */
  async read(encoder) {
    encode(encoder, this.passes);
    encoder.copyBufferToBuffer(this.words, 0, this.outcome, 0, this.outcome.size);
    return new Uint32Array(await readBack(this.device, encoder, this.outcome), 0, this.count);
  }

  /** Gives the device's memory back. */
  close() {
    for (const buffer of [this.uniform, this.taps, this.probabilities, this.words, this.outcome]) buffer.destroy();
  }
}
