// The canvas under mouse, keyboard, resizing and a dense screen.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { clickHere, moveTo, openSite, pressKey, realCase, settled, until } from './support.mjs';

/** @type {Awaited<ReturnType<typeof openSite>>} */
let site;
before(async () => {
  site = await openSite({ models: ['tiny-unet'], spacing: 12, ratio: 2 });
});
after(() => site.close());

/** @returns {Promise<any>} */
const view = () => site.page.evaluate(() => /** @type {any} */ (window).shapslice.view());
const settle = () => settled(site.page);

test('the canvas has the pixels of a dense screen and follows the window', async () => {
  const size = () =>
    site.page.evaluate(() => [/** @type {any} */ (document.getElementById('canvas')).width, innerWidth]);
  assert.deepEqual(await size(), [2560, 1280]);
  await site.page.setViewportSize({ width: 1600, height: 900 });
  await settle();
  assert.deepEqual(await size(), [3200, 1600]);
  const { panels } = await view();
  assert.equal(panels.page[2], 1600);
  assert.ok(panels.explanation[0] + panels.explanation[2] <= 1600);
  await site.page.setViewportSize({ width: 1280, height: 720 });
  await settle();
});

test('at 1280x720 every panel is on the page, none over another', async () => {
  const { panels } = await view();
  for (const name of ['summary', 'case', 'slices', 'explanation', 'run', 'coalitions', 'chart']) {
    const [x, y, width, height] = panels[name];
    assert.ok(x >= 0 && y >= 0 && x + width <= 1280 && y + height <= 720, `${name}: ${panels[name]}`);
  }
  assert.ok(panels.case[0] + panels.case[2] <= panels.slices[0]);
  assert.ok(panels.slices[0] + panels.slices[2] <= panels.explanation[0]);
});

test('the wheel scrolls, Ctrl and the wheel zoom, a click moves the crosshair', async () => {
  const before = await view();
  await moveTo(site.page, 'slices', 0.25, 0.3); // the axial plane
  await site.page.mouse.wheel(0, -100);
  await settle();
  const scrolled = await view();
  assert.equal(Math.abs(scrolled.crosshair[2] - before.crosshair[2]), 1);
  await site.page.keyboard.down('Control');
  await site.page.mouse.wheel(0, -100);
  await settle();
  await site.page.keyboard.up('Control');
  assert.ok((await view()).zoom > 1);
  await clickHere(site.page);
  const clicked = await view();
  assert.notDeepEqual(clicked.crosshair.slice(0, 2), before.crosshair.slice(0, 2));
  assert.equal(clicked.crosshair[2], scrolled.crosshair[2]);
});

test('keys choose contrast and layout, and move', async () => {
  for (const key of ['3', 'v', 'ArrowUp']) await pressKey(site.page, key);
  const now = await view();
  assert.equal(now.contrast, 2);
  assert.equal(now.layout, 'contrasts');
});

/** Width, height and rows of an 8-bit RGBA PNG. @param {Buffer} png */
function readPng(png) {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const data = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  return { width, height, bytes: inflateSync(Buffer.concat(data)) };
}

test('the slices save as a PNG of what is seen', async () => {
  await moveTo(site.page, 'save-png');
  const waiting = site.page.waitForEvent('download');
  await clickHere(site.page);
  const download = await waiting;
  assert.match(download.suggestedFilename(), /-slices\.png$/);
  const { width, height, bytes } = readPng(readFileSync(await download.path()));
  const panel = (await view()).panels.slices;
  assert.deepEqual([width, height], [Math.round(panel[2] * 2), Math.round(panel[3] * 2)]);
  assert.ok(new Set(bytes).size > 100, 'the picture is empty');
});

test('what is drawn in part is what a whole frame would be', async () => {
  /** The screen as it is, and as it is once all of it is drawn anew. */
  const compare = async (/** @type {string} */ when) => {
    await settle();
    const inPart = await site.page.screenshot();
    await site.page.evaluate(() => dispatchEvent(new Event('resize')));
    await settle();
    const whole = await site.page.screenshot();
    assert.ok(inPart.equals(whole), `${when}: the canvas is not what it should be`);
    return whole;
  };
  await moveTo(site.page, 'slices', 0.25, 0.3);
  const before = await compare('slices under the mouse');
  await site.page.mouse.wheel(0, -300);
  const scrolled = await compare('another slice');
  assert.ok(!before.equals(scrolled));
  await moveTo(site.page, 'save-png'); // a tooltip comes
  const tooltip = await compare('a tooltip');
  assert.ok(!tooltip.equals(scrolled));
  await moveTo(site.page, 'coalition-3'); // the tooltip goes, another comes over other panels
  await compare('another tooltip');
  await moveTo(site.page, 'slices', 0.25, 0.3);
  await compare('no tooltip');
});

const files = realCase('BraTS-SSA-00002-000');
test('files dropped on the page open', { skip: files ? false : '../shared/data/fullres is not there' }, async () => {
  const contents = (files ?? []).map((file) => ({
    name: path.basename(file),
    base64: readFileSync(file).toString('base64'),
  }));
  await site.page.evaluate((given) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of given) {
      transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    }
    document
      .getElementById('canvas')
      ?.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, contents);
  await until(
    site.page,
    () => /** @type {any} */ (window).shapslice.view().case === 'BraTS-SSA-00002-000',
    30_000,
    'the case',
  );
});
