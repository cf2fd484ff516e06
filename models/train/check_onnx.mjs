// Does the exported file say what the trained network says? Runs it on ONNX Runtime and compares with reference_logits.py.
//
//   node models/train/check_onnx.mjs MODEL.onnx CASE.input.npy LOGITS.npy
import { readFile } from 'node:fs/promises';
import { argv, exit } from 'node:process';
import * as ort from 'onnxruntime-node';

// Of the largest logit: fp32 sums in another order. Measured on a real case: U-Net 1e-6, SegResNet 1e-6, UNETR 3e-3 at one
// voxel. What argmax sees differs far more than this where two labels are not all but equal.
const LARGEST_DIFFERENCE = 5e-3;
const LARGEST_LABEL_SHARE = 1e-4;

/** Shape and values of a little-endian float32 .npy file in C order. */
async function readNpy(path) {
  const bytes = await readFile(path);
  const headerLength = bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, 10 + headerLength);
  if (!header.includes("'<f4'") || !header.includes("'fortran_order': False")) {
    throw new Error(`${path}: expected float32 in C order, found ${header.trim()}`);
  }
  const shape = header
    .match(/\(([^)]*)\)/)[1]
    .split(',')
    .filter((part) => part.trim())
    .map(Number);
  const count = shape.reduce((product, extent) => product * extent, 1);
  const start = bytes.byteOffset + 10 + headerLength;
  return { shape, values: new Float32Array(bytes.buffer.slice(start, start + 4 * count)) };
}

/** Channel of the largest logit at each voxel. */
function labelsOf(logits, channels) {
  const voxels = logits.length / channels;
  return Uint8Array.from({ length: voxels }, (_, voxel) => {
    let best = 0;
    for (let c = 1; c < channels; ++c) if (logits[c * voxels + voxel] > logits[best * voxels + voxel]) best = c;
    return best;
  });
}

const [modelPath, imagePath, expectedPath] = argv.slice(2);
const image = await readNpy(imagePath);
const expected = await readNpy(expectedPath);
const session = await ort.InferenceSession.create(modelPath);
const started = performance.now();
const { logits } = await session.run({ image: new ort.Tensor('float32', image.values, [1, ...image.shape]) });
const seconds = (performance.now() - started) / 1000;

let largest = 0;
let largestLogit = 0;
for (let n = 0; n < logits.data.length; ++n) {
  largest = Math.max(largest, Math.abs(logits.data[n] - expected.values[n]));
  largestLogit = Math.max(largestLogit, Math.abs(expected.values[n]));
}
const found = labelsOf(logits.data, expected.shape[0]);
const wanted = labelsOf(expected.values, expected.shape[0]);
const share = found.reduce((sum, label, voxel) => sum + (label !== wanted[voxel]), 0) / found.length;
console.log(
  JSON.stringify({ shape: logits.dims, seconds, largestDifference: largest, largestLogit, labelsDiffering: share }),
);
exit(
  logits.data.length === expected.values.length &&
    largest <= LARGEST_DIFFERENCE * largestLogit &&
    share <= LARGEST_LABEL_SHARE
    ? 0
    : 1,
);
