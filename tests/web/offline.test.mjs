// The site without a network, with a damaged file, and while a new version is put in its place.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { sealSite } from '../../scripts/seal_site.mjs';
import {
  openFiles,
  openSite,
  realCase,
  runStudy,
  segmentationBytes,
  siteOf,
  testModels,
  until,
  untilReady,
} from './support.mjs';

const files = realCase('BraTS-SSA-00122-000');
const skip = files ? false : '../shared/data/fullres is not there';

/** Puts other content in a site's file, and not into what the file is linked to. @param {string} file @param {Buffer | string} content */
function replace(file, content) {
  rmSync(file);
  writeFileSync(file, content);
}

/** Flips one bit in the middle of a file of a sealed site. @param {string} folder @param {string} name */
function damage(folder, name) {
  const content = Buffer.from(readFileSync(path.join(folder, name)));
  content[content.length >> 1] ^= 1;
  replace(path.join(folder, name), content);
}

test(
  'after the first load the network can go: a real case opens, runs, saves, and so after a reload',
  { skip },
  async () => {
    const site = await openSite({ models: ['tiny-unet'], spacing: 12 });
    try {
      await until(site.page, () => /** @type {any} */ (window).shapslice.offline === true, 60_000, 'the offline copy');
      await site.cut();
      for (const round of ['first', 'reloaded']) {
        const { error } = await openFiles(site.page, /** @type {string[]} */ (files));
        assert.equal(error, undefined);
        const result = await runStudy(site.page);
        assert.equal(result.models[0].completeFolds, 2, round);
        assert.ok((await segmentationBytes(site.page, 'tiny-unet', 1, 15)).length > 1000);
        assert.match(await site.page.evaluate(() => /** @type {any} */ (window).shapslice.csv()), /shapley/);
        await site.page.reload();
        await untilReady(site.page, 60_000);
        assert.equal(await site.page.evaluate(() => crossOriginIsolated), true);
      }
    } finally {
      await site.close();
    }
  },
);

for (const name of ['web/main.js', 'wasm/engine.wasm', 'fonts/Roboto-Medium.ttf']) {
  test(`a bit flipped in ${name} stops the page with a sentence`, async () => {
    const folder = siteOf();
    damage(folder, name);
    const site = await openSite({ folder, ready: false });
    try {
      const said = () => document.getElementById('loading')?.textContent?.includes('published');
      await until(site.page, said, 30_000, 'the sentence');
      const sentence = await site.page.evaluate(() => document.getElementById('loading')?.textContent);
      assert.ok(
        sentence?.startsWith(`${name}: its content is not what this version of the page was published with`),
        sentence ?? '',
      );
      assert.equal(await site.page.evaluate(() => 'shapslice' in window), false);
    } finally {
      await site.close();
    }
  });
}

test('of a damaged boot.js, which is loaded before the service worker, nothing runs: its hash is in the page', async () => {
  const folder = siteOf();
  damage(folder, 'web/boot.js');
  const site = await openSite({ folder, ready: false });
  try {
    const refused = () => site.complaints.some((text) => /integrity/.test(text));
    if (!refused()) await site.page.waitForEvent('console', { predicate: refused, timeout: 10_000 }).catch(() => {});
    assert.ok(refused(), site.complaints.join('\n'));
    assert.equal(await site.page.evaluate(() => 'shapslice' in window), false);
  } finally {
    await site.close();
  }
});

test('a bit flipped in a model refuses the model with a sentence, and the page stays', async () => {
  const folder = siteOf(testModels(['tiny-unet', 'tiny-transposed'], 12));
  damage(folder, 'models/tiny-unet/fold0.onnx');
  const site = await openSite({ folder });
  try {
    await assert.rejects(
      runStudy(site.page, { models: [{ id: 'tiny-unet' }] }),
      /fold0\.onnx: its content is not what/,
    );
    const { notices } = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.view());
    assert.ok(notices >= 1);
    const result = await runStudy(site.page, { models: [{ id: 'tiny-transposed' }] });
    assert.equal(result.models[0].completeFolds, 1);
  } finally {
    await site.close();
  }
});

test('a new version waits until the old one is closed, and no page sees files of both', async () => {
  const folder = siteOf(testModels(['tiny-unet'], 12));
  const site = await openSite({ folder });
  try {
    const mark = () => fetch('web/mirror.js').then(async (response) => (await response.text()).includes('// newer'));
    assert.equal(await site.page.evaluate(mark), false);
    const file = path.join(folder, 'web/mirror.js');
    replace(file, `${readFileSync(file, 'utf8')}\n// newer\n`);
    sealSite(folder);
    // Another page while the first is open: the new version is there, and waits.
    const second = await site.context.newPage();
    await second.goto(site.url);
    await untilReady(second, 60_000);
    await until(
      second,
      () => navigator.serviceWorker.getRegistration().then((registration) => Boolean(registration?.waiting)),
      30_000,
      'the new version to wait',
    );
    for (const page of [site.page, second]) assert.equal(await page.evaluate(mark), false);
    assert.equal((await runStudy(site.page)).models[0].completeFolds, 2);
    // The last page of the old version, loaded again, is of the new one.
    await second.close();
    await site.page.reload();
    await untilReady(site.page, 60_000);
    assert.equal(await site.page.evaluate(mark), true);
    const kept = await site.page.evaluate(async () => (await caches.keys()).filter((name) => name.includes('-site-')));
    assert.equal(kept.length, 1);
  } finally {
    await site.close();
  }
});

test('the page can be installed: a manifest with icons of their sizes', async () => {
  const site = await openSite({ models: ['tiny-unet'], spacing: 12 });
  try {
    const found = await site.page.evaluate(async () => {
      const link = /** @type {HTMLLinkElement} */ (document.querySelector('link[rel=manifest]'));
      const manifest = await (await fetch(link.href)).json();
      const sizes = [];
      for (const { src, sizes: told } of manifest.icons) {
        const picture = new Image();
        picture.src = new URL(src, link.href).href;
        await picture.decode();
        sizes.push([told, `${picture.naturalWidth}x${picture.naturalHeight}`]);
      }
      return { manifest, sizes };
    });
    assert.equal(found.manifest.display, 'standalone');
    assert.deepEqual(
      found.sizes.map(([told]) => told),
      ['192x192', '512x512'],
    );
    for (const [told, real] of found.sizes) assert.equal(told, real);
  } finally {
    await site.close();
  }
});

test('nothing unchecked is handed to the page: not what a host says in place of a file, nor what is not of the site', async () => {
  const folder = siteOf(testModels(['tiny-unet', 'tiny-transposed'], 12));
  rmSync(path.join(folder, 'models/tiny-unet/fold0.onnx'));
  const site = await openSite({ folder });
  try {
    const fetched = await site.page.evaluate(async (addresses) => {
      const answers = /** @type {[number, string][]} */ ([]);
      for (const address of addresses) {
        const response = await fetch(address);
        answers.push([response.status, await response.text()]);
      }
      return answers;
    }, /** @type {string[]} */ (['models/tiny-unet/fold0.onnx', 'constructor', 'toString', '__proto__', '%', 'web/%ff']));
    const sentence =
      "models/tiny-unet/fold0.onnx: the site's host answered HTTP 404; expected the file. Reload the page; if this stays, " +
      'tell whoever runs this site.';
    assert.deepEqual(fetched[0], [404, sentence]);
    for (const [status, said] of fetched.slice(1))
      assert.deepEqual([status, /: the site has no such file\.$/.test(said)], [404, true]);
    const asked = site.served.map(({ url }) => url).filter((url) => /constructor|toString|__proto__|%/.test(url));
    assert.deepEqual(asked, [], 'the server is not even asked');
    await assert.rejects(runStudy(site.page, { models: [{ id: 'tiny-unet' }] }), (error) =>
      String(error).includes(sentence),
    );
    assert.equal((await runStudy(site.page, { models: [{ id: 'tiny-transposed' }] })).models[0].completeFolds, 1);
  } finally {
    await site.close();
  }
});
