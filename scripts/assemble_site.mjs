// Puts the static site together in dist/: page, modules, WebAssembly, ONNX Runtime, models, typeface, licences.
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { iconPng } from './icons.mjs';
import { sealSite } from './seal_site.mjs';

const root = path.resolve(import.meta.dirname, '..');
const dist = path.join(root, 'dist');
const LARGEST_FILE = 25 * 1024 * 1024; // what the strictest of the usual static hosts carry

// ONNX Runtime Web: WASM alone, WebGPU with JSPI, WebGPU without it. The last one's program is too large for some hosts as
// it is, so it travels compressed (web/ort_runtime.js inflates it).
const ortFiles = [
  'ort.wasm.min.mjs',
  'ort-wasm-simd-threaded.mjs',
  'ort-wasm-simd-threaded.wasm',
  'ort.jspi.min.mjs',
  'ort-wasm-simd-threaded.jspi.mjs',
  'ort-wasm-simd-threaded.jspi.wasm',
  'ort.webgpu.min.mjs',
  'ort-wasm-simd-threaded.asyncify.mjs',
];
const ortCompressed = 'ort-wasm-simd-threaded.asyncify.wasm';

async function copy(from, to) {
  await mkdir(path.dirname(path.join(dist, to)), { recursive: true });
  await cp(path.join(root, from), path.join(dist, to), { recursive: true });
}

// As the page lists them, the first of them chosen at the start; others follow by name.
const shippedOrder = ['unet', 'segresnet', 'unetr', 'swin_unetr', 'unet_dropout'];
/** @param {string} folder */
const placeOf = (folder) => (shippedOrder.includes(folder) ? shippedOrder.indexOf(folder) : shippedOrder.length);

/** @returns {Promise<string[]>} model folders that have a manifest */
async function modelFolders() {
  const entries = await readdir(path.join(root, 'models'), { withFileTypes: true }).catch(() => []);
  const folders = [];
  for (const entry of entries.filter((each) => each.isDirectory())) {
    const manifest = path.join(root, 'models', entry.name, 'model.json');
    if (await stat(manifest).catch(() => null)) folders.push(entry.name);
  }
  return folders.sort((a, b) => placeOf(a) - placeOf(b) || a.localeCompare(b));
}

async function copyModels() {
  const index = [];
  for (const folder of await modelFolders()) {
    const manifest = JSON.parse(await readFile(path.join(root, 'models', folder, 'model.json'), 'utf8'));
    await copy(`models/${folder}/model.json`, `models/${folder}/model.json`);
    for (const fold of manifest.folds) await copy(`models/${folder}/${fold.file}`, `models/${folder}/${fold.file}`);
    index.push(`${folder}/model.json`);
  }
  await mkdir(path.join(dist, 'models'), { recursive: true });
  await writeFile(path.join(dist, 'models/index.json'), JSON.stringify(index));
}

async function copyOrt() {
  const from = 'node_modules/onnxruntime-web/dist';
  for (const file of ortFiles) await copy(`${from}/${file}`, `ort/${file}`);
  const compressed = path.join(dist, 'ort', `${ortCompressed}.gz.bin`);
  const bytes = await readFile(path.join(root, from, ortCompressed));
  await writeFile(compressed, gzipSync(bytes, { level: 9 }));
}

async function checkSizes(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const { size } = await stat(file);
    if (size > LARGEST_FILE)
      throw new Error(`${path.relative(root, file)} has ${size} bytes; the limit is ${LARGEST_FILE}`);
  }
}

await rm(dist, { recursive: true, force: true });
await copy('index.html', 'index.html');
for (const file of await readdir(path.join(root, 'web'))) {
  if (file !== 'service_worker.js' && /\.(js|css)$/.test(file)) await copy(`web/${file}`, `web/${file}`);
}
for (const file of await readdir(path.join(root, 'shaders'), { recursive: true })) {
  if (file.endsWith('.wgsl')) await copy(`shaders/${file}`, `shaders/${file}`);
}
for (const file of ['engine.mjs', 'engine.wasm', 'convnet.mjs', 'convnet.wasm', 'app.mjs', 'app.wasm'])
  await copy(`build/wasm/${file}`, `wasm/${file}`);
const fonts = '.toolchain/packages/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF';
for (const face of ['Regular', 'Medium']) await copy(`${fonts}/Roboto-${face}.ttf`, `fonts/Roboto-${face}.ttf`);
await copy('node_modules/fflate/esm/browser.js', 'fflate/browser.js');
await copyModels();
await copyOrt();
for (const file of ['LICENSE', 'THIRD_PARTY_NOTICES.md']) await copy(file, file);
await mkdir(path.join(dist, 'icons'));
for (const side of [192, 512]) await writeFile(path.join(dist, `icons/${side}.png`), iconPng(side));
await copy('web/app.webmanifest', 'app.webmanifest');
sealSite(dist);
await checkSizes(dist);
