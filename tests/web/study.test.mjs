// Whole studies with the shipped models: the built-in case by one click, Cancel and going on; a real case, one fold exact, whose
// numbers a plain second implementation recomputes, and as the page runs it by itself, on the own engine in whole numbers. All five
// folds are run by tests/soak/study.test.mjs. What leaves the browser meanwhile: nothing.
import { Ajv2020 } from 'ajv/dist/2020.js';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readPlainNifti } from './reference.mjs';
import { FULL, assertRecomputed, readCase, readManifest } from './recompute.mjs';
import {
  clickPanel,
  dist,
  moveTo,
  openFiles,
  openSite,
  python,
  realCase,
  resultOf,
  root,
  runStudy,
  scratchFolder,
  segmentationBytes,
  until,
} from './support.mjs';

const RUN_LIMIT = 15 * 60_000;
const files = realCase('BraTS-SSA-00122-000') ?? [];
const skip = files.length ? false : '../shared/data/fullres is not there';
const manifest = readManifest('unet');
const firstFold = [{ id: manifest.id, folds: [0] }];

/** The real case's first fold, exact. @type {any} */
let exactFold;
/** @type {Awaited<ReturnType<typeof openSite>>} */
let site;
before(async () => {
  site = await openSite({ query: '?provider=wasm' });
});
after(() => site.close());

test('one click runs the built-in case, and Cancel takes effect within one model run', async () => {
  assert.equal((await resultOf(site.page)).synthetic, true);
  await clickPanel(site.page, 'run');
  await until(
    site.page,
    () => /** @type {any} */ (window).shapslice.result().progress.runsDone >= 3,
    RUN_LIMIT,
    'three runs',
  );
  const before = await site.page.evaluate(async () => {
    const { result, cancel } = /** @type {any} */ (window).shapslice;
    const done = result().progress.runsDone;
    await cancel();
    return done;
  });
  const { progress } = await resultOf(site.page);
  assert.equal(progress.cancelled, true);
  assert.equal(progress.running, false);
  // Those under way come to their end: one an engine.
  const engines = Math.min(os.availableParallelism(), 8);
  assert.ok(progress.runsDone <= before + engines, `${progress.runsDone} runs after Cancel at ${before}`);
  // What was known stays known: going on, only the others of the first fold run.
  const one = { models: firstFold, settings: { precision: 'fast' } };
  const result = await runStudy(site.page, one);
  assert.equal(result.progress.runsTotal, 15 - progress.runsDone);
  assert.equal(result.models[0].completeFolds, 1);
});

test('the model segments the built-in case in two folds, and leans on T1c for ET', async () => {
  // As one click runs it; what follows on a real case is exact.
  const wanted = { models: [{ id: manifest.id, folds: [0, 1] }], settings: { precision: 'fast' } };
  const result = await runStudy(site.page, wanted);
  assert.equal(result.models[0].completeFolds, 2);
  for (const fold of result.models[0].folds) {
    console.log(
      `built-in case, fold ${fold.fold + 1}: WT ${fold.regions.WT.values[FULL].toFixed(3)}, ET ${fold.regions.ET.values[FULL].toFixed(3)}`,
    );
    assert.ok(fold.regions.WT.values[FULL] >= 0.8);
  }
  assert.equal(result.models[0].summary.ET.ahead, 1);
  const mirrored = await site.page.evaluate(() => ({
    sentence: document.getElementById('mirror-sentence')?.textContent,
    tables: document.querySelectorAll('#mirror-tables table').length,
  }));
  assert.equal(mirrored.sentence, result.sentence);
  assert.equal(mirrored.tables, 2 + 2); // the verdict's, the mean's, and one per fold
  assert.match(
    result.sentence,
    /^In this synthetic case .* relies most on T1c for the enhancing tumour \(first in \d of 2 folds\)/,
  );
  const again = await runStudy(site.page, wanted);
  assert.equal(again.progress.runsTotal, 0); // nothing is run twice
});

/** Largest difference between the values of all regions of two folds. @param {any} one @param {any} other */
function largestDifference(one, other) {
  const off = Object.entries(one.regions).flatMap(([region, game]) =>
    /** @type {any} */ (game).values.map((/** @type {number} */ value, /** @type {number} */ n) =>
      Math.abs(value - other.regions[region].values[n]),
    ),
  );
  return Math.max(...off);
}

test('a real case in one fold, exact, recomputed by a plain second implementation', { skip }, async () => {
  const { error } = await openFiles(site.page, files);
  assert.equal(error, undefined);
  const result = await runStudy(site.page, { models: firstFold, settings: { precision: 'exact' } });
  assert.equal(result.settings.precision, 'exact');
  assert.equal(result.hasReference, true);
  [exactFold] = result.models[0].folds;
  assert.equal(exactFold.precision, 'float32');
  await assertRecomputed(site.page, 'unet', manifest, readCase(files, manifest), exactFold);
});

test(
  'the same on the own engine in whole numbers: its values are near, and none of the runs in floats is taken for one of them',
  { skip },
  async (context) => {
    const wanted = { models: firstFold, settings: { precision: 'fast' } };
    const result = await runStudy(site.page, wanted);
    const [fold] = result.models[0].folds;
    assert.equal(result.settings.precision, 'fast');
    assert.equal(result.progress.runsTotal, 15);
    assert.equal(fold.provider, 'engine');
    assert.equal(fold.precision, 'int8 x int15');
    assert.match(fold.activations, /^[0-9a-f]{16}$/);
    const off = largestDifference(fold, exactFold);
    context.diagnostic(`largest difference of a value: ${off}`);
    assert.ok(off > 0 && off < 1e-2, `off by ${off}`); // most where a coalition shows little of a small region
    const again = await runStudy(site.page, wanted);
    assert.equal(again.progress.runsTotal, 0);
    assert.deepEqual(again.models[0].folds[0].regions, fold.regions);
  },
);

test('nothing but static files of the site was asked for since the page was opened', { skip }, async () => {
  // From the first request of the page to the end of the study: nothing but this site's own static files was asked for, and
  // nothing was sent.
  const own = new Set(readdirSync(dist, { recursive: true }).map((name) => `/${name}`));
  const isOwn = (/** @type {string} */ name) => name === '/' || own.has(name);
  console.log(
    `requests since the page was opened: ${site.requests.length} seen by the browser, ${site.served.length} by the server`,
  );
  for (const { url, method, body } of site.requests) {
    assert.equal(method, 'GET');
    assert.equal(body, null);
    if (/^(data|blob):/.test(url)) continue;
    assert.equal(new URL(url).origin, new URL(site.url).origin);
    assert.ok(isOwn(new URL(url).pathname), url);
    assert.match(new URL(url).search, /^(\?provider=wasm)?$/); // what this test itself opened the page with
  }
  const served = site.served.map(({ url }) => url);
  for (const { file } of manifest.folds.slice(0, 2))
    assert.ok(served.includes(`/models/unet/${file}`), `${file} was fetched`);
  for (const { method, url, body } of site.served) {
    assert.equal(method, 'GET');
    assert.equal(body, 0);
    assert.ok(isOwn(url.replace('?provider=wasm', '')), url);
  }
  assert.deepEqual(site.complaints, []);
  // What the page would complain of is heard, and what it would send is seen.
  await site.page.evaluate(async () => {
    console.error('heard');
    await fetch('LICENSE', { method: 'POST', body: 'seen' });
  });
  assert.match(site.complaints.splice(0).join(), /heard/);
  assert.ok(site.requests.some(({ method, body }) => method === 'POST' && body === 'seen'));
  assert.ok(site.served.some(({ method, body }) => method === 'POST' && body === 4));
});

test('the result saves as JSON of its schema and as CSV', { skip }, async () => {
  const folder = scratchFolder();
  const result = await resultOf(site.page);
  const schema = JSON.parse(readFileSync(path.join(root, 'docs/result.schema.json'), 'utf8'));
  const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);
  const valid = (/** @type {any} */ value) => Boolean(validate(value));
  assert.ok(valid(result), JSON.stringify(validate.errors?.slice(0, 5)));
  assert.ok(!valid({ ...result, models: [{}] }), 'the schema accepts what is no result');
  const csv = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.csv());
  const file = path.join(folder, 'result.csv');
  writeFileSync(file, csv);
  const rows = python('import csv, json, sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1])))))', file);
  const first = rows.find(
    (/** @type {any} */ row) =>
      row.quantity === 'shapley' && row.region === 'ET' && row.fold === '0' && row.subject === 't1c',
  );
  assert.ok(
    Math.abs(Number(first.value) - result.models[0].folds[0].regions.ET.analysis.shapley[0]) < 1e-6,
    JSON.stringify(first),
  );
});

test('the segmentation saves on the original grid, as nibabel reads it', { skip }, async () => {
  const file = path.join(scratchFolder(), 'saved.nii.gz');
  writeFileSync(file, await segmentationBytes(site.page, manifest.id, 0, FULL));
  const read = python(
    `
import json, sys, numpy as np, nibabel as nib
a, b = nib.load(sys.argv[1]), nib.load(sys.argv[2])
print(json.dumps({'shape': a.shape == b.shape, 'affine': bool(np.array_equal(a.affine, b.affine)),
  'labels': sorted(int(x) for x in np.unique(np.asanyarray(a.dataobj))), 'type': str(a.get_data_dtype())}))`,
    file,
    /** @type {string} */ (files.find((each) => each.includes('t1c'))),
  );
  assert.equal(read.shape && read.affine && read.type === 'uint8', true, JSON.stringify(read));
  assert.deepEqual(read.labels, [0, 1, 2, 3]);
});

test('hovering a coalition shows within 100 ms what the model sees with it', { skip }, async () => {
  const panels = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.view().panels);
  const nodes = Object.keys(panels).filter((name) => name.startsWith('coalition-'));
  assert.equal(nodes.length, 16);
  for (const mask of [1, 4, 9]) {
    await moveTo(site.page, `coalition-${mask}`);
    const view = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.view());
    assert.equal(view.coalition, mask);
    // Of all folds (-1) the picture is the majority, and the file is the picture.
    const shown = readPlainNifti(await segmentationBytes(site.page, manifest.id, view.fold, mask)).voxels;
    assert.equal(
      view.predictionVoxels,
      shown.reduce((sum, label) => sum + Number(label !== 0), 0),
    );
    assert.ok(view.hoverToSliceMs < 100, `${view.hoverToSliceMs} ms`);
  }
});

test('a clinical ranking of the user counts at once, per region too', { skip }, async () => {
  const ranking = { name: 'T2-FLAIR first', ranks: [2, 4, 1, 3], byRegion: { ET: [1, 2, 3, 4] } };
  await site.page.evaluate((wanted) => /** @type {any} */ (window).shapslice.setClinicalRanking(wanted), ranking);
  const result = await resultOf(site.page);
  assert.equal(result.clinicalRanking.name, 'T2-FLAIR first');
  assert.equal(result.models[0].folds[0].regions.ET.agreement.scale.best, 1);
  assert.match(result.sentence, /T2-FLAIR first/);
});
