// A convolutional network on WebGPU: buffers, pipelines and dispatches as the C++ engine worked them out
// (src/convnet/gpu_program.h), shaders as they are in shaders/. Nothing here knows what a network is.

/** @typedef {import('./types.d.ts').GpuPass} GpuPass */
/** @typedef {import('./types.d.ts').GpuProgram} GpuProgram */
/** @typedef {import('./types.d.ts').GpuPrograms} GpuPrograms */

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
    let text = this.texts.get(file);
    if (!text) this.texts.set(file, (text = this.source(file)));
    return text;
  }

  /** @param {GpuPass} pass */
  pipeline({ shader, reads, writes, constants }) {
    const arithmetic = reads === 'half' && this.device.features.has(HALF_FLOATS) ? 'half_f16' : reads;
    const files = [`floats/read_${arithmetic}`, `floats/write_${writes}`, shader];
    const key = `${files} ${JSON.stringify(constants)}`;
    let made = this.pipelines.get(key);
    if (!made) this.pipelines.set(key, (made = this.compile(shader, files, constants ?? {})));
    return made;
  }

  /** @param {string} name @param {string[]} files in shaders/, one after another @param {Record<string, number>} constants overrides */
  async compile(name, files, constants) {
    const code = (await Promise.all(files.map((file) => this.text(file)))).join('');
    const module = this.device.createShaderModule({ label: name, code });
    return this.device.createComputePipelineAsync({ label: name, layout: 'auto', compute: { module, constants } });
  }
}

/** One network for one size of input, with the memory of all its volumes. */
export class GpuNetwork {
  /**
   * @param {GpuShaders} shaders
   * @param {GpuPrograms} programs what gpuProgram() of the C++ engine gave
   */
  static async open(shaders, { program, weights, constants, tables }) {
    const { device } = shaders;
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    const network = new GpuNetwork(device, JSON.parse(program));
    network.write(WEIGHTS, weights);
    network.write(CONSTANTS, constants);
    network.write(TABLES, tables);
    network.loading = await network.bind(shaders, network.program.load);
    network.running = await network.bind(shaders, network.program.run);
    const problem = (await device.popErrorScope()) ?? (await device.popErrorScope());
    if (problem) {
      network.close();
      throw new Error(problem.message);
    }
    return network;
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
    /** @type {any[]} */
    this.uniforms = [];
    /** @type {{ pipeline: any, group: any, workgroups: number[] }[]} */
    this.loading = [];
    /** @type {{ pipeline: any, group: any, workgroups: number[] }[]} */
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

  /** @param {GpuShaders} shaders @param {GpuPass[]} passes */
  bind(shaders, passes) {
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
        return { pipeline, group, workgroups };
      }),
    );
  }

  /** @param {any} encoder @param {{ pipeline: any, group: any, workgroups: number[] }[]} passes */
  encode(encoder, passes) {
    const pass = encoder.beginComputePass();
    for (const { pipeline, group, workgroups } of passes) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...workgroups);
    }
    pass.end();
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
    this.encode(encoder, this.loading);
    this.device.queue.submit([encoder.finish()]);
  }

  /**
   * The network's output for a coalition of the image: [channel][k][j][i].
   * @param {number[]} present for each channel whether the coalition has it
   * @returns {Promise<Float32Array>}
   */
  async run(present) {
    this.write(PRESENT, Float32Array.from(present));
    const encoder = this.device.createCommandEncoder();
    this.encode(encoder, this.running);
    encoder.copyBufferToBuffer(this.buffers[OUTPUT], 0, this.outcome, 0, this.program.buffers[OUTPUT]);
    this.device.queue.submit([encoder.finish()]);
    await this.outcome.mapAsync(MAP_READ);
    const output = new Float32Array(this.outcome.getMappedRange().slice(0));
    this.outcome.unmap();
    return output;
  }

  /** Gives the device's memory back. */
  close() {
    for (const buffer of [...this.buffers, ...this.uniforms, this.outcome]) buffer.destroy();
  }
}
