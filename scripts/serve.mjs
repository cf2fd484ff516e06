// A static file server for dist/, for development, tests and benchmarks. Sends the headers that let the page have threads
// (cross-origin isolation) and its content security policy; `--plain` sends neither, as a simple host would.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
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
 * @param {string} folder
 * @param {{ port?: number, plain?: boolean }} [options]
 * @returns {Promise<{ server: http.Server, url: string }>}
 */
export function serve(folder, { port = 0, plain = false } = {}) {
  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const relative = decodeURIComponent(pathname);
    const file = path.join(folder, relative.endsWith('/') ? `${relative}index.html` : relative);
    const found = file.startsWith(path.resolve(folder)) ? await stat(file).catch(() => null) : null;
    if (!found?.isFile()) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found\n');
      return;
    }
    response.writeHead(200, {
      'Content-Type': types[path.extname(file)] ?? 'application/octet-stream',
      'Content-Length': found.size,
      'Cache-Control': 'no-cache',
      ...(plain ? {} : isolation),
    });
    createReadStream(file).pipe(response);
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
  const { url } = await serve(dist, { port, plain: process.argv.includes('--plain') }).catch(() => serve(dist, {}));
  console.log(`ShapSlice is at ${url} (Ctrl+C ends it)`);
}
