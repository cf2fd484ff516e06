// The words that scripts/replicate.mjs is called with, checked before anything is run.
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

/** @typedef {import('./types.d.ts').ReplicatedModel} ReplicatedModel */

const root = path.resolve(import.meta.dirname, '../..');
const MOST_THREADS = 1024;

/** @param {string[]} words */
export function readOptions(words) {
  const { values, tokens } = parseArgs({
    args: words,
    tokens: true,
    options: {
      cases: { type: 'string', default: path.resolve(root, '../shared/data/train') },
      models: { type: 'string', multiple: true, default: [] },
      folds: { type: 'string' },
      threads: { type: 'string', default: String(os.availableParallelism()) },
      out: { type: 'string', default: path.join(root, 'build/replication') },
      docs: { type: 'string', default: path.join(root, 'docs') },
      engine: { type: 'string', default: path.join(root, 'dist/wasm/engine.mjs') },
      program: { type: 'string', default: path.join(root, 'build/native/shapslice') },
      'report-only': { type: 'boolean', default: false },
    },
  });
  const given = new Set();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (token.value === '') throw new Error(`${token.rawName} is empty; expected a word.`);
    if (token.name !== 'models' && given.has(token.name)) throw new Error(`${token.rawName} is given twice.`);
    given.add(token.name);
  }
  const threads = wholeNumber(values.threads);
  if (threads === null || threads < 1 || threads > MOST_THREADS)
    throw new Error(`--threads ${values.threads}: expected a whole number, 1 to ${MOST_THREADS}.`);
  return { ...values, threads };
}

/** @param {string} text */
function wholeNumber(text) {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** @param {Pick<ReplicatedModel, 'name' | 'folds'>} model @param {string | undefined} wanted "0,1": indices from 0; none: all */
export function chooseFolds(model, wanted) {
  if (wanted === undefined) return model.folds.map((_, fold) => fold);
  const folds = wanted.split(',').map(wholeNumber);
  const known = folds.filter((fold) => fold !== null && fold < model.folds.length);
  if (known.length < folds.length || new Set(known).size < known.length)
    throw new Error(
      `--folds ${wanted}: ${model.name} has folds 0 to ${model.folds.length - 1}; expected some of them, once each.`,
    );
  return /** @type {number[]} */ (known);
}
