// What the page's address asks for: ?provider=... and ?leave-no-trace (docs/api.md).

/** @typedef {import('./types.d.ts').WantedProvider} WantedProvider */

export const NO_TRACE = 'leave-no-trace'; // a setting that is kept nowhere else
/** @type {WantedProvider[]} */
const PROVIDERS = ['auto', 'webgpu', 'webgpu-ort', 'wasm'];
const NAMES = ['provider', NO_TRACE];

/**
 * @param {URLSearchParams} asked
 * @returns {{ provider: WantedProvider, traceless: boolean, problems: string[] }} `problems`: a sentence for each thing that is not
 *   known and has no effect
 */
export function readAddress(asked) {
  const problems = [...new Set(asked.keys())]
    .filter((name) => !NAMES.includes(name))
    .map(
      (name) => `"${name}" in this page's address is not known and has no effect; known are ${NAMES.join(' and ')}.`,
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
  return { provider, traceless: value !== null, problems };
}
