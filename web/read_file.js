// The bytes of files that the user chose. A browser refuses a file that was moved, changed or locked since, in words of its own
// that do not name it.

/**
 * @param {{ arrayBuffer(): Promise<ArrayBuffer> }} file
 * @param {string} name of the file, for the sentence
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function bytesOf(file, name) {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** @param {string} name @param {unknown} error what the browser said */
export function unreadable(name, error) {
  if (error instanceof RangeError)
    return new Error(
      `${name}: there is not enough memory to read it; what was open before stays open, and closing other pages may make room.`,
    );
  if (error instanceof Error && !(error instanceof DOMException)) return error; // of an archive, in words for the user
  const reason = error instanceof Error ? error.name : String(error);
  return new Error(
    `${name}: the browser could not read this file (${reason}). It was moved, changed or locked since it was chosen; ` +
      'expected it as it was then. Choose it again.',
  );
}
