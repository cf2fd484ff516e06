// Half floats to singles and back: all 65536, and what lies between two of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { halfBits, halfValue } from '../../scripts/replicate/halves.mjs';

test('every half comes back', () => {
  for (let half = 0; half < 65536; ++half) {
    const value = halfValue(half);
    if (Number.isNaN(value)) assert.ok(Number.isNaN(halfValue(halfBits(value))));
    else assert.equal(halfBits(value), half);
  }
});

test('between two halves the nearer is taken, in the middle the even one', () => {
  for (let half = 0; half < 0x7bff; ++half) {
    const low = halfValue(half);
    const high = halfValue(half + 1);
    assert.equal(halfBits(low + 0.4375 * (high - low)), half);
    assert.equal(halfBits(low + 0.5625 * (high - low)), half + 1);
    assert.equal(halfBits(-(low + high) / 2), 0x8000 | (half + (half & 1)));
  }
});

test('known values', () => {
  assert.equal(halfBits(1), 0x3c00);
  assert.equal(halfBits(-2), 0xc000);
  assert.equal(halfBits(65519), 0x7bff);
  assert.equal(halfBits(65520), 0x7c00);
  assert.equal(halfBits(1e10), 0x7c00);
  assert.equal(halfBits(2 ** -25), 0);
  assert.equal(halfBits(2 ** -24), 1);
  assert.equal(halfValue(0x3555).toFixed(4), '0.3333');
});
