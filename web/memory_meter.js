// How much memory ONNX Runtime holds. It tells nobody, so what it makes is watched: WebAssembly memories, and WebGPU buffers.

/** @type {WeakRef<WebAssembly.Memory>[]} */
const memories = [];
/** @type {WeakMap<object, number>} */
const bufferSizes = new WeakMap();
let watching = false;
let gpuBytes = 0;
let gpuHeight = 0;

/** Starts to watch. To be called before ONNX Runtime is loaded. */
export function watchMemory() {
  if (watching) return;
  watching = true;
  const Memory = WebAssembly.Memory;
  WebAssembly.Memory = class extends Memory {
    /** @param {WebAssembly.MemoryDescriptor} descriptor */
    constructor(descriptor) {
      super(descriptor);
      memories.push(new WeakRef(this));
    }
  };
  const { GPUDevice, GPUBuffer } = /** @type {any} */ (globalThis);
  if (!GPUDevice || !GPUBuffer) return;
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (/** @type {{ size: number }} */ descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    bufferSizes.set(buffer, descriptor.size);
    gpuBytes += descriptor.size;
    gpuHeight = Math.max(gpuHeight, gpuBytes);
    return buffer;
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    gpuBytes -= bufferSizes.get(this) ?? 0;
    bufferSizes.delete(this);
    return destroy.call(this);
  };
}

/** WebAssembly memories never shrink: what they hold is what was held at the height. */
function wasmBytes() {
  return memories.reduce((sum, memory) => sum + (memory.deref()?.buffer.byteLength ?? 0), 0);
}

/** Bytes held now. */
export function bytesHeld() {
  return wasmBytes() + gpuBytes;
}

/** Most bytes held since the last call of this. */
export function bytesAtHeight() {
  const height = wasmBytes() + gpuHeight;
  gpuHeight = gpuBytes;
  return height;
}
