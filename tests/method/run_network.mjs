// Runs a network by ONNX Runtime on inputs of one shape: what tests/method/compare.py asks for, whose Python has no runtime.
//
//   node run_network.mjs MODEL.onnx INPUT OUTPUT CHANNELS,K,J,I IN.f32 OUT.f32
//
// IN.f32 holds inputs one after the other, OUT.f32 is made of their outputs.
import { openSync, readFileSync, writeSync } from 'node:fs';
import * as ort from 'onnxruntime-node';

const [model, input, output, words, from, to] = process.argv.slice(2);
const shape = words.split(',').map(Number);
const values = shape.reduce((product, extent) => product * extent, 1);
const bytes = readFileSync(from);
const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const session = await ort.InferenceSession.create(model, { executionProviders: ['cpu'], intraOpNumThreads: 1 });
const file = openSync(to, 'w');
for (let at = 0; at < all.length; at += values) {
  const tensor = new ort.Tensor('float32', all.subarray(at, at + values), [1, ...shape]);
  const answer = (await session.run({ [input]: tensor }, [output]))[output];
  const logits = /** @type {Float32Array} */ (answer.data);
  writeSync(file, new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength));
}
