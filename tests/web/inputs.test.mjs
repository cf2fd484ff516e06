// Files a user might choose: right ones, wrong ones. What was open before stays open, and a sentence says what is wrong.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  openFiles,
  openSite,
  python,
  realCase,
  runStudy,
  scratchFolder,
  segmentationBytes,
  until,
} from './support.mjs';

const files = realCase('BraTS-SSA-00002-000');
const skip = files ? false : '../shared/data/fullres is not there';
const folder = scratchFolder();
/** @type {Awaited<ReturnType<typeof openSite>>} */
let site;

before(async () => {
  site = await openSite({ models: ['tiny-unet'], spacing: 12 });
});
after(() => site.close());

/** @param {string} ending */
function fileOf(ending) {
  return /** @type {string} */ (files?.find((file) => file.endsWith(`-${ending}.nii.gz`)));
}

/** A changed copy. @param {string} ending @param {(nifti: Buffer) => Buffer | void} change */
function changed(ending, change) {
  const nifti = Buffer.from(gunzipSync(readFileSync(fileOf(ending))));
  const to = path.join(folder, path.basename(fileOf(ending)));
  writeFileSync(to, gzipSync(change(nifti) ?? nifti, { level: 1 }));
  return to;
}

async function openCaseName() {
  return site.page.evaluate(
    () =>
      document.getElementById('mirror-sentence')?.textContent + ' ' + /** @type {any} */ (window).shapslice.view().case,
  );
}

/** Waits until the table of files says, or no longer says, that they were not opened. @param {boolean} wanted */
const saysNotOpened = (wanted) =>
  until(
    site.page,
    (wish) => 'not-opened' in /** @type {any} */ (window).shapslice.view().panels === wish,
    10_000,
    `"Not opened" ${wanted ? '' : 'not '}to be shown`,
    wanted,
  );

/** Opens files that must be refused, and checks that what was open stays open. @param {string[]} wrong @param {RegExp} sentence */
async function refused(wrong, sentence) {
  const before = await openCaseName();
  const { error, summary } = await openFiles(site.page, wrong);
  assert.equal(summary, undefined);
  assert.match(String(error), sentence);
  assert.match(String(error), /\.$/);
  assert.equal(await openCaseName(), before);
  await saysNotOpened(true);
}

test('the built-in case is there first, labelled synthetic', async () => {
  assert.match(String(await openCaseName()), /synthetic/);
});

test('a case of five files opens, with its table of contrasts', { skip }, async () => {
  const { summary, error } = await openFiles(site.page, files ?? []);
  assert.equal(error, undefined);
  assert.equal(summary.name, 'BraTS-SSA-00002-000');
  assert.deepEqual(summary.shape, [240, 240, 155]);
  assert.equal(summary.hasReference, true);
  assert.deepEqual(summary.files.map((/** @type {any} */ file) => file.role).sort(), [
    'segmentation',
    't1c',
    't1n',
    't2f',
    't2w',
  ]);
  await saysNotOpened(false);
});

test('a missing contrast is named', { skip }, () =>
  refused(
    (files ?? []).filter((file) => !file.includes('t2f')),
    /No file was recognised as T2-FLAIR/,
  ),
);

test('a text file among them is refused by name', { skip }, async () => {
  const text = path.join(folder, 'BraTS-SSA-00002-000-t1n.nii.gz');
  writeFileSync(text, 'these are notes, not voxels '.repeat(40));
  await refused(
    [fileOf('t1c'), text, fileOf('t2f'), fileOf('t2w')],
    /^BraTS-SSA-00002-000-t1n\.nii\.gz: this is not a NIfTI file/,
  );
});

test('a truncated .gz is refused by name', { skip }, async () => {
  const short = path.join(folder, 'BraTS-SSA-00002-000-t2w.nii.gz');
  writeFileSync(short, readFileSync(fileOf('t2w')).subarray(0, 500_000));
  await refused(
    [fileOf('t1c'), fileOf('t1n'), fileOf('t2f'), short],
    /^BraTS-SSA-00002-000-t2w\.nii\.gz: the gzip data end early/,
  );
});

test('an unknown label is refused with its value and voxel count', { skip }, async () => {
  const seg = changed('seg', (nifti) => {
    const type = nifti.readInt16LE(70);
    const bytes = nifti.readInt16LE(72) / 8;
    for (let n = 0; n < 3; ++n) {
      const at = 352 + (1000 + n) * bytes;
      if (type === 16) nifti.writeFloatLE(9, at);
      else nifti.writeUInt8(9, at);
    }
  });
  await refused(
    [...(files ?? []).filter((file) => !file.includes('seg')), seg],
    /label 9 is in 3 voxels; expected 0 \(background\)/,
  );
});

test('images that lie elsewhere are refused by name', { skip }, async () => {
  const far = changed('t1n', (nifti) => {
    nifti.writeFloatLE(9000, 292); // srow_x's offset
    nifti.writeFloatLE(9000, 268); // qoffset_x
  });
  await refused(
    [fileOf('t1c'), far, fileOf('t2f'), fileOf('t2w')],
    /-t1n\.nii\.gz: it lies nowhere over .*-t1c\.nii\.gz/,
  );
});

test('a contrast on another grid is resampled, and the page says by how much', { skip }, async () => {
  const moved = changed('t1n', (nifti) => {
    nifti.writeFloatLE(nifti.readFloatLE(292) + 2, 292);
    nifti.writeFloatLE(nifti.readFloatLE(268) + 2, 268);
  });
  const { summary, error } = await openFiles(site.page, [fileOf('t1c'), moved, fileOf('t2f'), fileOf('t2w')]);
  assert.equal(error, undefined);
  assert.match(
    summary.notices.map((/** @type {{ sentence: string }} */ { sentence }) => sentence).join(' '),
    /-t1n\.nii\.gz: resampled \(linear\) to the grid of .*off by up to 2 mm/,
  );
});

test('without an expert segmentation the page says what its numbers mean', { skip }, async () => {
  const { summary } = await openFiles(
    site.page,
    (files ?? []).filter((file) => !file.includes('seg')),
  );
  assert.equal(summary.hasReference, false);
  const result = await runStudy(site.page, { models: [{ id: 'tiny-unet', folds: [0] }] });
  assert.match(result.sentence, /Agreement with itself, not accuracy/);
  assert.equal(result.models[0].folds[0].regions.WT.values[15], 1);
});

test('a role can be corrected', { skip }, async () => {
  const odd = path.join(folder, 'contrast-a.nii.gz');
  writeFileSync(odd, readFileSync(fileOf('t2f')));
  await refused([fileOf('t1c'), fileOf('t1n'), odd, fileOf('t2w')], /No file was recognised as T2-FLAIR/);
  const opened = site.page.evaluate(
    () =>
      new Promise((resolve) =>
        /** @type {any} */ (window).shapslice.events.addEventListener(
          'case',
          (/** @type {any} */ event) => resolve(event.detail),
          { once: true },
        ),
      ),
  );
  await site.page.evaluate(() => /** @type {any} */ (window).shapslice.assignRoles({ 'contrast-a.nii.gz': 't2f' }));
  const summary = /** @type {any} */ (await opened);
  assert.equal(summary.files.find((/** @type {any} */ file) => file.role === 't2f').name, 'contrast-a.nii.gz');
  await saysNotOpened(false);
});

test('a case stored LPS gives the same results as the same case stored RAS', { skip }, async () => {
  const lps = python(
    `
import json, sys, nibabel as nib
from nibabel.orientations import axcodes2ornt, io_orientation, ornt_transform
out = []
for path in sys.argv[2:]:
    image = nib.load(path)
    twin = image.as_reoriented(ornt_transform(io_orientation(image.affine), axcodes2ornt(('L', 'P', 'S'))))
    out.append(sys.argv[1] + '/lps-' + path.split('/')[-1])
    twin.to_filename(out[-1])
print(json.dumps(out))`,
    folder,
    ...(files ?? []),
  );
  const results = [];
  const bytes = [];
  for (const opened of [files ?? [], lps]) {
    const { error } = await openFiles(site.page, opened);
    assert.equal(error, undefined);
    const result = await runStudy(site.page, { models: [{ id: 'tiny-unet', folds: [0] }] });
    results.push(result.models[0].folds[0].regions);
    bytes.push(await segmentationBytes(site.page, 'tiny-unet', 0, 15));
  }
  assert.deepEqual(results[1], results[0]);
  // The segmentation is saved the way its case was stored, and nibabel puts both in the same place.
  const saved = bytes.map((content, n) => {
    const file = path.join(folder, `saved${n}.nii.gz`);
    writeFileSync(file, content);
    return file;
  });
  const same = python(
    `
import json, sys, numpy as np, nibabel as nib
a, b = (nib.load(path) for path in sys.argv[1:3])
ras = [nib.as_closest_canonical(each) for each in (a, b)]
print(json.dumps({'axes': [''.join(nib.aff2axcodes(each.affine)) for each in (a, b)],
  'voxels': bool(np.array_equal(np.asanyarray(ras[0].dataobj), np.asanyarray(ras[1].dataobj))), 'affine': bool(np.allclose(ras[0].affine, ras[1].affine))}))`,
    ...saved,
  );
  assert.deepEqual(same, { axes: ['RAS', 'LPS'], voxels: true, affine: true });
});
