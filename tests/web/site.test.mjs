// The static site: what it consists of, with and without the headers that bring threads.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { dist, openSite, runStudy, until } from './support.mjs';

const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => path.join(entry.parentPath, entry.name));

test('no file of the site is over 25 MB', () => {
  assert.ok(files.length > 20);
  for (const file of files) assert.ok(statSync(file).size <= 25 * 2 ** 20, file);
});

test('no text of the site names another host to fetch from', () => {
  const own = files.filter((file) => /\.(html|css)$|\/web\/.*\.js$|service_worker\.js$/.test(file));
  assert.ok(own.length >= 8);
  const elsewhere = /https?:\/\/(?!localhost)/;
  assert.match("fetch('https://example.org/x')", elsewhere);
  for (const file of own) assert.doesNotMatch(readFileSync(file, 'utf8'), elsewhere, file);
});

test('with the headers of its own server the page has threads', async () => {
  const site = await openSite();
  const state = await site.page.evaluate(() => ({
    isolated: crossOriginIsolated,
    cores: navigator.hardwareConcurrency,
  }));
  assert.equal(state.isolated, true);
  assert.deepEqual(site.complaints, []);
  const view = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.view());
  assert.equal(view.runtime.threads, Math.min(state.cores, 8));
  await site.close();
});

test('on a plain file server the service worker brings threads', async () => {
  const site = await openSite({ plain: true });
  assert.equal(await site.page.evaluate(() => crossOriginIsolated), true);
  const policy = await site.page.evaluate(async () =>
    (await fetch('web/main.js')).headers.get('content-security-policy'),
  );
  assert.match(String(policy), /default-src 'none'/);
  await site.close();
});

test('where there is no service worker either, it runs on one thread', async () => {
  const site = await openSite({
    plain: true,
    models: ['tiny-unet'],
    spacing: 12,
    context: { serviceWorkers: 'block' },
  });
  assert.equal(await site.page.evaluate(() => crossOriginIsolated), false);
  const result = await runStudy(site.page);
  assert.equal(result.models[0].completeFolds, 2);
  const view = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.view());
  assert.equal(view.runtime.threads, 1);
  await site.close();
});

test('an outside address is refused by the policy', async () => {
  const site = await openSite({ plain: true, context: { serviceWorkers: 'block' }, ready: false });
  await until(site.page, () => document.readyState === 'complete', 20_000, 'the document');
  const refused = await site.page.evaluate(async () => {
    const violation = new Promise((resolve) =>
      addEventListener('securitypolicyviolation', (event) => resolve(event.violatedDirective)),
    );
    await fetch('http://127.0.0.1:9/').catch(() => {});
    return violation;
  });
  assert.equal(refused, 'connect-src');
  await site.close();
});
