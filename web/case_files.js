// Files that were chosen or dropped, by their paths, and what the engine makes of them (src/intake/case_list.h).

/** @typedef {import('./types.d.ts').CaseFile} CaseFile */
/** @typedef {import('./types.d.ts').CaseList} CaseList */
/** @typedef {import('./types.d.ts').Engine} Engine */

/** Files that are looked into at a time. */
const AT_ONCE = 16;

/**
 * Files with the paths that they were chosen under; of two with one path the second is a copy's.
 * @param {Iterable<File | CaseFile>} files
 * @returns {CaseFile[]}
 */
export function withPaths(files) {
  /** @type {Set<string>} */
  const taken = new Set();
  return [...files].map((each) => {
    const { path: wanted, file } =
      'path' in each && 'file' in each ? each : { path: each.webkitRelativePath || each.name, file: each };
    let path = wanted.replaceAll('\\', '/');
    for (let n = 2; taken.has(path); ++n) path = wanted.replace(/(?=\.nii|\.hdr|\.img|\.[^./]*$|$)/i, ` (${n})`);
    taken.add(path);
    return { path, file };
  });
}

/**
 * What the engine has to know of each file: dataset.json, and the first bytes of those whose names tell little.
 * @param {Engine} engine @param {CaseFile[]} files
 */
export async function describeFiles(engine, files) {
  const entries = files.map(({ path, file }) => ({ path, size: file.size, modified: file.lastModified ?? null }));
  /** @type {Record<string, number>} */
  const wanted = JSON.parse(engine.filesToLookInto(JSON.stringify(entries)));
  const looked = entries
    .map((entry, n) => ({ entry, file: files[n].file }))
    .filter(({ entry }) => Object.hasOwn(wanted, entry.path));
  for (let start = 0; start < looked.length; start += AT_ONCE) {
    await Promise.all(
      looked.slice(start, start + AT_ONCE).map(async ({ entry, file }) => {
        // A file that cannot be read is said to be so when it is opened.
        const bytes = await file
          .slice(0, wanted[entry.path])
          .arrayBuffer()
          .catch(() => new ArrayBuffer(0));
        Object.assign(entry, JSON.parse(engine.lookIntoFile(entry.path, new Uint8Array(bytes))));
      }),
    );
  }
  return entries;
}

/**
 * @param {Engine} engine
 * @param {Record<string, unknown>[]} entries of describeFiles()
 * @param {Record<string, string>} roles by key of a row of the table of files
 * @param {string} chosen name of a case, '*' for all files as one, or ''
 * @returns {CaseList}
 */
export function findCases(engine, entries, roles, chosen) {
  return JSON.parse(engine.findCases(JSON.stringify({ files: entries, roles, chosen })));
}
