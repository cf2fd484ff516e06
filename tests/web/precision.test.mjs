// Fast studies of dropped networks: the program's own engine in whole numbers, beside ONNX Runtime in floats. Of a shipped one:
// study.test.mjs.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { addModel, openSite, root, runStudy, untilReady } from './support.mjs';

const networks = path.join(root, 'tests/data/networks');
const fast = { precision: 'fast' };

/** @type {Awaited<ReturnType<typeof openSite>>} */
let site;
before(async () => {
  site = await openSite({});
  await untilReady(site.page);
});
after(() => site.close());

/** @param {any} result @param {string} id */
const foldOf = (result, id) => result.models.find((/** @type {any} */ model) => model.id === id).folds[0];

/** Largest difference between the values of all regions of two folds. @param {any} one @param {any} other */
function largestDifference(one, other) {
  let most = 0;
  for (const [region, game] of Object.entries(one.regions)) {
    /** @type {any} */ (game).values.forEach((/** @type {number} */ value, /** @type {number} */ n) => {
      most = Math.max(most, Math.abs(value - other.regions[region].values[n]));
    });
  }
  return most;
}

test('a dropped network without ranges is measured first, and then runs in whole numbers', async () => {
  const { manifest, error } = await addModel(site.page, [path.join(networks, 'pointwise.onnx')], {
    overrides: { id: 'dropped', spacing: [6, 6, 6], patch: [16, 16, 16] },
  });
  assert.equal(error, undefined);
  assert.equal(manifest.folds[0].activations, undefined);
  const result = await runStudy(site.page, { models: [{ id: 'dropped' }], settings: fast });
  assert.match(foldOf(result, 'dropped').provider, /^engine(-measured)?$/);
  const [listed] = await site.page.evaluate(() =>
    /** @type {any} */ (window).shapslice.models().filter((/** @type {any} */ { id }) => id === 'dropped'),
  );
  assert.ok(Object.keys(listed.folds[0].activations).length > 0);
  const exact = await runStudy(site.page, { models: [{ id: 'dropped' }] });
  assert.ok(largestDifference(foldOf(result, 'dropped'), foldOf(exact, 'dropped')) < 0.01);
});

test('a network that the engine does not take runs on ONNX Runtime, and the page says why', async () => {
  const { error } = await addModel(site.page, [path.join(networks, 'pointwise-half.onnx')], {
    overrides: { id: 'half', name: 'Half', spacing: [6, 6, 6], patch: [16, 16, 16] },
  });
  assert.equal(error, undefined);
  const said = site.page.evaluate(
    () =>
      new Promise((resolve) =>
        /** @type {any} */ (window).shapslice.events.addEventListener('notice', (/** @type {any} */ { detail }) =>
          resolve(detail.sentence),
        ),
      ),
  );
  const result = await runStudy(site.page, { models: [{ id: 'half' }], settings: fast });
  assert.match(
    /** @type {string} */ (await said),
    /^Half runs on ONNX Runtime, as under "exact": pointwise-half\.onnx: /,
  );
  assert.equal(foldOf(result, 'half').precision, 'float16');
  assert.equal(foldOf(result, 'half').provider, 'wasm-float16');
});
