// What the page's address may ask for: nothing is misread in silence.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAddress } from '../../web/address.js';

/** @param {string} search */
const read = (search) => readAddress(new URLSearchParams(search));

test('every known option is read, and nothing is said of it', () => {
  for (const provider of ['auto', 'webgpu', 'webgpu-ort', 'wasm'])
    assert.deepEqual(read(`?provider=${provider}`), { provider, traceless: false, builtIn: {}, problems: [] });
  assert.deepEqual(read(''), { provider: 'auto', traceless: false, builtIn: {}, problems: [] });
  assert.deepEqual(read('?leave-no-trace'), { provider: 'auto', traceless: true, builtIn: {}, problems: [] });
  assert.deepEqual(read('?provider=wasm&leave-no-trace'), {
    provider: 'wasm',
    traceless: true,
    builtIn: {},
    problems: [],
  });
});

for (const typo of ['typo', 'WASM', 'wasm ', '', 'webgpu,wasm', 'constructor', '%'])
  test(`provider=${typo} is said to be unknown, and the default is used`, () => {
    const { provider, problems } = read(`?provider=${encodeURIComponent(typo)}`);
    assert.equal(provider, 'auto');
    assert.deepEqual(problems, [
      `provider=${typo} in this page's address is not known; expected auto, webgpu, webgpu-ort or wasm. ` +
        'The page goes on with auto.',
    ]);
  });

test('an option of another name has no effect, and that is said once', () => {
  const { provider, traceless, problems } = read('?leave-no-trac&Provider=wasm&leave-no-trac');
  assert.deepEqual([provider, traceless], ['auto', false]);
  assert.deepEqual(problems, [
    `"leave-no-trac" in this page's address is not known and has no effect; known are provider, leave-no-trace and synthetic.`,
    `"Provider" in this page's address is not known and has no effect; known are provider, leave-no-trace and synthetic.`,
  ]);
});

test('a provider named twice, and leave-no-trace with a value', () => {
  assert.deepEqual(read('?provider=wasm&provider=webgpu'), {
    provider: 'wasm',
    traceless: false,
    builtIn: {},
    problems: ["This page's address names a provider 2 times; the first counts."],
  });
  assert.deepEqual(read('?leave-no-trace=false'), {
    provider: 'auto',
    traceless: true,
    builtIn: {},
    problems: ["leave-no-trace=false in this page's address: expected no value. Nothing is kept."],
  });
});

test('the size of the built-in case', () => {
  assert.deepEqual(read('?synthetic=96x100x62').builtIn, { shape: [96, 100, 62] });
  assert.deepEqual(read('?synthetic=96x100x62').problems, []);
  for (const typo of ['', '96', '96x96', '96x96x62x4', '31x96x62', '96x96x513', '-96x96x62', '96,96,62', '1e2x96x62']) {
    const { builtIn, problems } = read(`?synthetic=${typo}`);
    assert.deepEqual(builtIn, {}, typo);
    assert.equal(problems.length, 1, typo);
    assert.match(
      problems[0],
      /^synthetic=.* is not known; expected three numbers of voxels from 32 to 512, such as 96x96x62\. The/,
    );
  }
});
