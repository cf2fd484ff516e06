// Frame times of the canvas at 1280x720 on software GL: every frame drawn anew without change (at rest
// the page draws nothing), and while scrolling slices in all three planes at once.
//   node bench/frames.mjs      needs dist/
import { openSite } from '../tests/web/support.mjs';

const FRAMES = 220;
const site = await openSite();
/** @param {boolean} scroll @returns {Promise<number[]>} gaps between frames, each of which was drawn anew, ms */
function gaps(scroll) {
  return site.page.evaluate(
    ([frames, moving]) =>
      new Promise((resolve) => {
        const { view, setView } = /** @type {any} */ (window).shapslice;
        const [i, j, k] = view().crosshair;
        /** @type {number[]} */
        const found = [];
        let last = performance.now();
        const tick = () => {
          const n = found.length;
          found.push(performance.now() - last);
          last = performance.now();
          setView(moving ? { crosshair: [i + (n % 40) - 20, j + (n % 30) - 15, k + (n % 40) - 20] } : {});
          if (n < Number(frames)) requestAnimationFrame(tick);
          else resolve(found.slice(20).sort((a, b) => a - b)); // the first frames still settle
        };
        requestAnimationFrame(tick);
      }),
    /** @type {[number, boolean]} */ ([FRAMES, scroll]),
  );
}
/** The least this machine's browser needs: the same canvas, only cleared. @returns {Promise<number[]>} */
async function baseline() {
  const page = await site.context.newPage();
  await page.goto(`${site.url}models/index.json`);
  const found = await page.evaluate(
    (frames) =>
      new Promise((resolve) => {
        const canvas = document.body.appendChild(document.createElement('canvas'));
        canvas.width = 1280;
        canvas.height = 720;
        const gl = canvas.getContext('webgl2', { alpha: false, antialias: false, depth: false });
        if (!gl) throw new Error('no WebGL 2');
        /** @type {number[]} */
        const gaps = [];
        let last = performance.now();
        const tick = () => {
          gaps.push(performance.now() - last);
          last = performance.now();
          gl.clearColor((gaps.length % 10) / 10, 0, 0, 1);
          gl.clear(gl.COLOR_BUFFER_BIT);
          if (gaps.length < frames) requestAnimationFrame(tick);
          else resolve(gaps.slice(20).sort((a, b) => a - b));
        };
        requestAnimationFrame(tick);
      }),
    FRAMES,
  );
  await page.close();
  return /** @type {number[]} */ (found);
}

const empty = await baseline();
console.log(
  `an empty canvas: frame time median ${empty[Math.floor(empty.length / 2)].toFixed(1)} ms, 95th percentile ${empty[Math.floor(0.95 * empty.length)].toFixed(1)} ms`,
);
for (const scroll of [false, true]) {
  const found = await gaps(scroll);
  const at = (/** @type {number} */ share) => found[Math.floor(share * (found.length - 1))];
  const { p95 } = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.view().framesMs);
  console.log(
    `${scroll ? 'scrolling' : 'idle     '}: frame time median ${at(0.5).toFixed(1)} ms, 95th percentile ${at(0.95).toFixed(1)} ms ` +
      `of ${found.length} frames (wanted: under 33): ${at(0.95) < 33 ? 'met' : 'NOT MET'}; of the main thread ${p95.toFixed(1)} ms at the 95th percentile`,
  );
}
await site.close();
