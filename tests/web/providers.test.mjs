// WebGPU (SwiftShader), by the program's own shaders and by ONNX Runtime, and WASM, on models of 16^3 voxels.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { addModel, goOn, openSite, outcomeOf, root, runStudy, small, startStudy, webGpuFlags } from './support.mjs';

/** @type {Awaited<ReturnType<typeof openSite>>} */
let site;
before(async () => {
  site = await openSite({
    query: small('webgpu'),
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

test('the logits of all providers agree within 1e-3 relative', async () => {
  const input = seededInput();
  /** @type {number[][]} */
  const logits = await site.page.evaluate(
    async (values) => {
      const { OrtRuntime } = await import(new URL('web/ort_runtime.js', location.href).href);
      const manifest = await (await fetch('models/tiny-unet/model.json')).json();
      const bytes = async () => new Uint8Array(await (await fetch('models/tiny-unet/fold0.onnx')).arrayBuffer());
      const files = {
        original: bytes,
        rewritten: async () => ({ bytes: await bytes(), ending: '', valuesPerVoxel: 0 }),
      };
      const found = [];
      for (const provider of ['engine-webgpu', 'webgpu', 'wasm']) {
        const runtime = new OrtRuntime(new URL('ort/', location.href), provider === 'wasm' ? provider : 'webgpu');
        if (provider === 'webgpu') runtime.own = null;
        const answer = await runtime.run(manifest, 0, files, 4, [16, 16, 16], Float32Array.from(values), null);
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
  const off = (/** @type {ArrayLike<number>} */ a, /** @type {ArrayLike<number>} */ b) =>
    Array.from(a).reduce((most, value, n) => Math.max(most, Math.abs(value - b[n])), 0) / largest;
  const [own, webgpu, wasm] = logits;
  const worst = {
    own: off(wanted, own),
    webgpu: off(wanted, webgpu),
    wasm: off(wanted, wasm),
    between: Math.max(off(own, webgpu), off(own, wasm), off(webgpu, wasm)),
  };
  console.log('largest difference of logits, relative to the largest logit:', JSON.stringify(worst));
  for (const each of Object.values(worst)) assert.ok(each < 1e-3);
});

test("a study runs on WebGPU, by the program's own shaders, and gives what WASM gives", async () => {
  const result = await runStudy(site.page, { models: [{ id: 'tiny-unet', folds: [0] }] });
  assert.equal(result.models[0].folds[0].provider, 'engine-webgpu');
  assert.equal(result.models[0].completeFolds, 1);
  assert.deepEqual(result.notices, []);
  const other = await openSite({ models: ['tiny-unet'], spacing: 12 });
  try {
    // Of noise absent contrasts are another volume, which the first convolution reads in their place.
    for (const baseline of ['zero', 'noise']) {
      const options = { models: [{ id: 'tiny-unet', folds: [0] }], settings: { precision: 'exact', baseline } };
      const [onGpu, onWasm] = [await runStudy(site.page, options), await runStudy(other.page, options)];
      assert.equal(onGpu.models[0].folds[0].provider, 'engine-webgpu');
      assert.equal(onWasm.models[0].folds[0].provider, 'wasm');
      for (const region of ['WT', 'TC', 'ET']) {
        const [found, expected] = [onGpu, onWasm].map(({ models }) => models[0].folds[0].regions[region].values);
        assert.equal(found.length, 16);
        for (const [n, value] of expected.entries()) {
          assert.equal(found[n] === null, value === null);
          assert.ok(Math.abs(found[n] - value) < 1e-3, `${baseline}, ${region}, ${n}: ${found[n]} against ${value}`);
        }
      }
    }
    // A network stays open from case to case; the image of the one before must not.
    const options = { models: [{ id: 'tiny-unet', folds: [0] }], settings: { precision: 'exact' } };
    for (const page of [site.page, other.page])
      await page.evaluate(() => /** @type {any} */ (window).shapslice.openPhantom({ seed: 7 }));
    const [onGpu, onWasm] = [await runStudy(site.page, options), await runStudy(other.page, options)];
    assert.equal(onGpu.models[0].folds[0].provider, 'engine-webgpu');
    for (const [n, value] of onWasm.models[0].folds[0].regions.WT.values.entries())
      assert.ok(Math.abs(onGpu.models[0].folds[0].regions.WT.values[n] - value) < 1e-3, `another case, ${n}`);
    assert.notDeepEqual(onWasm.models[0].folds[0].regions.WT.values, result.models[0].folds[0].regions.WT.values);
    await site.page.evaluate(() => /** @type {any} */ (window).shapslice.openPhantom());
  } finally {
    await other.close();
  }
});

test('when WebGPU fails at a run the study goes on with WASM, and the page says so', async () => {
  const result = await runStudy(site.page, { models: [{ id: 'tiny-transposed', folds: [0] }] });
  assert.equal(result.models[0].folds[0].provider, 'wasm');
  assert.equal(result.models[0].completeFolds, 1);
  assert.match(result.notices.join(' '), /WebGPU failed .*: the study goes on with WASM\./);
});

test('a model after one that failed still runs on WebGPU', async () => {
  const result = await runStudy(site.page, { models: [{ id: 'tiny-unet', folds: [1] }] });
  assert.equal(result.models.at(-1).folds.at(-1).provider, 'engine-webgpu');
});

// As PyTorch exports them, with transposed convolutions, attention and cyclic shifts (models/train/test_networks.py).
for (const name of ['unet', 'segresnet', 'unetr', 'swin-unetr']) {
  test(`a dropped ${name} runs on WebGPU and gives what WASM gives`, async () => {
    const file = path.join(root, 'tests/data/networks', `${name}.onnx`);
    const overrides = { spacing: [12, 12, 12] }; // so coarse that the brain is one tile
    const { manifest, error } = await addModel(site.page, [file], { overrides });
    assert.equal(error, undefined);
    assert.equal(manifest.fixedPatch, name.endsWith('unetr'));
    // Two runs of it tell; where the graphics processor is software, a transformer takes seconds for each.
    const result = await startStudy(site.page, 2, { models: [{ id: name }] });
    await site.page.evaluate(() => void (/** @type {any} */ (window).shapslice.cancel()));
    await goOn(site.page);
    assert.equal(await outcomeOf(site.page), '');
    const model = result.models.find((/** @type {any} */ each) => each.id === name);
    // Transformers have operators that the program's own engine leaves to ONNX Runtime.
    const expected = name.endsWith('unetr') ? 'webgpu' : 'engine-webgpu';
    assert.equal(model.folds[0].provider, expected, result.notices.join(' '));
    const known = model.folds[0].regions.WT.values.filter((/** @type {number | null} */ value) => value !== null);
    assert.ok(known.length >= 2);
    /** @type {number[][]} */
    const outputs = await site.page.evaluate(
      async ([base64, given]) => {
        const { OrtRuntime } = await import(new URL('web/ort_runtime.js', location.href).href);
        const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        const input = Float32Array.from({ length: 4 * 16 ** 3 }, (_, n) => Math.sin(n * 0.37) * 2);
        const found = [];
        for (const provider of ['webgpu', 'wasm']) {
          const runtime = new OrtRuntime(new URL('ort/', location.href), provider);
          runtime.own = null;
          // The graph as it was dropped has nodes that WebGPU refuses; WASM runs it as it is.
          const rewritten = await /** @type {any} */ (window).shapslice.rewrittenModel(given.id, 0);
          const file = provider === 'webgpu' ? rewritten : bytes;
          const files = {
            original: async () => bytes,
            rewritten: async () => ({ bytes: file, ending: '', valuesPerVoxel: 0 }),
          };
          const answer = await runtime.run(given, 0, files, 4, [16, 16, 16], input.slice(), null);
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

test('a fast study runs on WebGPU with volumes in halves, and counts none of its runs among those in floats', async () => {
  // Of a dropped network the ranges of activations are measured, by which it may run fast.
  const file = path.join(root, 'tests/data/networks/unet.onnx');
  const added = await addModel(site.page, [file], { overrides: { id: 'half', spacing: [12, 12, 12] } });
  assert.equal(added.error, undefined);
  const models = [{ id: 'half' }];
  for (const baseline of ['zero', 'noise']) {
    const exact = await runStudy(site.page, { models, settings: { precision: 'exact', baseline } });
    const half = await runStudy(site.page, { models, settings: { precision: 'fast', baseline } });
    assert.equal(half.progress.runsTotal, 15);
    const [found, expected] = [half, exact].map(
      (result) => result.models.find((/** @type {any} */ { id }) => id === 'half').folds[0],
    );
    assert.equal(found.provider, 'engine-webgpu-half');
    assert.equal(found.precision, 'float16');
    assert.equal(found.activations, '');
    assert.equal(expected.provider, 'engine-webgpu');
    assert.equal(expected.precision, 'float32');
    // Those of models that ran before stay in the case's result; the fast study adds none.
    assert.deepEqual(half.notices, exact.notices);
    for (const region of ['WT', 'TC', 'ET']) {
      for (const [n, value] of expected.regions[region].values.entries()) {
        const off = Math.abs(found.regions[region].values[n] - value);
        assert.ok(off < 1e-2, `${baseline}, ${region}, ${n}: off by ${off}`);
      }
    }
  }
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
