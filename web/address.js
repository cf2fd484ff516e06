// What the page's address asks for: ?provider=..., ?leave-no-trace and ?synthetic=... (docs/api.md).

/** @typedef {import('./types.d.ts').WantedProvider} WantedProvider */

export const NO_TRACE = 'leave-no-trace'; // a setting that is kept nowhere else
/** @type {WantedProvider[]} */
const PROVIDERS = ['auto', 'webgpu', 'webgpu-ort', 'wasm'];
const SYNTHETIC = 'synthetic';
const NAMES = ['provider', NO_TRACE, SYNTHETIC];
const LEAST_EXTENT = 32;
const MOST_EXTENT = 512;

/**
 * @param {URLSearchParams} asked
 * @returns {{ provider: WantedProvider, traceless: boolean, builtIn: { shape?: number[] }, problems: string[] }} `builtIn`: settings
 *   of the built-in case, its voxels along the three axes; `problems`: a sentence for each thing that is not known and has no effect
 */
export function readAddress(asked) {
  const problems = [...new Set(asked.keys())]
    .filter((name) => !NAMES.includes(name))
    .map(
      (name) =>
        `"${name}" in this page's address is not known and has no effect; known are ${NAMES.slice(0, -1).join(', ')} and ${NAMES.at(-1)}.`,
    );
  const wanted = asked.getAll('provider');
  const [provider = 'auto'] = PROVIDERS.filter((known) => known === wanted[0]);
  if (wanted.length > 0 && provider !== wanted[0])
    problems.push(
      `provider=${wanted[0]} in this page's address is not known; expected ${PROVIDERS.slice(0, -1).join(', ')} or ` +
        `${PROVIDERS.at(-1)}. The page goes on with ${provider}.`,
    );
  if (wanted.length > 1)
    problems.push(`This page's address names a provider ${wanted.length} times; the first counts.`);
  const value = asked.get(NO_TRACE);
  if (value) problems.push(`${NO_TRACE}=${value} in this page's address: expected no value. Nothing is kept.`);
  const extents = asked.get(SYNTHETIC);
  const shape = extents?.split('x').map(Number) ?? [];
  const usable =
    /^\d+x\d+x\d+$/.test(extents ?? '') && shape.every((extent) => extent >= LEAST_EXTENT && extent <= MOST_EXTENT);
  if (extents !== null && !usable)
    problems.push(
      `${SYNTHETIC}=${extents} in this page's address is not known; expected three numbers of voxels from ${LEAST_EXTENT} to ` +
        `${MOST_EXTENT}, such as 96x96x62. The built-in case has its usual size.`,
    );
  return { provider, traceless: value !== null, builtIn: usable ? { shape } : {}, problems };
}
