// Frame times of the canvas at 1280x720 on software GL: every frame asked for anew without change (at rest the page does not
// even look), scrolling one plane by a slice each frame, and all three at once, as dragging the crosshair does.
//   node bench/frames.mjs      needs dist/
import { openSite } from '../tests/web/support.mjs';

const FRAMES = 220;
const site = await openSite();
/** @param {number} planes how many move @returns {Promise<number[]>} gaps between frames, sorted, ms */
function gaps(planes) {
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
          const [across, along, up] = [(n % 40) - 20, (n % 30) - 15, (n % 40) - 20];
          if (moving === 0) setView({});
          else setView({ crosshair: moving === 1 ? [i, j, k + up] : [i + across, j + along, k + up] });
          if (n < Number(frames)) requestAnimationFrame(tick);
          else resolve(found.slice(20).sort((a, b) => a - b)); // the first frames still settle
        };
        requestAnimationFrame(tick);
      }),
    /** @type {[number, number]} */ ([FRAMES, planes]),
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
for (const [planes, what] of /** @type {[number, string][]} */ ([
  [0, 'idle'],
  [1, 'scrolling one plane'],
  [3, 'scrolling all three planes'],
])) {
  const found = await gaps(planes);
  const at = (/** @type {number} */ share) => found[Math.floor(share * (found.length - 1))];
  const { p95 } = await site.page.evaluate(() => /** @type {any} */ (window).shapslice.view().framesMs);
  console.log(
    `${what}: frame time median ${at(0.5).toFixed(1)} ms, 95th percentile ${at(0.95).toFixed(1)} ms ` +
      `of ${found.length} frames (wanted: under 33): ${at(0.95) < 33 ? 'met' : 'NOT MET'}; of the main thread ${p95.toFixed(1)} ms at the 95th percentile`,
  );
}
await site.close();
