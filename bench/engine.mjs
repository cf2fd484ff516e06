// The engine for convolutional networks against ONNX Runtime Web's WebAssembly, one thread each, in one process and in turns:
// milliseconds a run, 1e9 multiplications of weights a second (of the network's own count, whoever runs it), and how many times
// as fast as ONNX Runtime; and the labels that differ from its own.
//   node --experimental-wasm-relaxed-simd bench/engine.mjs [--chromium] [--extents=80,96,80] [--rounds=3] [--profile] [MODEL.onnx...]
// Needs `cmake --build --preset wasm --target convnet --target convnet_relaxed`; nothing else should be running. Node before 22
// knows relaxed SIMD by the flag only, and its baseline compiler gets narrow numbers wrong: add --no-liftoff.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as ort from 'onnxruntime-web/wasm';
import { chromium } from 'playwright-core';
import { serve } from '../scripts/serve.mjs';
import { takeTurns } from './engine_turns.mjs';

const root = path.resolve(import.meta.dirname, '..');
const programs = { SIMD: 'convnet', 'relaxed SIMD': 'convnet_relaxed' };
/** @param {string} name @param {string} otherwise */
const option = (name, otherwise) =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
const extents = option('extents', '80,96,80').split(',').map(Number);
const rounds = Number(option('rounds', '3'));
const profile = process.argv.includes('--profile');
const given = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const models = given.length ? given : ['models/unet/fold0.onnx', 'models/segresnet/fold0.onnx'];

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** @param {string} model a file below the root */
async function inNode(model) {
  /** @type {Record<string, unknown>} */
  const modules = {};
  for (const [label, program] of Object.entries(programs)) {
    const { default: create } = await import(path.join(root, `build/wasm/${program}.mjs`));
    modules[label] = await create();
  }
  return takeTurns(ort, modules, {
    bytes: new Uint8Array(readFileSync(path.join(root, model))),
    extents,
    rounds,
    profile,
  });
}

/** @param {string} model a file below the root */
async function inChromium(model) {
  const { server, url } = await serve(root, { plain: true });
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-quic'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${url}package.json`);
    return await page.evaluate(
      async ({ programs, model, extents, rounds, profile }) => {
        const load = (/** @type {string} */ file) => import(new URL(file, location.href).href);
        const { takeTurns: inTurns } = await load('bench/engine_turns.mjs');
        /** @type {Record<string, unknown>} */
        const modules = {};
        for (const [label, program] of Object.entries(programs))
          modules[label] = await (await load(`build/wasm/${program}.mjs`)).default();
        const runtime = await load('node_modules/onnxruntime-web/dist/ort.wasm.min.mjs');
        const bytes = new Uint8Array(await (await fetch(model)).arrayBuffer());
        return /** @type {ReturnType<typeof takeTurns>} */ (
          inTurns(runtime, modules, { bytes, extents, rounds, profile })
        );
      },
      { programs, model, extents, rounds, profile },
    );
  } finally {
    await browser.close();
    server.close();
  }
}

for (const model of models) {
  const { products, times, labelsOff, profiles } = await (process.argv.includes('--chromium') ? inChromium : inNode)(
    model,
  );
  console.log(`${model}, ${extents.join(' x ')}, ${(products / 1e9).toFixed(1)}e9 multiplications`);
  for (const [label, steps] of Object.entries(profiles)) {
    console.log(
      `  ${label}: milliseconds, 1e9 multiplications a second by the network's count and made in fact, value`,
    );
    for (const step of /** @type {{ value: string, products: number, made: number, milliseconds: number }[]} */ (
      steps
    )) {
      const [counted, made] = [step.products, step.made].map((products) =>
        (products / step.milliseconds / 1e6).toFixed(1).padStart(6),
      );
      console.log(`    ${step.milliseconds.toFixed(1).padStart(7)} ${counted} ${made}  ${step.value}`);
    }
  }
  for (const [label, each] of Object.entries(times)) {
    const ratios = each.map((ms, n) => times['ONNX Runtime Web'][n] / ms);
    const speed = products / median(each) / 1e6;
    console.log(
      `  ${label.padEnd(22)} ${median(each).toFixed(0).padStart(6)} ms  ${speed.toFixed(1).padStart(6)} e9/s  ${median(ratios).toFixed(2).padStart(5)} times, ${(1000 * labelsOff[label]).toFixed(2)} in 1000 labels differ`,
    );
  }
}
