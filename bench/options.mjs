// What benches read from their command line, and how they sum times up.

/** The value of --name=value. @param {string} name @param {string} otherwise */
export function option(name, otherwise) {
  return process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
}

/** The words that are no options. */
export const given = process.argv.slice(2).filter((word) => !word.startsWith('--'));

/** @param {number[]} values */
export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
