// The program's own WebGPU shaders against ONNX Runtime Web's WebGPU provider, in Chromium on one adapter and in turns.
//   node bench/gpu.mjs [--extents=32,32,32] [--rounds=3] [--hardware] [MODEL.onnx...]
// --hardware: on the machine's own graphics processor, where it has one; else on SwiftShader. Needs
// `cmake --build --preset wasm --target engine convnet`; nothing else should be running.
import path from 'node:path';
import { chromium } from 'playwright-core';
import { serve } from '../scripts/serve.mjs';

const root = path.resolve(import.meta.dirname, '..');
/** @param {string} name @param {string} otherwise */
const option = (name, otherwise) =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
const extents = option('extents', '32,32,32').split(',').map(Number);
const rounds = Number(option('rounds', '3'));
const software = process.argv.includes('--hardware') ? [] : ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const given = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const models = given.length ? given : ['models/unet/fold0.onnx', 'models/segresnet/fold0.onnx'];

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const { server, url } = await serve(root, { plain: true });
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic', '--enable-unsafe-webgpu', ...software],
});
try {
  for (const model of models) {
    const page = await browser.newPage();
    await page.goto(`${url}package.json`);
    const outcome = await page.evaluate(
      async ({ model, extents, rounds }) => {
        const load = (/** @type {string} */ file) => import(new URL(file, location.href).href);
        const { takeTurnsOnGpu } = await load('bench/gpu_turns.mjs');
        const { default: createConvnet } = await load('build/wasm/convnet.mjs');
        const { default: createEngine } = await load('build/wasm/engine.mjs');
        const ort = await load('node_modules/onnxruntime-web/dist/ort.jspi.min.mjs');
        ort.env.wasm.wasmPaths = new URL('node_modules/onnxruntime-web/dist/', location.href).href;
        const bytes = new Uint8Array(await (await fetch(model)).arrayBuffer());
        const engine = new (await createEngine()).Engine({});
        const { error, bytes: rewritten } = engine.rewriteNetwork(model, bytes);
        if (error) throw new Error(error);
        return takeTurnsOnGpu(ort, await createConvnet(), { bytes, rewritten, extents, rounds });
      },
      { model, extents, rounds },
    );
    await page.close();
    console.log(`${model}, ${extents.join(' x ')}, ${outcome.adapter}`);
    const reference = median(outcome.found['ONNX Runtime Web'].milliseconds);
    for (const [label, { milliseconds, difference }] of Object.entries(outcome.found)) {
      const each = median(milliseconds);
      console.log(
        `  ${label.padEnd(18)} ${each.toFixed(0).padStart(7)} ms   ${(reference / each).toFixed(2)} times as fast   ` +
          `off WebAssembly by ${difference.toExponential(1)} of the largest logit`,
      );
    }
    const { opened, bytes, dispatches } = outcome;
    console.log(
      `  own shaders: ${dispatches} dispatches, ${(bytes / 2 ** 20).toFixed(0)} MB on the device, opened in ${opened.toFixed(0)} ms`,
    );
  }
} finally {
  await browser.close();
  server.close();
}
