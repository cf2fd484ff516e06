// What people drop: folders of several patients, copies, archives. Files are known by their paths, several cases are listed and
// one is opened, and the table of files is a way out of every refusal.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { zipSync } from 'fflate';
import { clickPanel, openSite, root, until } from './support.mjs';

const names = path.resolve(root, '../shared/data/intake/names');
const skip = existsSync(names) ? false : '../shared/data/intake is not there';
/** @type {Awaited<ReturnType<typeof openSite>>} */
let site;
before(async () => {
  site = await openSite({ models: ['tiny-unet'], spacing: 12 });
});
after(() => site.close());

/** The files below a folder, as the page gets them when the folder is dropped. @param {string} folder */
function filesBelow(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => {
    const whole = path.join(entry.parentPath, entry.name);
    return { path: path.relative(path.dirname(folder), whole), bytes: readFileSync(whole) };
  });
}

/**
 * Opens files by their paths through the page's API.
 * @param {{ path: string, bytes: Uint8Array }[]} files
 * @param {{ roles?: Record<string, string>, case?: string, modified?: Record<string, number> }} [how]
 */
function open(files, how = {}) {
  const given = files.map(({ path: name, bytes }) => ({ path: name, base64: Buffer.from(bytes).toString('base64') }));
  return site.page.evaluate(
    async ({ given: contents, how: { roles, case: name, modified = {} } }) => {
      const { shapslice } = /** @type {any} */ (window);
      const opened = contents.map(({ path: at, base64 }) => ({
        path: at,
        file: new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], at.split('/').at(-1) ?? '', {
          lastModified: modified[at] ?? 1e12,
        }),
      }));
      try {
        await shapslice.open(opened, roles, name ? { case: name } : {});
        return { summary: shapslice.caseSummary(), cases: shapslice.cases() };
      } catch (error) {
        const { name: kind, message } = /** @type {Error} */ (error);
        return { kind, error: message, summary: shapslice.caseSummary(), cases: shapslice.cases() };
      }
    },
    { given, how },
  );
}

/** Voxels of a region's reference in the case that is open. @param {any} summary */
const volumes = (summary) => summary.referenceVoxels;

test('one case under names of every kind', { skip }, async () => {
  const { summary: base } = await open(filesBelow(path.resolve(names, '../base')));
  for (const folder of ['bids', 'browser_copies', 'macos_folder', 'registered_copies', 'ucsf_pdgm']) {
    const { error, summary } = await open(filesBelow(path.join(names, folder)));
    assert.equal(error, undefined, folder);
    assert.deepEqual(volumes(summary), volumes(base), folder);
    assert.deepEqual(summary.display, base.display, folder);
    assert.ok(summary.files.every((/** @type {any} */ file) => file.name.startsWith(`${folder}/`)));
  }
});

test('two patients are listed, and one is opened by a click', { skip }, async () => {
  const before = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.caseSummary().name);
  const files = filesBelow(path.join(names, 'two_patients'));
  const { kind, error, summary, cases } = await open(files);
  assert.equal(kind, 'SeveralCases');
  assert.match(String(error), /2 cases: P001 \(no T2w, no expert segmentation\); P002\./);
  assert.equal(summary.name, before);
  assert.deepEqual(
    cases.cases.map((/** @type {any} */ each) => [each.name, each.missing]),
    [
      ['P001', ['t2w', 'segmentation']],
      ['P002', []],
    ],
  );
  const shown = () => 'case-1' in /** @type {any} */ (window).shapslice.view().panels;
  await until(site.page, shown, 10_000, 'the list of cases');
  await clickPanel(site.page, 'case-1');
  const opened = () => /** @type {any} */ (window).shapslice.caseSummary().name === 'P002';
  await until(site.page, opened, 30_000, 'P002 to open');
  const second = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.caseSummary());
  for (const file of second.files) assert.match(file.name, /^two_patients\/P002\//);
  // The other lacks a sequence, and says which.
  const first = await open(files, { case: 'P001' });
  assert.match(String(first.error), /No file was recognised as T2w/);
  assert.equal(first.summary.name, 'P002');
});

test('a refusal goes when something opens, and the table is the way out of it', { skip }, async () => {
  const files = filesBelow(path.join(names, 'nii_beside_nii_gz'));
  await site.page.evaluate(() => /** @type {any} */ (window).shapslice.openPhantom({ shape: [32, 32, 32] }));
  const { error } = await open(files);
  assert.match(String(error), /t1c\.nii, .*t1c\.nii\.gz: both are named as T1c/);
  await site.page.evaluate(() =>
    /** @type {any} */ (window).shapslice.assignRoles({ 'nii_beside_nii_gz/P001-t1c.nii.gz': 't1c' }),
  );
  const role = (/** @type {any} */ summary, /** @type {string} */ name) =>
    summary.files.find((/** @type {any} */ file) => file.name.endsWith(name)).role;
  const taken = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.caseSummary());
  assert.deepEqual([role(taken, '/P001-t1c.nii.gz'), role(taken, '/P001-t1c.nii')], ['t1c', 'unused']);
  // The other takes the role from it.
  await site.page.evaluate(() =>
    /** @type {any} */ (window).shapslice.assignRoles({ 'nii_beside_nii_gz/P001-t1c.nii': 't1c' }),
  );
  const other = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.caseSummary());
  assert.deepEqual([role(other, '/P001-t1c.nii.gz'), role(other, '/P001-t1c.nii')], ['unused', 't1c']);
  // The newer by a day is taken, and marked.
  const day = { 'nii_beside_nii_gz/P001-t1c.nii.gz': 1e12 + 86_400_000 };
  const { summary } = await open(files, { modified: day });
  const newer = summary.files.find((/** @type {any} */ file) => file.role === 't1c');
  assert.match(newer.name, /t1c\.nii\.gz$/);
  assert.equal(newer.mark, 'chosen');
  assert.match(newer.remark, /it is the newer$/);
});

test('the sentence of a refusal is gone once something is open', { skip }, async () => {
  const input = '#file-input';
  await site.page.setInputFiles(input, { name: 'brain.nrrd', mimeType: '', buffer: Buffer.from('NRRD0004') });
  const said = () => document.getElementById('mirror-notices')?.textContent?.includes('brain.nrrd') === true;
  await until(site.page, said, 10_000, 'the refusal');
  await site.page.evaluate(() => /** @type {any} */ (window).shapslice.openPhantom({ shape: [32, 32, 32] }));
  assert.equal(await site.page.evaluate(said), false);
});

test('an archive is read, and a damaged one refused', { skip }, async () => {
  const files = filesBelow(path.resolve(names, '../base'));
  const { summary: base } = await open(files);
  const entries = Object.fromEntries(files.map((file) => [`P001/${path.basename(file.path)}`, file.bytes]));
  const zip = zipSync({ ...entries, '__MACOSX/P001/._P001-t1c.nii.gz': new Uint8Array(99) }, { level: 1 });
  const { error, summary } = await open([{ path: 'scans/P001.zip', bytes: zip }]);
  assert.equal(error, undefined);
  assert.equal(summary.name, 'P001');
  assert.deepEqual(summary.display, base.display);
  assert.deepEqual(volumes(summary), volumes(base));
  const cut = await open([{ path: 'scans/P001.zip', bytes: zip.subarray(0, zip.length - 2000) }]);
  assert.match(String(cut.error), /^scans\/P001\.zip: this is no zip archive, or it is damaged; /);
  const changed = Uint8Array.from(zip);
  changed[Math.floor(zip.length / 2)] ^= 255;
  assert.match(
    String((await open([{ path: 'P001.zip', bytes: changed }])).error),
    /^P001\.zip: P001\/P001\/.* is damaged; /,
  );
});

test('thousands of files do not freeze the page', { skip }, async () => {
  const longest = await site.page.evaluate(async () => {
    const { shapslice } = /** @type {any} */ (window);
    const files = [];
    for (let n = 0; n < 6000; ++n) files.push({ path: `study/series${n % 7}/IM${n}`, file: new File(['0'], `IM${n}`) });
    let last = performance.now();
    let gap = 0;
    let going = true;
    const tick = () => {
      gap = Math.max(gap, performance.now() - last);
      last = performance.now();
      if (going) setTimeout(tick, 0);
    };
    tick();
    await shapslice.listCases(files);
    going = false;
    return gap;
  });
  console.log(`longest pause of the page: ${longest.toFixed(0)} ms`);
  assert.ok(longest < 1000, `${longest} ms`);
});

test('nothing was complained of', () => assert.deepEqual(site.complaints, []));
