// WebGPU (SwiftShader) and WASM, on models of 16^3 voxels.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { addModel, openSite, root, runStudy, webGpuFlags } from './support.mjs';

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

test('a model after one that failed still runs on WebGPU', async () => {
  const result = await runStudy(site.page, { models: [{ id: 'tiny-unet', folds: [1] }] });
  assert.equal(result.models.at(-1).folds.at(-1).provider, 'webgpu');
});

// As PyTorch exports them, with transposed convolutions, attention and cyclic shifts (models/train/test_networks.py).
for (const name of ['unet', 'segresnet', 'unetr', 'swin-unetr']) {
  test(`a dropped ${name} runs on WebGPU and gives what WASM gives`, async () => {
    const file = path.join(root, 'tests/data/networks', `${name}.onnx`);
    const overrides = { spacing: [12, 12, 12] }; // so coarse that the brain is one tile
    const { manifest, error } = await addModel(site.page, [file], { overrides });
    assert.equal(error, undefined);
    assert.equal(manifest.fixedPatch, name.endsWith('unetr'));
    const result = await runStudy(site.page, { models: [{ id: name }] });
    const model = result.models.find((/** @type {any} */ each) => each.id === name);
    assert.equal(model.folds[0].provider, 'webgpu', result.notices.join(' '));
    assert.equal(model.completeFolds, 1);
    /** @type {number[][]} */
    const outputs = await site.page.evaluate(
      async ([base64, given]) => {
        const { OrtRuntime } = await import(new URL('web/ort_runtime.js', location.href).href);
        const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        const input = Float32Array.from({ length: 4 * 16 ** 3 }, (_, n) => Math.sin(n * 0.37) * 2);
        const found = [];
        for (const provider of ['webgpu', 'wasm']) {
          const runtime = new OrtRuntime(new URL('ort/', location.href), provider);
          // The graph as it was dropped has nodes that WebGPU refuses; WASM runs it as it is.
          const rewritten = await /** @type {any} */ (window).shapslice.rewrittenModel(given.id, 0);
          const file = provider === 'webgpu' ? rewritten : bytes;
          const answer = await runtime.run(given, 0, async () => file, 4, [16, 16, 16], input);
          if (answer.provider !== provider) throw new Error(`${answer.provider} ran: ${answer.notice}`);
          found.push([...answer.output]);
          await runtime.release();
        }
        return found;
      },
      /** @type {[string, any]} */ ([readFileSync(file).toString('base64'), manifest]),
    );
    const largest = outputs[1].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const difference = outputs[1].reduce((most, value, n) => Math.max(most, Math.abs(value - outputs[0][n])), 0);
    console.log(`${name}: WebGPU against WASM ${(difference / largest).toExponential(1)} of the largest output`);
    assert.ok(difference <= 1e-3 * largest);
  });
}

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
