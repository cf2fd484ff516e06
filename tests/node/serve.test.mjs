// The development server, asked by whoever: it answers with files of its folder and nothing else, and goes on.
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { serve } from '../../scripts/serve.mjs';

/** @type {string} */
let scratch;
/** @type {Awaited<ReturnType<typeof serve>>} */
let site;

before(async () => {
  scratch = await mkdtemp(path.join(os.tmpdir(), 'shapslice-serve-'));
  const folder = path.join(scratch, 'dist');
  for (const each of ['dist/web', 'dist-other', 'dist/empty']) mkdirSync(path.join(scratch, each), { recursive: true });
  writeFileSync(path.join(scratch, 'secret.txt'), 'secret');
  writeFileSync(path.join(scratch, 'dist-other/secret.txt'), 'secret');
  writeFileSync(path.join(folder, 'index.html'), 'the page');
  writeFileSync(path.join(folder, 'web/main.js'), 'the script');
  writeFileSync(path.join(folder, 'a b%.txt'), 'odd');
  symlinkSync('../secret.txt', path.join(folder, 'link.txt'));
  symlinkSync('..', path.join(folder, 'up'));
  symlinkSync('web/main.js', path.join(folder, 'inner.js'));
  site = await serve(folder);
});
after(async () => {
  site.server.closeAllConnections();
  site.server.close();
  await rm(scratch, { recursive: true });
});

/** Sends a request as it stands: clients put addresses in order before they ask. @param {string} address @param {string} [method] */
function ask(address, method = 'GET') {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(new URL(site.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (bytes) => (text += bytes.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => {
      const [head, ...body] = text.split('\r\n\r\n');
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body: body.join('\r\n\r\n') });
    });
    socket.write(`${method} ${address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  });
}

test('files of the folder come, with the headers of an isolated page', async () => {
  const page = await ask('/');
  assert.deepEqual([page.status, page.body], [200, 'the page']);
  assert.match(page.head, /Content-Type: text\/html; charset=utf-8/);
  assert.match(page.head, /Cross-Origin-Embedder-Policy: require-corp/);
  assert.match(page.head, /Content-Security-Policy: default-src 'none'/);
  for (const [address, body] of [
    ['/index.html', 'the page'],
    ['/?provider=wasm', 'the page'],
    ['/web/main.js', 'the script'],
    ['/web/../index.html', 'the page'],
    ['/web/%6dain.js', 'the script'],
    ['/a%20b%25.txt', 'odd'],
    ['/inner.js', 'the script'],
  ])
    assert.deepEqual([address, (await ask(address)).body], [address, body]);
});

for (const address of [
  '/%',
  '/%e0%a4',
  '//',
  '/..%2fsecret.txt',
  '/..%2f..%2fetc/passwd',
  '/..%2fdist-other/secret.txt',
  '/web/..%2f..%2fsecret.txt',
  '/%2e%2e/secret.txt',
  '/../secret.txt',
  '/..%5csecret.txt',
  '/..\\secret.txt',
  '/index.html%00.txt',
  '/%00',
  '/link.txt',
  '/up/secret.txt',
  '/up/dist/index.html/',
  '/web',
  '/web/',
  '/empty/',
  '/missing.txt',
  'http://[/',
  '*',
])
  test(`${address} is refused, and the next request is answered`, async () => {
    const { status, body } = await ask(address);
    assert.ok(status === 400 || status === 404, `${address}: ${status}`);
    assert.doesNotMatch(body, /secret|the page|root:/);
    assert.equal((await ask('/')).body, 'the page');
  });

test('HEAD has the headers alone, and other methods are refused', async () => {
  const { status, head, body } = await ask('/', 'HEAD');
  assert.deepEqual([status, body], [200, '']);
  assert.match(head, /Content-Length: 8/);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
    const refused = await ask('/', method);
    assert.equal(refused.status, 405, method);
    assert.match(refused.head, /Allow: GET, HEAD/);
  }
});

test('whoever leaves in the middle of a file does not stop the server', async () => {
  writeFileSync(path.join(scratch, 'dist/large.bin'), Buffer.alloc(64 << 20));
  await new Promise((resolve) => {
    const socket = net.connect(Number(new URL(site.url).port), '127.0.0.1', () =>
      socket.write('GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    );
    socket.once('data', () => socket.destroy());
    socket.on('close', resolve);
  });
  assert.equal((await ask('/')).body, 'the page');
});
