// Files that were there when they were chosen and cannot be read when it is their turn, made for real: removed, changed. A sentence
// names the file, the opening ends, and what was open stays. And an engine that is gone for good: whatever is asked is refused.
import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdirSync, renameSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { engineWorker, openSite, realCase, root, runStudy, scratchFolder, until } from './support.mjs';

/** @typedef {import('playwright-core').Page} Page */

const real = realCase('BraTS-SSA-00122-000') ?? [];
const skip = real.length ? false : '../shared/data/fullres is not there';
/** @type {Awaited<ReturnType<typeof openSite>>} */
let site;
before(async () => {
  site = await openSite({ models: ['tiny-unet'], spacing: 12 });
});
after(() => site.close());

/** Copies, to be spoilt. @param {string[]} files */
function copies(files) {
  const folder = scratchFolder();
  return files.map((file) => {
    const to = path.join(folder, path.basename(file));
    copyFileSync(file, to);
    return to;
  });
}

/** Files as an input gives them, kept in the page as `window.chosen` and not yet opened. @param {Page} page @param {string[]} files */
async function choose(page, files) {
  await page.evaluate(() => {
    document.getElementById('test-input')?.remove();
    const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true, id: 'test-input' });
    document.body.append(input);
  });
  await page.setInputFiles('#test-input', files);
  await page.evaluate(() => {
    const input = /** @type {HTMLInputElement} */ (document.getElementById('test-input'));
    Object.assign(window, { chosen: [...(input.files ?? [])] });
  });
}

/**
 * What a method of the page's API comes to: a call that is never answered fails the test, and does not stop it.
 * @param {Page} page @param {string} method @param {'chosen' | ''} [files]
 * @returns {Promise<{ value?: any, error?: string }>}
 */
function outcomeOfCall(page, method, files = '') {
  return page.evaluate(async ([name, given]) => {
    const { shapslice, chosen } = /** @type {any} */ (window);
    const late = new Promise((resolve) => setTimeout(() => resolve({ error: 'no answer' }), 60_000));
    const answered = (given ? shapslice[name](chosen) : shapslice[name]()).then(
      (/** @type {any} */ value) => ({ value }),
      (/** @type {Error} */ error) => ({ error: error.message }),
    );
    return Promise.race([answered, late]);
  }, /** @type {[string, string]} */ ([method, files]));
}

const openingIsShown = (/** @type {boolean} */ shown) => {
  const { opening } = /** @type {any} */ (window).shapslice.view();
  return Boolean(opening?.total) === shown;
};

/** @param {(file: string) => void} spoil @param {string} ending */
async function refusedAfter(spoil, ending) {
  const { page } = site;
  const before = await page.evaluate(() => /** @type {any} */ (window).shapslice.caseSummary().name);
  const result = await runStudy(page, { models: [{ id: 'tiny-unet', folds: [0] }] });
  const files = copies(real);
  await choose(page, files);
  const file = /** @type {string} */ (files.find((each) => each.endsWith(ending)));
  spoil(file);
  const { error } = await outcomeOfCall(page, 'open', 'chosen');
  console.log(error);
  assert.match(
    String(error),
    /: the browser could not read this file \(\w+\)\. It was moved, changed or locked since it was chosen; expected it as it was then\. Choose it again\.$/,
  );
  assert.ok(error?.includes(path.basename(file)), error);
  await until(page, openingIsShown, 5000, 'the progress of the opening to end', false);
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).shapslice.caseSummary().name), before);
  const again = await runStudy(page, { models: [{ id: 'tiny-unet', folds: [0] }] });
  assert.equal(again.progress.runsTotal, 0); // all is still known
  assert.deepEqual(again.models[0].folds[0].regions, result.models[0].folds[0].regions);
}

test('a file that was removed since it was chosen', { skip }, () =>
  refusedAfter((file) => rmSync(file), '-t2w.nii.gz'),
);
test('a file that was changed since it was chosen', { skip }, () =>
  refusedAfter((file) => appendFileSync(file, 'more'), '-seg.nii.gz'),
);
test('a file that became shorter since it was chosen', { skip }, () =>
  refusedAfter((file) => truncateSync(file, 1000), '-t1n.nii.gz'),
);
test('a file that a folder stands in the place of', { skip }, () =>
  refusedAfter((file) => {
    rmSync(file);
    mkdirSync(file);
  }, '-t1c.nii.gz'),
);
test('after that the same files, as they are now, open', { skip }, async () => {
  await choose(site.page, copies(real));
  assert.deepEqual(await outcomeOfCall(site.page, 'open', 'chosen'), { value: undefined });
});

test('a network or a manifest that was removed since it was chosen', async () => {
  const { page } = site;
  const source = path.join(root, 'tests/data/tiny-unet');
  for (const gone of ['model.json', 'fold1.onnx']) {
    const files = copies(['model.json', 'fold0.onnx', 'fold1.onnx'].map((file) => path.join(source, file)));
    await choose(page, gone === 'model.json' ? files : files.slice(1));
    rmSync(/** @type {string} */ (files.find((file) => file.endsWith(gone))));
    const { error } = await outcomeOfCall(page, 'addModel', 'chosen');
    assert.ok(error?.startsWith(`${gone}: the browser could not read this file`), error);
  }
});

test(
  'an engine that cannot be brought back to where it was refuses every call, and what was computed stays',
  { skip },
  async (t) => {
    const own = await openSite({ models: ['tiny-unet'], spacing: 12 });
    t.after(() => own.close());
    const { page } = own;
    const files = copies(real);
    await choose(page, files);
    assert.deepEqual(await outcomeOfCall(page, 'open', 'chosen'), { value: undefined });
    const result = await runStudy(page, { models: [{ id: 'tiny-unet', folds: [0] }] });
    const file = /** @type {string} */ (files.find((each) => each.endsWith('-t1c.nii.gz')));
    renameSync(file, `${file}.away`);
    await engineWorker(page).evaluate(() => self.close());
    const said = () => document.getElementById('mirror-notices')?.textContent?.includes('Reload the page.');
    await until(page, said, 60_000, 'the sentence');
    for (const method of ['run', 'forecast', 'csv', 'cancel', 'openPhantom', 'forgetCase']) {
      const { error } = await outcomeOfCall(page, method);
      assert.match(
        String(error),
        /^The engine could not be started again: BraTS-SSA-00122-000-t1c\.nii\.gz: the browser could not read this file .* Reload the page\.$/,
        method,
      );
    }
    const kept = await page.evaluate(() => /** @type {any} */ (window).shapslice.result());
    assert.deepEqual(kept.models, result.models);
  },
);
