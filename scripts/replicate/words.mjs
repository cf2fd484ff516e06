// Numbers as the document and its pictures write them.

/** @typedef {import('./types.d.ts').CohortModel} CohortModel */
/** @typedef {import('./types.d.ts').Interval} Interval */

export const contrasts = ['T1c', 'T1n', 'T2-FLAIR', 'T2w'];
export const regionRows = ['ET', 'NCR', 'ED', 'TC', 'WT', 'mean'];
export const regions = ['ET', 'NCR', 'ED', 'TC', 'WT'];
export const undefinedHere = 'not defined';

/** @param {number} value @param {number} [digits] */
export function fixed(value, digits = 2) {
  const text = value.toFixed(digits).replace(/^-(0\.0+)$/, '$1');
  return text.replace('-', '\u2212');
}

/** "−0.79 to −0.29" @param {Interval | null | undefined} interval @param {number} [digits] */
export function range(interval, digits = 2) {
  return interval ? `${fixed(interval.low, digits)} to ${fixed(interval.high, digits)}` : undefinedHere;
}

/** "< 0.001" or "= 0.023" @param {number} p */
export function comparedP(p) {
  return p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`;
}

/** "0.023" or "< 0.001" @param {number} p */
export function plainP(p) {
  return comparedP(p).replace('= ', '');
}

/** "n = 3 of 28" where some are missing. @param {CohortModel} model */
export function countOf(model) {
  const k = model.cases.length;
  return k === model.heldOutCases ? `n = ${k}` : `n = ${k} of ${model.heldOutCases}`;
}
