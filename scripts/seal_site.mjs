// Writes into a site's service worker what its files' hashes are, and into its page those of the files that are loaded before
// the service worker is there. The last step of assembling a site: a file changed afterwards is refused by the browser.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { contentSecurityPolicy } from './serve.mjs';

const root = path.resolve(import.meta.dirname, '..');
const WORKER = 'service_worker.js';

/** @param {Buffer} content @param {'hex' | 'base64'} [encoding] */
const sha256 = (content, encoding = 'hex') => createHash('sha256').update(content).digest(encoding);

/** Replaces a file rather than its content: a linked copy of it elsewhere stays. @param {string} file @param {string} text */
function replaceFile(file, text) {
  rmSync(file, { force: true });
  writeFileSync(file, text);
}

/** @param {string} text @param {string} name of a constant declared empty @param {unknown} value */
function fillIn(text, name, value) {
  const empty = new RegExp(`^const ${name} = ('|\\{)('|\\});$`, 'm');
  if (!empty.test(text)) throw new Error(`web/${WORKER}: no empty constant ${name} to fill in`);
  return text.replace(empty, () => `const ${name} = ${JSON.stringify(value)};`);
}

/** @param {string} folder the site */
export function sealSite(folder) {
  const page = path.join(folder, 'index.html');
  const template = readFileSync(path.join(root, 'index.html'), 'utf8');
  if (!template.includes(contentSecurityPolicy)) throw new Error('index.html: another policy than scripts/serve.mjs');
  const integrity = template.replaceAll(/(src|href)="(web\/[^"]+)"/g, (whole, _, file) => {
    return `${whole} integrity="sha256-${sha256(readFileSync(path.join(folder, file)), 'base64')}"`;
  });
  replaceFile(page, integrity);
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
    .filter((file) => file !== WORKER)
    .sort();
  const hashes = Object.fromEntries(paths.map((file) => [file, sha256(readFileSync(path.join(folder, file)))]));
  const version = sha256(Buffer.from(JSON.stringify(hashes))).slice(0, 16);
  let worker = readFileSync(path.join(root, 'web', WORKER), 'utf8');
  worker = fillIn(worker, 'VERSION', version);
  worker = fillIn(worker, 'FILES', hashes);
  worker = fillIn(worker, 'POLICY', contentSecurityPolicy);
  replaceFile(path.join(folder, WORKER), worker);
  return version;
}
