// Cases as other scanners might have made them: the images of a folder made brighter at their brightest, noisy, and shaded by
// a bias field. Always the same for the same name. NIfTI-1, little-endian; labels stay as they are.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

/**
 * @typedef {{ bright: number, noise: number, bias: number }} Perturbation `bright`: how many times as bright the brightest
 *   0.1 % of the T1c are; `noise`: its deviation as a share of the brain's; `bias`: the field lies between 1 - bias and 1 + bias
 */

/** @type {Record<string, Perturbation>} */
export const PERTURBATIONS = {
  'as published': { bright: 1, noise: 0, bias: 0 },
  'twice as bright': { bright: 2, noise: 0, bias: 0 },
  '3.5 times as bright': { bright: 3.5, noise: 0, bias: 0 },
  '6 times as bright': { bright: 6, noise: 0, bias: 0 },
  noise: { bright: 1, noise: 0.1, bias: 0 },
  'bias field': { bright: 1, noise: 0, bias: 0.3 },
  'all at once': { bright: 4, noise: 0.05, bias: 0.2 },
};

const FLOAT32 = 16;
/** By NIfTI's number of a type, its bytes and how a value is read. @type {Record<number, [number, (bytes: Buffer, at: number) => number]>} */
const TYPES = {
  2: [1, (bytes, at) => bytes.readUInt8(at)],
  4: [2, (bytes, at) => bytes.readInt16LE(at)],
  16: [4, (bytes, at) => bytes.readFloatLE(at)],
  512: [2, (bytes, at) => bytes.readUInt16LE(at)],
};

/** @param {number} seed @returns {() => number} from 0 to 1, mulberry32 */
function randomOf(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let bits = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param {string} file @returns {{ header: Buffer, shape: number[], voxels: Float32Array }} */
function readImage(file) {
  const bytes = gunzipSync(readFileSync(file));
  const shape = [1, 2, 3].map((axis) => bytes.readInt16LE(40 + 2 * axis));
  const type = bytes.readInt16LE(70);
  const at = bytes.readFloatLE(108);
  if (!TYPES[type]) throw new Error(`${file}: voxels of NIfTI type ${type}; expected one of ${Object.keys(TYPES)}.`);
  const [width, read] = TYPES[type];
  const slope = bytes.readFloatLE(112) || 1;
  const intercept = bytes.readFloatLE(116);
  const voxels = Float32Array.from(
    { length: shape[0] * shape[1] * shape[2] },
    (_, n) => read(bytes, at + width * n) * slope + intercept,
  );
  return { header: bytes.subarray(0, at), shape, voxels };
}

/** @param {string} file @param {ReturnType<typeof readImage>} image */
function writeImage(file, { header, voxels }) {
  const copy = Buffer.from(header);
  copy.writeInt16LE(FLOAT32, 70);
  copy.writeInt16LE(32, 72); // bits
  copy.writeFloatLE(1, 112); // slope
  copy.writeFloatLE(0, 116);
  writeFileSync(file, gzipSync(Buffer.concat([copy, Buffer.from(voxels.buffer)]), { level: 1 }));
}

/** Only the brain's voxels, those that are not 0, are changed, and none becomes 0. @param {ReturnType<typeof readImage>} image @param {Perturbation} how @param {() => number} random */
function perturbImage({ shape, voxels }, { bright, noise, bias }, random) {
  const brain = voxels.filter((value) => value !== 0);
  const most = Float32Array.from(brain).sort()[Math.floor(0.999 * (brain.length - 1))];
  const mean = brain.reduce((sum, value) => sum + value, 0) / brain.length;
  const deviation = Math.sqrt(brain.reduce((sum, value) => sum + (value - mean) ** 2, 0) / brain.length);
  const phases = [random(), random(), random()].map((turn) => 2 * Math.PI * turn);
  for (let n = 0; n < voxels.length; ++n) {
    if (voxels[n] === 0) continue;
    const at = [n % shape[0], Math.floor(n / shape[0]) % shape[1], Math.floor(n / (shape[0] * shape[1]))];
    let value = voxels[n] >= most ? voxels[n] * bright : voxels[n];
    const wave = at.reduce((sum, i, axis) => sum + Math.sin((Math.PI * i) / shape[axis] + phases[axis]), 0) / 3;
    value *= 1 + bias * wave;
    if (noise) value += noise * deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    voxels[n] = value || 1e-6;
  }
}

/**
 * Writes a case's files, perturbed, into another folder.
 * @param {string} folder @param {string} to @param {Perturbation} how
 */
export function perturbCase(folder, to, how) {
  mkdirSync(to, { recursive: true });
  for (const [n, name] of readdirSync(folder).sort().entries()) {
    const file = path.join(folder, name);
    const isSequence = /[-_](t1c|t1n|t2f|t2w)\.nii\.gz$/.test(name);
    if (!isSequence) {
      if (/seg\.nii\.gz$/.test(name)) writeFileSync(path.join(to, name), readFileSync(file));
      continue;
    }
    const image = readImage(file);
    const isT1c = /t1c\.nii\.gz$/.test(name);
    perturbImage(image, { ...how, bright: isT1c ? how.bright : 1 }, randomOf(1000 + n));
    writeImage(path.join(to, name), image);
  }
}
