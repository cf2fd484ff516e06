// The program's own engines (docs/ENGINE.md), one a core: each runs a coalition by itself, so that none waits for another
// and the page need not be cross-origin isolated for it. Which networks they take, and how many runs are asked for at once,
// the C++ engine decides.

/** @typedef {import('./types.d.ts').ModelManifest} ModelManifest */
/** @typedef {import('./types.d.ts').RunAnswer} RunAnswer */
/** @typedef {import('./types.d.ts').WarmUp} WarmUp */

const MOST_ENGINES = 8;
const PROGRAM_BYTES = 8 * 2 ** 20; // code, stack and what a network's file takes while it is read

/** How many there are to be here. */
export function enginesHere() {
  return Math.min(globalThis.navigator?.hardwareConcurrency || 1, MOST_ENGINES);
}

/** One engine, and the promises of what was asked of it. */
class ConvnetClient {
  constructor() {
    this.worker = new Worker(new URL('convnet_worker.js', import.meta.url), {
      type: 'module',
      name: 'shapslice-convnet',
    });
    /** Network and size that is open: a key; '' for none. */
    this.open = '';
    this.busy = false;
    this.ended = false;
    /** Of the network that is open. @type {{ bytes: number, volumes: number }} */
    this.facts = { bytes: 0, volumes: 0 };
    /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
    this.asked = new Map();
    this.next = 1;
    this.worker.addEventListener('message', ({ data: { id, value, error } }) => {
      const waiting = this.asked.get(id);
      this.asked.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    });
    this.worker.addEventListener('error', (event) => this.end(event.message || 'it could not be loaded'));
  }

  /** @param {string} method @param {unknown[]} args @param {Transferable[]} [transfer] @returns {Promise<any>} */
  call(method, args, transfer = []) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(new Error('it was stopped'));
      this.asked.set(id, { resolve, reject });
      this.worker.postMessage({ id, method, args }, { transfer });
    });
  }

  /** @param {string} reason */
  end(reason) {
    this.ended = true;
    this.worker.terminate();
    for (const { reject } of this.asked.values()) reject(new Error(reason));
    this.asked.clear();
  }
}

export class ConvnetPool {
  /** @param {number} count */
  constructor(count) {
    this.count = count;
    /** @type {ConvnetClient[]} */
    this.clients = [];
    /** Who waits for an engine that is free. @type {((client: ConvnetClient) => void)[]} */
    this.queue = [];
  }

  /** @returns {Promise<ConvnetClient>} */
  async take() {
    this.clients = this.clients.filter(({ ended }) => !ended);
    let client = this.clients.find(({ busy }) => !busy);
    if (!client && this.clients.length < this.count) this.clients.push((client = new ConvnetClient()));
    if (!client) return new Promise((resolve) => this.queue.push(resolve));
    client.busy = true;
    return client;
  }

  /** @param {ConvnetClient} client */
  give(client) {
    const next = this.queue.shift();
    if (next) return next(client);
    client.busy = false;
  }

  /**
   * Lets `work` have an engine. One that fails is not used again: what it holds is not known.
   * @template T
   * @param {(client: ConvnetClient) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async with(work) {
    const client = await this.take();
    try {
      const value = await work(client);
      this.give(client);
      return value;
    } catch (error) {
      client.end('it was stopped');
      const waiting = this.queue.shift();
      if (waiting) void this.take().then(waiting);
      throw error;
    }
  }

  /**
   * @param {ConvnetClient} client
   * @param {ModelManifest} manifest
   * @param {number} fold
   * @param {() => Promise<Uint8Array>} file the fold's file as it is
   * @param {number[]} shape i, j, k
   * @param {string} [ranges] of activations, JSON; '': the manifest's
   */
  async openIn(client, manifest, fold, file, shape, ranges = '') {
    const { file: name, sha256, activations } = manifest.folds[fold];
    const by = ranges || JSON.stringify(activations);
    const key = `${sha256} ${shape} ${manifest.output} ${by}`;
    if (client.open === key) return;
    client.open = '';
    client.facts = await client.call('open', [name, await file(), shape.toReversed(), manifest.output, by]);
    client.open = key;
  }

  /**
   * One forward pass in whole numbers; where these would cut something off, in floats.
   * @param {ModelManifest} manifest
   * @param {number} fold
   * @param {() => Promise<Uint8Array>} file
   * @param {number[]} shape i, j, k
   * @param {Float32Array} input is handed over
   * @param {string} ranges of activations, JSON, that were measured on the case; '': the manifest's
   * @returns {Promise<RunAnswer>}
   */
  async run(manifest, fold, file, shape, input, ranges) {
    return this.working(manifest, fold, async (client) => {
      await this.openIn(client, manifest, fold, file, shape, ranges);
      const { output, seconds, again } = await client.call('run', [input], [input.buffer]);
      const provider = again ? 'engine-float' : ranges ? 'engine-measured' : 'engine';
      return { output, provider, seconds, notice: '' };
    });
  }

  /**
   * The ranges of a model's activations, widened to what they are on an input that leaves them.
   * @param {ModelManifest} manifest
   * @param {number} fold
   * @param {() => Promise<Uint8Array>} file
   * @param {number[]} shape i, j, k
   * @param {Float32Array} input
   * @returns {Promise<string>} JSON
   */
  async widenedRanges(manifest, fold, file, shape, input) {
    return this.working(manifest, fold, async (client) => {
      await this.openIn(client, manifest, fold, file, shape);
      return client.call('widenedRanges', [input]);
    });
  }

  /**
   * @template T
   * @param {ModelManifest} manifest @param {number} fold
   * @param {(client: ConvnetClient) => Promise<T>} work what fails in it is said to be this network's
   */
  async working(manifest, fold, work) {
    try {
      return await this.with(work);
    } catch (error) {
      const reason = String(/** @type {Error} */ (error).message).replace(/\.$/, '');
      throw new Error(
        `${manifest.folds[fold].file}: ShapSlice's own engine could not run this network (${reason}). "exact" runs it on ONNX Runtime.`,
      );
    }
  }

  /**
   * The ranges of a network's activations, or why this engine does not take it.
   * @param {string} name of the file @param {string} output the name of the one that is wanted
   * @param {Uint8Array} bytes @param {number[]} shape i, j, k @param {Float32Array} input
   * @returns {Promise<{ activations: Record<string, number[]> } | { refused: string }>}
   */
  async ranges(name, output, bytes, shape, input) {
    try {
      return await this.with(async (client) => {
        client.open = '';
        await client.call('open', [name, bytes, shape.toReversed(), output, '']);
        return { activations: await client.call('ranges', [input]) };
      });
    } catch (error) {
      return { refused: /** @type {Error} */ (error).message };
    }
  }

  /**
   * What a run costs with all engines at work: seconds that pass for each, and the memory of all.
   * @param {ModelManifest} manifest
   * @param {() => Promise<Uint8Array>} file
   * @param {number[]} shape i, j, k
   * @returns {Promise<WarmUp>}
   */
  async measure(manifest, file, shape) {
    const values = 4 * shape[0] * shape[1] * shape[2];
    const each = () =>
      this.with(async (client) => {
        await this.openIn(client, manifest, 0, file, shape);
        const input = new Float32Array(values).fill(0.5);
        const { seconds } = await client.call('run', [input], [input.buffer]);
        return { seconds, facts: client.facts };
      });
    const all = () => Promise.all(Array.from({ length: this.count }, each));
    await all(); // while programs are compiled
    const measured = await all();
    const { bytes, volumes } = measured[0].facts;
    const loaded = this.count * (PROGRAM_BYTES + bytes - volumes);
    const carried = 3 * values * Float32Array.BYTES_PER_ELEMENT; // input and output on their way
    return {
      shape,
      seconds: Math.max(...measured.map(({ seconds }) => seconds)) / this.count,
      bytesLoaded: loaded,
      bytesRun: loaded + this.count * (volumes + carried),
    };
  }
}
