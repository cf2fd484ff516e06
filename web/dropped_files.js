// What was dropped on the page: all files below dropped folders, by their paths, and dropped files.

/** @typedef {import('./types.d.ts').CaseFile} CaseFile */

/** @param {any} entry a FileSystemEntry @returns {Promise<CaseFile[]>} */
async function filesOf(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\/+/, ''), file }];
  }
  const reader = entry.createReader();
  const children = [];
  for (;;) {
    // A reader hands out a folder in portions until an empty one.
    const portion = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (portion.length === 0) break;
    children.push(...portion);
  }
  return (await Promise.all(children.map(filesOf))).flat();
}

/** @param {DataTransfer} dropped @returns {Promise<(File | CaseFile)[]>} */
export async function droppedFiles(dropped) {
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return [...dropped.files];
  return (await Promise.all(entries.map(filesOf))).flat();
}
