// What people drop: folders of several patients, copies, archives. Files are known by their paths, several cases are listed and
// one is opened, and the table of files is a way out of every refusal.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { zipSync } from 'fflate';
import { addModel, clickPanel, openSite, root, settled, until } from './support.mjs';

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

test('the sentence about a network that was refused is gone once one is taken', async () => {
  const notes = { name: 'notes.onnx', mimeType: '', buffer: Buffer.from('no network') };
  await site.page.setInputFiles('#file-input', notes);
  const said = () => document.getElementById('mirror-notices')?.textContent?.includes('notes.onnx') === true;
  await until(site.page, said, 10_000, 'the refusal');
  const shown = () => /** @type {any} */ (window).shapslice.view().notices;
  const notices = await site.page.evaluate(shown);
  const model = path.join(root, 'tests/data/tiny-transposed');
  const { error } = await addModel(
    site.page,
    readdirSync(model).map((file) => path.join(model, file)),
  );
  assert.equal(error, undefined);
  assert.equal(await site.page.evaluate(said), false);
  assert.equal(await site.page.evaluate(shown), notices - 1);
});

/** The rows of the table of files as text: name to what is said of it. @returns {Promise<Record<string, string[]>>} */
const mirroredFiles = () =>
  site.page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll('#mirror-files tr')].slice(1).map((row) => {
        const said = [...row.querySelectorAll('li')].map((each) => each.textContent ?? '');
        return [row.querySelector('th')?.textContent ?? '', said];
      }),
    ),
  );
const mirroredCaption = () => site.page.evaluate(() => document.querySelector('#mirror-files caption')?.textContent);
/** How high the rows of the canvas's table of files are. @returns {Promise<Record<string, number>>} */
async function rowHeights() {
  await settled(site.page);
  const { panels } = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.view());
  const rows = Object.entries(panels).filter(([name]) => name.startsWith('file-'));
  return Object.fromEntries(rows.map(([name, [, , , height]]) => [name.slice(5), height]));
}

test('what is said of a file stands in its row, of the segmentation too', { skip }, async () => {
  const { error, summary } = await open(filesBelow(path.resolve(names, '../labels/rescaled_0124')));
  assert.equal(error, undefined);
  const said = await mirroredFiles();
  const heights = await rowHeights();
  assert.equal(await mirroredCaption(), `Files of ${summary.name}`);
  for (const { name, role, notices } of summary.files) {
    const sentences = notices.map((/** @type {{ sentence: string }} */ { sentence }) => sentence);
    assert.deepEqual(
      said[name],
      sentences.map((/** @type {string} */ sentence) => `Note: ${sentence.slice(name.length + 2)}`),
    );
    assert.equal(notices.length, role === 'segmentation' ? 2 : 0, name);
    if (role === 'segmentation') {
      assert.match(said[name][0], /are no whole numbers, but within 0\.01 of one/);
      assert.match(said[name][1], /label 4 is read as ET/);
    }
    assert.equal(heights[name] > 40, role === 'segmentation', `${name}: ${heights[name]}`);
  }
});

test(
  'a refused file says why in its row, and all of that goes with a click or when something opens',
  { skip },
  async () => {
    const files = filesBelow(path.resolve(names, '../base'));
    const { summary } = await open(files);
    const own = await mirroredFiles();
    const bad = files.map((file) => ({
      path: file.path.replace(/^base/, 'bad'),
      bytes: file.path.includes('t2w') ? file.bytes.subarray(0, 900) : file.bytes,
    }));
    const name = String(bad.find((file) => file.path.includes('t2w'))?.path);
    for (const leave of ['click', 'open']) {
      const { error } = await open(bad);
      assert.match(String(error), /t2w\.nii\.gz: the gzip data end early/);
      assert.equal(await mirroredCaption(), `Not opened; ${summary.name} is still open`);
      const said = await mirroredFiles();
      assert.deepEqual(said[name], [`Not opened: ${String(error).slice(name.length + 2)}`]);
      assert.ok((await rowHeights())[name] > 40);
      if (leave === 'click') await clickPanel(site.page, 'dismiss-opening');
      else await open(files);
      const open_ = () => document.querySelector('#mirror-files caption')?.textContent?.startsWith('Files of');
      await until(site.page, open_, 10_000, "the open case's files");
      assert.deepEqual(await mirroredFiles(), own);
      assert.deepEqual(Object.keys(await rowHeights()).sort(), Object.keys(own).sort());
      const mirror = await site.page.evaluate(() => document.getElementById('mirror')?.textContent);
      assert.ok(!mirror?.includes('bad/'), 'nothing speaks of a file that is not there');
    }
    // Roles are again those of the case that is open.
    await open(bad);
    await clickPanel(site.page, 'dismiss-opening');
    const role = 'base/P001-seg.nii.gz';
    await site.page.evaluate((file) => /** @type {any} */ (window).shapslice.assignRoles({ [file]: 'unused' }), role);
    const after = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.caseSummary());
    assert.equal(after.hasReference, false);
    assert.ok(after.files.every((/** @type {any} */ file) => file.name.startsWith('base/')));
  },
);

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
