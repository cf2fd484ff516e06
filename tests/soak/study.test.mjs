// A real case of five folds in Chromium: exact, every number of it recomputed by a plain second implementation; and on the own engine
// in whole numbers, as the page runs it by itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertRecomputed, readCase, readManifest } from '../web/recompute.mjs';
import { openFiles, openSite, realCase, runStudy } from '../web/support.mjs';

for (const name of ['BraTS-SSA-00122-000', 'BraTS-SSA-00002-000']) {
  const files = realCase(name) ?? [];
  const skip = files.length ? false : '../shared/data/fullres is not there';
  test(`${name}, five folds of the U-Net`, { skip }, async () => {
    const site = await openSite();
    try {
      assert.equal((await openFiles(site.page, files)).error, undefined);
      const result = await runStudy(site.page, { settings: { precision: 'exact' } });
      const manifest = readManifest('unet');
      assert.equal(result.models[0].completeFolds, manifest.folds.length);
      const subject = readCase(files, manifest);
      for (const fold of result.models[0].folds) await assertRecomputed(site.page, 'unet', manifest, subject, fold);
      const fast = await runStudy(site.page, { models: [{ id: manifest.id }], settings: { precision: 'fast' } });
      assert.equal(fast.models[0].completeFolds, manifest.folds.length);
      for (const { provider } of fast.models[0].folds) assert.equal(provider, 'engine');
      assert.deepEqual(site.complaints, []);
    } finally {
      await site.close();
    }
  });
}
