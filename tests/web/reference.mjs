// A plain second implementation of what stands around a network: reading, preparation, restoration, Dice (METHOD 2.4, 8.3,
// 8.4), in double precision and without regard to speed. Shares no code with the core.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Voxels of an int16, uint8 or float32 .nii.gz that is stored RAS+ already. @param {string | Uint8Array} file */
export function readPlainNifti(file) {
  const bytes = gunzipSync(typeof file === 'string' ? readFileSync(file) : file);
  const shape = [1, 2, 3].map((axis) => bytes.readInt16LE(40 + 2 * axis));
  const spacing = [1, 2, 3].map((axis) => bytes.readFloatLE(76 + 4 * axis));
  const affine = [280, 296, 312].map((row) => [0, 1, 2, 3].map((column) => bytes.readFloatLE(row + 4 * column)));
  if (affine.some((row, axis) => row[axis] <= 0)) throw new Error('this plain reader takes RAS+ files only');
  const type = bytes.readInt16LE(70);
  const start = bytes.readFloatLE(108);
  const buffer = Uint8Array.from(bytes.subarray(start)).buffer; // on an address of its own, so that any type may view it
  const count = shape[0] * shape[1] * shape[2];
  const Array = { 2: Uint8Array, 4: Int16Array, 16: Float32Array }[type];
  if (!Array) throw new Error(`voxel type ${type} is not for this plain reader`);
  return { shape, spacing, affine, voxels: Float64Array.from(new Array(buffer, 0, count)) };
}

/**
 * @param {ReturnType<typeof readPlainNifti>[]} contrasts
 * @param {number} spacing
 * @param {number} multiple
 */
export function prepare(contrasts, spacing, multiple) {
  const [width, height, depth] = contrasts[0].shape;
  const low = [width, height, depth];
  const high = [0, 0, 0];
  for (let k = 0, v = 0; k < depth; ++k)
    for (let j = 0; j < height; ++j)
      for (let i = 0; i < width; ++i, ++v) {
        if (contrasts.every(({ voxels }) => voxels[v] === 0)) continue;
        [i, j, k].forEach((at, axis) => {
          low[axis] = Math.min(low[axis], at);
          high[axis] = Math.max(high[axis], at + 1);
        });
      }
  const extent = low.map((at, axis) => high[axis] - at);
  const content = extent.map((voxels, axis) => Math.ceil((voxels * contrasts[0].spacing[axis]) / spacing - 1e-4));
  const padded = content.map((voxels) => Math.ceil(voxels / multiple) * multiple);
  const size = padded[0] * padded[1] * padded[2];
  const channels = contrasts.map(({ voxels }) => {
    const brain = voxels.filter((value) => value !== 0);
    const mean = brain.reduce((sum, value) => sum + value, 0) / brain.length;
    const deviation = Math.sqrt(brain.reduce((sum, value) => sum + (value - mean) ** 2, 0) / brain.length);
    const normalised = voxels.map((value) => (value === 0 ? 0 : (value - mean) / deviation));
    const channel = new Float32Array(size);
    for (let k = 0; k < content[2]; ++k)
      for (let j = 0; j < content[1]; ++j)
        for (let i = 0; i < content[0]; ++i) {
          const at = [i, j, k].map((n, axis) => ((n + 0.5) * spacing) / contrasts[0].spacing[axis] - 0.5);
          const value = linear(
            at,
            extent,
            (x, y, z) => normalised[((low[2] + z) * height + low[1] + y) * width + low[0] + x],
          );
          channel[(k * padded[1] + j) * padded[0] + i] = value;
        }
    return channel;
  });
  return {
    low,
    extent,
    content,
    padded,
    channels,
    spacing,
    caseSpacing: contrasts[0].spacing,
    caseShape: contrasts[0].shape,
  };
}

/** Trilinear, clamped at the edges. @param {number[]} at @param {number[]} extent @param {(x: number, y: number, z: number) => number} value */
function linear(at, extent, value) {
  const inside = at.map((x, axis) => Math.min(Math.max(x, 0), extent[axis] - 1));
  const low = inside.map(Math.floor);
  let sum = 0;
  for (let corner = 0; corner < 8; ++corner) {
    let weight = 1;
    const voxel = low.map((x, axis) => {
      const far = (corner >> axis) & 1;
      weight *= far ? inside[axis] - x : 1 - (inside[axis] - x);
      return Math.min(x + far, extent[axis] - 1);
    });
    if (weight > 0) sum += weight * value(voxel[0], voxel[1], voxel[2]);
  }
  return sum;
}

/** Logits ([4][k][j][i], label order) to labels on the case's grid. @param {Float32Array} logits @param {ReturnType<typeof prepare>} prepared */
export function restore(logits, prepared) {
  const { padded, content, low, extent, spacing, caseSpacing, caseShape } = prepared;
  const size = padded[0] * padded[1] * padded[2];
  const probabilities = new Float64Array(4 * size); // the four labels of a voxel side by side
  for (let v = 0; v < size; ++v) {
    let sum = 0;
    for (let label = 0; label < 4; ++label) sum += probabilities[4 * v + label] = Math.exp(logits[label * size + v]);
    for (let label = 0; label < 4; ++label) probabilities[4 * v + label] /= sum;
  }
  const [xs, ys, zs] = [0, 1, 2].map((axis) =>
    Array.from({ length: extent[axis] }, (_, n) => {
      const at = Math.min(Math.max(((n + 0.5) * caseSpacing[axis]) / spacing - 0.5, 0), content[axis] - 1);
      const below = Math.floor(at);
      return { below, above: Math.min(below + 1, content[axis] - 1), share: at - below };
    }),
  );
  const labels = new Uint8Array(caseShape[0] * caseShape[1] * caseShape[2]);
  const corner = new Int32Array(8);
  const weight = new Float64Array(8);
  for (let k = 0; k < extent[2]; ++k)
    for (let j = 0; j < extent[1]; ++j)
      for (let i = 0; i < extent[0]; ++i) {
        const [x, y, z] = [xs[i], ys[j], zs[k]];
        for (let n = 0; n < 8; ++n) {
          const a = n & 1 ? x.above : x.below;
          const b = n & 2 ? y.above : y.below;
          const c = n & 4 ? z.above : z.below;
          corner[n] = 4 * ((c * padded[1] + b) * padded[0] + a);
          weight[n] =
            (n & 1 ? x.share : 1 - x.share) * (n & 2 ? y.share : 1 - y.share) * (n & 4 ? z.share : 1 - z.share);
        }
        let best = -1;
        let found = 0;
        for (let label = 0; label < 4; ++label) {
          let value = 0;
          for (let n = 0; n < 8; ++n) value += weight[n] * probabilities[corner[n] + label];
          if (value > best) {
            best = value;
            found = label;
          }
        }
        labels[((low[2] + k) * caseShape[1] + low[1] + j) * caseShape[0] + low[0] + i] = found;
      }
  return labels;
}

/** @type {Record<string, number[]>} labels of each region (METHOD 1.3) */
export const regions = { ET: [3], NCR: [1], ED: [2], TC: [1, 3], WT: [1, 2, 3] };

/** Dice of every region. @param {ArrayLike<number>} reference @param {ArrayLike<number>} found */
export function diceOfRegions(reference, found) {
  const pairs = new Float64Array(16); // voxels by reference and found label
  for (let v = 0; v < reference.length; ++v) ++pairs[reference[v] * 4 + found[v]];
  const values = /** @type {Record<string, number>} */ ({});
  for (const [region, members] of Object.entries(regions)) {
    let both = 0;
    let either = 0;
    pairs.forEach((voxels, pair) => {
      const a = members.includes(pair >> 2);
      const b = members.includes(pair & 3);
      both += a && b ? voxels : 0;
      either += voxels * (Number(a) + Number(b));
    });
    values[region] = either === 0 ? 1 : (2 * both) / either;
  }
  return values;
}

/** Shapley values by the definition: mean over all 24 orders of the marginal contribution. @param {number[]} values by coalition mask */
export function shapleyByOrders(values) {
  const phi = [0, 0, 0, 0];
  const visit = (/** @type {number[]} */ left, /** @type {number} */ mask) => {
    if (left.length === 0) return 1;
    let orders = 0;
    for (const player of left) {
      const behind = visit(
        left.filter((each) => each !== player),
        mask | (1 << player),
      );
      phi[player] += behind * (values[mask | (1 << player)] - values[mask]);
      orders += behind;
    }
    return orders;
  };
  // Each marginal is counted once for every order of those after it; orders of those before it are walked one by one.
  const orders = visit([0, 1, 2, 3], 0);
  return phi.map((sum) => sum / orders);
}
