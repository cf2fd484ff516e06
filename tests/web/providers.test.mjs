// WebGPU (SwiftShader) and WASM, on models of 16^3 voxels.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { openSite, root, runStudy, webGpuFlags } from './support.mjs';

/** @type {Awaited<ReturnType<typeof openSite>>} */
let site;
before(async () => {
  site = await openSite({
    query: '?provider=webgpu',
    models: ['tiny-unet', 'tiny-transposed'],
    spacing: 12,
    flags: webGpuFlags,
  });
});
after(() => site.close());

// Seeded values of the size z-scores have.
function seededInput() {
  let state = 12345;
  return Float32Array.from({ length: 4 * 16 ** 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 4 - 2;
  });
}

test('this browser offers a WebGPU adapter', async () => {
  const view = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.view());
  assert.equal(view.runtime.provider, 'webgpu', JSON.stringify(view.runtime));
});

test('the logits of both providers agree within 1e-3 relative', async () => {
  const input = seededInput();
  /** @type {number[][]} */
  const logits = await site.page.evaluate(
    async (values) => {
      const { OrtRuntime } = await import(new URL('web/ort_runtime.js', location.href).href);
      const manifest = await (await fetch('models/tiny-unet/model.json')).json();
      const bytes = async () => new Uint8Array(await (await fetch('models/tiny-unet/fold0.onnx')).arrayBuffer());
      const found = [];
      for (const provider of ['webgpu', 'wasm']) {
        const runtime = new OrtRuntime(new URL('ort/', location.href), provider);
        const answer = await runtime.run(manifest, 0, bytes, 4, [16, 16, 16], Float32Array.from(values));
        if (answer.provider !== provider)
          throw new Error(`${provider} was asked for, ${answer.provider} ran: ${answer.notice}`);
        found.push([...answer.output]);
        await runtime.release();
      }
      return found;
    },
    [...input],
  );
  const session = await ort.InferenceSession.create(path.join(root, 'tests/data/tiny-unet/fold0.onnx'));
  const native = await session.run({ image: new ort.Tensor('float32', input, [1, 4, 16, 16, 16]) });
  const wanted = /** @type {Float32Array} */ (native.logits.data);
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = { webgpu: 0, wasm: 0, between: 0 };
  for (let n = 0; n < wanted.length; ++n) {
    worst.webgpu = Math.max(worst.webgpu, Math.abs(logits[0][n] - wanted[n]) / largest);
    worst.wasm = Math.max(worst.wasm, Math.abs(logits[1][n] - wanted[n]) / largest);
    worst.between = Math.max(worst.between, Math.abs(logits[0][n] - logits[1][n]) / largest);
  }
  console.log('largest difference of logits, relative to the largest logit:', JSON.stringify(worst));
  assert.ok(logits[0].length === wanted.length && worst.webgpu < 1e-3 && worst.wasm < 1e-3 && worst.between < 1e-3);
});

test('a study runs on WebGPU', async () => {
  const result = await runStudy(site.page, { models: [{ id: 'tiny-unet', folds: [0] }] });
  assert.equal(result.models[0].folds[0].provider, 'webgpu');
  assert.equal(result.models[0].completeFolds, 1);
  assert.deepEqual(result.notices, []);
});

test('when WebGPU fails at a run the study goes on with WASM, and the page says so', async () => {
  const result = await runStudy(site.page, { models: [{ id: 'tiny-transposed', folds: [0] }] });
  assert.equal(result.models[0].folds[0].provider, 'wasm');
  assert.equal(result.models[0].completeFolds, 1);
  assert.match(result.notices.join(' '), /WebGPU failed .*: the study goes on with WASM\./);
});

test('the models of the tests are what their manifests pin', async () => {
  const { createHash } = await import('node:crypto');
  for (const name of ['tiny-unet', 'tiny-transposed']) {
    const folder = path.join(root, 'tests/data', name);
    for (const fold of JSON.parse(readFileSync(path.join(folder, 'model.json'), 'utf8')).folds) {
      assert.equal(
        createHash('sha256')
          .update(readFileSync(path.join(folder, fold.file)))
          .digest('hex'),
        fold.sha256,
      );
    }
  }
});
