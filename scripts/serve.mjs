// A static file server for dist/, for development, tests and benchmarks. Sends the headers that let the page have threads
// (cross-origin isolation) and its content security policy; `--plain` sends neither, as a simple host would.
import { open, realpath } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

/** @type {Record<string, string>} */
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.ttf': 'font/ttf',
  '.md': 'text/markdown; charset=utf-8',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

export const contentSecurityPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'; style-src 'self'; " +
  "img-src 'self' data: blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'";

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': contentSecurityPolicy,
};

/**
 * The names that a request's address leads through; null where it is no address. Of a file no name has a separator in it, so
 * that what is decoded leads nowhere else than what was asked.
 * @param {string} address
 */
function namesIn(address) {
  try {
    const names = new URL(address, 'http://localhost').pathname.slice(1).split('/').map(decodeURIComponent);
    return names.some((name) => /[/\\\0]/.test(name) || name === '..') ? null : names;
  } catch {
    return null;
  }
}

/** The file of a request, opened; null where the folder has none. @param {string} folder @param {string[]} names */
async function openFile(folder, names) {
  const wanted = path.join(folder, ...names.slice(0, -1), names.at(-1) || 'index.html');
  try {
    const [root, file] = await Promise.all([realpath(folder), realpath(wanted)]); // a link may lead out of the folder
    if (!file.startsWith(root + path.sep)) return null;
    const handle = await open(file);
    const found = await handle.stat();
    if (found.isFile()) return { handle, size: found.size, type: types[path.extname(wanted)] };
    await handle.close();
  } catch {
    // not there, or not to be read
  }
  return null;
}

/**
 * @param {string} folder
 * @param {boolean} plain
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} response
 */
async function answer(folder, plain, request, response) {
  const refuse = (/** @type {number} */ status, /** @type {string} */ words, headers = {}) =>
    void response.writeHead(status, { 'Content-Type': 'text/plain', ...headers }).end(`${words}\n`);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(405, 'Only GET and HEAD are answered', { Allow: 'GET, HEAD' });
  const names = namesIn(request.url ?? '/');
  if (!names) return refuse(400, 'This is no address of a file');
  const found = await openFile(folder, names);
  if (!found) return refuse(404, 'Not found');
  response.writeHead(200, {
    'Content-Type': found.type ?? 'application/octet-stream',
    'Content-Length': found.size,
    'Cache-Control': 'no-cache',
    ...(plain ? {} : isolation),
  });
  if (request.method === 'HEAD') {
    await found.handle.close();
    response.end();
    return;
  }
  // Who asked may have gone, and a file may become shorter while it is read: either ends this answer alone.
  await pipeline(found.handle.createReadStream(), response).catch(() => response.destroy());
}

/**
 * @param {string} folder
 * @param {{ port?: number, plain?: boolean }} [options]
 * @returns {Promise<{ server: http.Server, url: string }>}
 */
export function serve(folder, { port = 0, plain = false } = {}) {
  const server = http.createServer((request, response) => {
    answer(folder, plain, request, response).catch(() => response.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = /** @type {import('node:net').AddressInfo} */ (server.address());
      resolve({ server, url: `http://localhost:${address.port}/` });
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const dist = path.resolve(import.meta.dirname, '../dist');
  const port = Number(process.env.PORT ?? 8080);
  const plain = process.argv.includes('--plain');
  const { url } = await serve(dist, { port, plain }).catch(() => serve(dist, { plain })); // where another has the port
  console.log(`ShapSlice is at ${url} (Ctrl+C ends it)`);
}
