// Saved results of the replication: OUT/<model id>/<case folder>.json, one case under one model each.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

/** @typedef {import('./types.d.ts').ReplicatedModel} ReplicatedModel */
/** @typedef {import('./types.d.ts').SavedModel} SavedModel */
/** @typedef {import('./types.d.ts').StudyResult} StudyResult */

/** @param {string} file @returns {StudyResult | null} what is there and whole */
export function readResult(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null; // none yet, or not a result: it is made anew
  }
}

/** @param {string} out @param {string} id of the model */
export function savedFiles(out, id) {
  try {
    const folder = path.join(out, id);
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => path.join(folder, name));
  } catch {
    return []; // no case has run under this model
  }
}

/**
 * A result without what follows from its values: `shapslice cohort` computes that again, and a hundred of them stay small.
 * Still a result by its schema version, and read by the same code.
 * @param {StudyResult} result
 */
function compact(result) {
  const { modelBand, sentence, progress, ...kept } = result;
  const models = result.models.map(({ folds, id, name, architecture, completeFolds }) => ({
    id,
    name,
    architecture,
    completeFolds,
    folds: folds.map(({ regions, ...fold }) => ({
      ...fold,
      regions: Object.fromEntries(Object.entries(regions).map(([row, { values }]) => [row, { values }])),
    })),
  }));
  return { ...kept, models };
}

/** What decides beside its file what a model answers (ModelManifest::key in src/inference/manifest.h). @param {ReplicatedModel} model */
function readingOf({ text }) {
  const manifest = JSON.parse(text);
  const fields = ['contrasts', 'axes', 'spacing', 'patch', 'multiple', 'fixedPatch', 'normalisation', 'outputs'];
  return Object.fromEntries(fields.map((field) => [field, manifest[field] ?? null]));
}

/** Written beside and then renamed: what is there is whole. @param {string} file @param {StudyResult} result @param {ReplicatedModel} model */
export function saveResult(file, result, model) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, JSON.stringify({ ...compact(result), modelReading: readingOf(model) }));
  renameSync(`${file}.part`, file);
}

/**
 * Whether a saved result is of the model files as they are now, read as they are now, and holds all wanted folds.
 * @param {StudyResult | null} result @param {ReplicatedModel} model @param {number[]} folds
 * @returns {result is StudyResult}
 */
export function isOfModel(result, model, folds) {
  const saved = result?.models?.find(({ id }) => id === model.id);
  if (!saved || saved.completeFolds !== saved.folds.length) return false;
  if (!isDeepStrictEqual(result?.modelReading, readingOf(model))) return false;
  return folds.every((fold) =>
    saved.folds.some((each) => each.fold === fold && each.modelSha256 === model.folds[fold].sha256),
  );
}

/** Whether a saved result is of the case's files as they are now. @param {StudyResult} result @param {string} folder */
export function isOfCase(result, folder) {
  const names = new Set(readdirSync(folder));
  return result.files.every(({ name, sha256 }) => {
    if (!names.has(name)) return false;
    const content = readFileSync(path.join(folder, name));
    return createHash('sha256').update(content).digest('hex') === sha256;
  });
}
