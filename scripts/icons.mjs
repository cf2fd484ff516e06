// The page's icon: four bars in the contrasts' colours. Drawn here, so that no picture has to be kept.
import { crc32, deflateSync } from 'node:zlib';

const ground = [18, 20, 24];
const bars = [
  { colour: [230, 159, 0], height: 0.62 },
  { colour: [0, 170, 125], height: 0.2 },
  { colour: [86, 180, 233], height: 0.42 },
  { colour: [214, 134, 180], height: 0.14 },
];

/** @param {string} type @param {Buffer} content */
function chunk(type, content) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(content.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** @param {number} across @param {number} down shares of the side @returns {number[]} */
function colourAt(across, down) {
  const bar = bars[Math.floor((across - 0.18) / 0.17)];
  const within = ((across - 0.18) % 0.17) / 0.17;
  return bar && across > 0.18 && within < 0.8 && down < 0.82 && down > 0.82 - bar.height ? bar.colour : ground;
}

/** A square PNG. @param {number} side in pixels @returns {Buffer} */
export function iconPng(side) {
  const rows = Buffer.alloc(side * (1 + 3 * side)); // each row begins with its filter, 0
  for (let y = 0; y < side; ++y) {
    for (let x = 0; x < side; ++x)
      rows.set(colourAt((x + 0.5) / side, (y + 0.5) / side), y * (1 + 3 * side) + 1 + 3 * x);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
