// What the page's address may ask for: nothing is misread in silence.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAddress } from '../../web/address.js';

/** @param {string} search */
const read = (search) => readAddress(new URLSearchParams(search));

test('every known option is read, and nothing is said of it', () => {
  for (const provider of ['auto', 'webgpu', 'webgpu-ort', 'wasm'])
    assert.deepEqual(read(`?provider=${provider}`), { provider, traceless: false, problems: [] });
  assert.deepEqual(read(''), { provider: 'auto', traceless: false, problems: [] });
  assert.deepEqual(read('?leave-no-trace'), { provider: 'auto', traceless: true, problems: [] });
  assert.deepEqual(read('?provider=wasm&leave-no-trace'), { provider: 'wasm', traceless: true, problems: [] });
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
    `"leave-no-trac" in this page's address is not known and has no effect; known are provider and leave-no-trace.`,
    `"Provider" in this page's address is not known and has no effect; known are provider and leave-no-trace.`,
  ]);
});

test('a provider named twice, and leave-no-trace with a value', () => {
  assert.deepEqual(read('?provider=wasm&provider=webgpu'), {
    provider: 'wasm',
    traceless: false,
    problems: ["This page's address names a provider 2 times; the first counts."],
  });
  assert.deepEqual(read('?leave-no-trace=false'), {
    provider: 'auto',
    traceless: true,
    problems: ["leave-no-trace=false in this page's address: expected no value. Nothing is kept."],
  });
});
