// Half floats as onnxruntime-node takes and gives them: their bits, in 16-bit whole numbers.
const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** The nearest half, ties to even; beyond what halves hold, infinity. @param {number} value */
export function halfBits(value) {
  single[0] = value;
  const [whole] = bits;
  const sign = (whole >>> 16) & 0x8000;
  const magnitude = whole & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // no number
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  const exponent = magnitude >>> 23;
  // Below 2^-14 halves have fewer digits: all that follow the last are cut off.
  const cut = exponent < 113 ? 126 - exponent : 13;
  if (cut > 25) return sign;
  const digits = exponent < 113 ? (magnitude & 0x7fffff) | 0x800000 : magnitude - 0x38000000;
  const rest = digits & ((1 << cut) - 1);
  const half = 1 << (cut - 1);
  const kept = digits >>> cut;
  return sign | (kept + (rest > half || (rest === half && kept & 1) ? 1 : 0));
}

/** @param {number} half its bits */
export function halfValue(half) {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const digits = half & 1023;
  if (exponent === 31) return digits ? NaN : sign * Infinity;
  return sign * (exponent ? (1024 + digits) * 2 ** (exponent - 25) : digits * 2 ** -24);
}
