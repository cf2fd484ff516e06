// The app's WebAssembly and its canvas: fonts in, commands out, PNGs from the canvas.

import { siteFile } from './site_file.js';

/**
 * @typedef {object} AppModule src/app/app_main.cpp
 * @property {(regular: Uint8Array, medium: Uint8Array) => void} setFonts
 * @property {(handler: (name: string, json: string) => void) => void} setCommandHandler
 * @property {() => boolean} start
 * @property {(json: string, volumes: Uint16Array[], labels: Uint8Array | null) => void} receiveCase
 * @property {(json: string) => void} receiveModels
 * @property {(json: string) => void} receiveStudy
 * @property {() => void} receiveOtherSettings
 * @property {(model: string, fold: number, coalition: number, runs: Uint32Array) => void} receiveSegmentation
 * @property {(error: boolean, sentence: string, topic: string) => void} receiveNotice
 * @property {(json: string) => void} receiveFiles
 * @property {(what: string, json: string) => void} receiveJson
 * @property {() => string} viewJson
 * @property {(json: string) => void} setView
 * @property {() => void} redraw
 * @property {() => void} loseContext
 * @property {() => void} restoreContext
 */

const site = new URL('../', import.meta.url);
const LOST =
  'The browser has taken the graphics away from this page; what is open and computed is kept, and the picture comes back when the browser allows it.';

/** @param {string} name */
async function font(name) {
  return new Uint8Array(await (await siteFile(new URL(`fonts/${name}.ttf`, site))).arrayBuffer());
}

/**
 * Follows the canvas's context as it is lost and restored: when the graphics driver restarts, say, or another page needs it.
 * @param {HTMLCanvasElement} canvas
 * @param {AppModule} app
 */
function followContext(canvas, app) {
  const sentence = document.createElement('p');
  sentence.id = 'graphics-lost';
  sentence.setAttribute('role', 'status');
  const lose = () => {
    app.loseContext();
    sentence.textContent = LOST;
    canvas.after(sentence);
  };
  canvas.addEventListener('webglcontextlost', (event) => {
    event.preventDefault(); // without this it would not be restored
    lose();
  });
  canvas.addEventListener('webglcontextrestored', () => {
    app.restoreContext();
    sentence.remove();
  });
  if (canvas.getContext('webgl2')?.isContextLost()) lose();
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {(name: string, json: any) => void} onCommand
 * @returns {Promise<AppModule>}
 */
export async function startApp(canvas, onCommand) {
  // The app draws what changed and leaves the rest, so the canvas must keep its picture. A canvas has one context: the app's
  // own request for one, which cannot say this, gets the one made here.
  canvas.getContext('webgl2', {
    preserveDrawingBuffer: true,
    alpha: false,
    antialias: false,
    depth: false,
    stencil: false,
  });
  const { default: createApp } = await import(new URL('wasm/app.mjs', site).href);
  const [app, regular, medium] = await Promise.all([
    /** @type {Promise<AppModule>} */ (createApp({ canvas })),
    font('Roboto-Regular'),
    font('Roboto-Medium'),
  ]);
  app.setFonts(regular, medium);
  app.setCommandHandler((name, json) => onCommand(name, JSON.parse(json)));
  if (!app.start()) throw new Error('This browser offers no WebGL 2, which ShapSlice needs to draw.');
  followContext(canvas, app);
  // Nothing is drawn while nothing changes; what only the browser knows of is told here.
  for (const event of ['resize', 'focus', 'visibilitychange']) addEventListener(event, () => app.redraw());
  return app;
}

/**
 * A part of the canvas as a PNG. Called in the task that drew the frame, so that what the user asked for is what is on it.
 * @param {HTMLCanvasElement} canvas
 * @param {number[]} rect x, y, width, height in CSS pixels
 * @returns {Promise<Blob>}
 */
export async function capture(canvas, [x, y, width, height]) {
  if (canvas.getContext('webgl2')?.isContextLost()) {
    throw new Error('There is no picture to save while the browser keeps the graphics; try again when it is back.');
  }
  const ratio = canvas.width / canvas.clientWidth;
  const copy = new OffscreenCanvas(Math.round(width * ratio), Math.round(height * ratio));
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (copy.getContext('2d'));
  context.drawImage(canvas, -x * ratio, -y * ratio);
  return copy.convertToBlob({ type: 'image/png' });
}
