// Zip archives: their files are taken in their place, each inflated when it is read. On fflate.

import { bytesOf } from './read_file.js';

/** @typedef {import('./types.d.ts').CaseFile} CaseFile */
/** @typedef {import('./types.d.ts').ZipLibrary} ZipLibrary */

const LARGEST_ARCHIVE = 1.5 * 2 ** 30; // it is held in memory whole
const LARGEST_FILE = 2 ** 31;
const MOST_FILES = 50_000;
/** Deflate makes no more than 1032 bytes of one: what claims more is damaged or a bomb. */
const MOST_INFLATION = 1040;

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; ++bit) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * What fflate leaves out of the archive's directory: checksums, and whether a password is needed, in the directory's order.
 * @param {Uint8Array} bytes
 */
function directoryOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) --end;
  let count = view.getUint16(end + 8, true);
  let at = view.getUint32(end + 16, true);
  if (at === 0xffffffff || count === 0xffff) {
    const wide = Number(view.getBigUint64(end - 20 + 8, true)); // zip64's end is where its locator says
    count = Number(view.getBigUint64(wide + 24, true));
    at = Number(view.getBigUint64(wide + 48, true));
  }
  const entries = [];
  for (let n = 0; n < count; ++n) {
    entries.push({ encrypted: (view.getUint16(at + 8, true) & 1) === 1, crc: view.getUint32(at + 16, true) });
    at += 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/** @param {string} path of the archive @param {string} what */
function damaged(path, what) {
  return new Error(`${path}: ${what}; expected a complete .zip. Fetch it again, or unpack it and open its folder.`);
}

/** A file of an archive, with what is asked of a Blob. */
class ArchivedFile {
  /** @param {number} size @param {() => Uint8Array<ArrayBuffer>} inflate */
  constructor(size, inflate) {
    this.size = size;
    this.inflate = inflate;
  }

  /** @returns {Promise<ArrayBuffer>} */
  async arrayBuffer() {
    const bytes = this.inflate();
    return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
  }

  /** @param {number} start @param {number} end */
  slice(start, end) {
    return { arrayBuffer: async () => this.inflate().slice(start, end).buffer };
  }
}

/** @param {string} name as the archive has it: perhaps with Windows' separators, or leading out of it */
function pathWithin(name) {
  const parts = name.replaceAll('\\', '/').split('/');
  return parts.filter((part) => part && part !== '.' && part !== '..').join('/');
}

/**
 * @param {string} path of the archive
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {ZipLibrary} library
 * @returns {CaseFile[]}
 */
function filesWithin(path, bytes, library) {
  const folder = path.replace(/\.zip$/i, '');
  /** @type {CaseFile[]} */
  const files = [];
  const directory = directoryOf(bytes);
  let n = -1;
  const take = (/** @type {import('./types.d.ts').ZipEntry} */ { name, size, originalSize, compression }) => {
    const place = ++n;
    const inner = `${folder}/${pathWithin(name)}`;
    if (name.endsWith('/') || originalSize === 0) return false;
    if (n >= MOST_FILES) throw new Error(`${path}: it holds more than ${MOST_FILES} files; expected those of a case.`);
    const { crc, encrypted } = directory[place];
    const inflate = () => {
      if (encrypted) throw new Error(`${inner}: the archive is locked by a password; unpack it and open its folder.`);
      if (compression !== 0 && compression !== 8)
        throw new Error(`${inner}: packed by a method that is not read here; unpack the archive and open its folder.`);
      if (originalSize > LARGEST_FILE || originalSize > size * MOST_INFLATION + 64)
        throw damaged(path, `${inner} claims to inflate to ${originalSize} bytes`);
      let at = -1;
      /** @type {Uint8Array<ArrayBuffer> | undefined} */
      let found;
      try {
        [found] = Object.values(library.unzipSync(bytes, { filter: () => ++at === place }));
      } catch (error) {
        throw error instanceof RangeError ? error : damaged(path, `${inner} is damaged`);
      }
      if (found?.length !== originalSize || crc32(found) !== crc) throw damaged(path, `${inner} is damaged`);
      return found;
    };
    files.push({ path: inner, file: new ArchivedFile(originalSize, inflate) });
    return false;
  };
  library.unzipSync(bytes, { filter: take });
  return files;
}

/**
 * Files with those of archives in the archives' place, below a folder of the archive's name.
 * @param {CaseFile[]} files
 * @param {() => Promise<ZipLibrary>} load the library, where there is an archive
 * @returns {Promise<CaseFile[]>}
 */
export async function unpackArchives(files, load) {
  const isArchive = (/** @type {string} */ path) => /\.zip$/i.test(path) && !/(^|\/)(\.|__MACOSX\/)/.test(path);
  if (!files.some(({ path }) => isArchive(path))) return files;
  const library = await load();
  /** @type {CaseFile[]} */
  const all = [];
  for (const each of files) {
    if (!isArchive(each.path)) {
      all.push(each);
      continue;
    }
    if (each.file.size > LARGEST_ARCHIVE)
      throw new Error(`${each.path}: the archive is too large to be held here; unpack it and open its folder.`);
    const bytes = await bytesOf(each.file, each.path);
    try {
      all.push(...filesWithin(each.path, bytes, library));
    } catch (error) {
      if (error instanceof Error && error.message.startsWith(each.path)) throw error;
      throw damaged(each.path, 'this is no zip archive, or it is damaged');
    }
  }
  return all;
}
