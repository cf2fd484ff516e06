// The program's own WebGPU shaders (shaders/) on the browser's adapter: each kind of pass and whole networks against the plain
// reference in double precision, on random shapes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { serve } from '../../scripts/serve.mjs';
import { browserFlags, root, webGpuFlags } from './support.mjs';

// Of the largest value: of float32 as on the processor; a half has 11 bits, errors of several layers add up, and a softmax of
// large values turns what is small beside them into a hundredth (1.3e-2 seen there, 2.5e-3 elsewhere).
const TOLERANCE = { single: 1e-4, half: 2e-2 };
// Loses in halves what its image differs by before the normalisation can find it.
const SINGLE_ONLY = 'a normalisation far from 0 0';

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof serve>>} */
let site;
before(async () => {
  site = await serve(root, { plain: true });
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: [...browserFlags, ...webGpuFlags] });
});
after(async () => {
  await browser?.close();
  site?.server.close();
});

for (const floats of /** @type {const} */ (['single', 'half'])) {
  test(`every network gives what the reference gives, for a coalition of its input's channels: volumes in ${floats} floats`, async () => {
    const page = await browser.newPage();
    await page.goto(`${site.url}package.json`);
    const outcome = await page.evaluate(async (half) => {
      const load = (/** @type {string} */ file) => import(new URL(file, location.href).href);
      const { GpuNetwork, GpuShaders, requestDevice } = await load('web/gpu_network.js');
      const networks = await (await load('build/wasm/tests/convnet/gpu_networks.mjs')).default();
      const device = await requestDevice(await /** @type {any} */ (navigator).gpu.requestAdapter());
      const shaders = new GpuShaders(device, async (/** @type {string} */ name) =>
        (await fetch(`shaders/${name}.wgsl`)).text(),
      );
      /** @type {{ name: string, problem: string, off: number, marks: boolean[] }[]} */
      const found = [];
      /** @type {Set<string>} */
      const used = new Set();
      for (let n = 0; n < networks.count(); ++n) {
        const example = networks.example(n, half);
        const { name, expected } = example;
        if (example.problem) {
          found.push({ name, problem: example.problem, off: NaN, marks: [] });
          continue;
        }
        try {
          const network = await GpuNetwork.open(shaders, example);
          for (const { shader } of network.program.run) used.add(shader);
          network.load(example.input, example.absent);
          await network.run(Array.from(example.present, (each) => 1 - each)); // nothing is left of a run before
          const output = await network.run(Array.from(example.present));
          // What halves do not hold is marked, and for as long as such an image is there.
          const marks = [network.overflowed];
          if (n % 8 === 0) {
            network.load(
              example.input.map((/** @type {number} */ value) => 1e6 * value),
              example.absent,
            );
            for (let run = 0; run < 2; ++run) {
              await network.run(Array.from(example.present, () => 1));
              marks.push(network.overflowed);
            }
            network.load(example.input, example.absent);
            await network.run(Array.from(example.present));
            marks.push(network.overflowed);
          }
          network.close();
          let off = output.length === expected.length ? 0 : Infinity;
          let largest = 1e-30;
          for (let at = 0; at < expected.length; ++at) {
            const here = Math.abs(output[at] - expected[at]);
            off = Number.isNaN(here) ? Infinity : Math.max(off, here);
            largest = Math.max(largest, Math.abs(expected[at]));
          }
          found.push({ name, problem: '', off: off / largest, marks });
        } catch (error) {
          found.push({ name, problem: String(error), off: NaN, marks: [] });
        }
      }
      return { found, used: [...used].sort() };
    }, floats === 'half');
    await page.close();
    assert.ok(outcome.found.length >= 60);
    // Each shader took part.
    assert.deepEqual(outcome.used, [
      ...['convolve', 'finish', 'gather', 'interpolate', 'moments', 'multiply', 'normalisation', 'pool', 'read_input'],
      'write_output',
    ]);
    const worst = outcome.found.filter(({ name }) => name !== SINGLE_ONLY).toSorted((a, b) => b.off - a.off);
    const said = worst.slice(0, 5).map(({ name, off }) => `${name} ${off.toExponential(1)}`);
    console.log(`${floats} floats, largest differences: ${said.join(', ')}`);
    const overflows = floats === 'half';
    for (const { name, marks } of outcome.found) {
      if (name === SINGLE_ONLY || marks.length === 0) continue;
      assert.deepEqual(marks, marks.length === 1 ? [false] : [false, overflows, overflows, false], name);
    }
    for (const { name, problem, off } of outcome.found) {
      if (floats === 'half' && name === SINGLE_ONLY) continue;
      assert.ok(off < TOLERANCE[floats], `${name}: ${problem || off}`);
    }
  });
}

test('labels made on the device are those of the processor, but for what rounding decides', async () => {
  const page = await browser.newPage();
  await page.goto(`${site.url}package.json`);
  const outcome = await page.evaluate(async () => {
    const load = (/** @type {string} */ file) => import(new URL(file, location.href).href);
    const { GpuLabels, GpuShaders, requestDevice } = await load('web/gpu_network.js');
    const networks = await (await load('build/wasm/tests/convnet/gpu_networks.mjs')).default();
    const device = await requestDevice(await /** @type {any} */ (navigator).gpu.requestAdapter());
    const shaders = new GpuShaders(device, async (/** @type {string} */ name) =>
      (await fetch(`shaders/${name}.wgsl`)).text(),
    );
    const found = [];
    for (let n = 0; n < 24; ++n) {
      const { output, expected, ...labelling } = networks.labelling(n);
      const buffer = device.createBuffer({ size: output.byteLength, usage: 128 | 8 });
      device.queue.writeBuffer(buffer, 0, output);
      const labels = await GpuLabels.open(shaders, buffer, labelling);
      const words = await labels.read(device.createCommandEncoder());
      labels.close();
      const seen = new Set(expected);
      let other = words.length === Math.ceil(expected.length / 16) ? 0 : Infinity;
      for (const [voxel, label] of expected.entries()) {
        if (((words[voxel >> 4] >>> (2 * (voxel & 15))) & 3) !== label) ++other;
      }
      found.push({ voxels: expected.length, labels: seen.size, other });
    }
    return found;
  });
  await page.close();
  assert.ok(outcome.filter(({ labels }) => labels === 4).length > 12);
  for (const [n, { voxels, other }] of outcome.entries())
    assert.ok(other <= voxels / 10_000, `${n}: ${other} of ${voxels}`);
  console.log(
    `labels: ${outcome.reduce((sum, { other }) => sum + other, 0)} of ${outcome.reduce((sum, { voxels }) => sum + voxels, 0)} differ`,
  );
});
