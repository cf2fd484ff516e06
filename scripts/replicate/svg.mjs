// A little SVG: elements as strings, a panel with two axes, panels side by side.

const INK = '#222222';
const FAINT = '#D8D8D8';
const FONT = 'font-family="Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif"';

/** @param {string} text */
export function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** @param {string} name @param {Record<string, string | number>} attributes @param {string} [content] */
export function element(name, attributes, content) {
  const words = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? Number(value.toFixed(2)) : escaped(value)}"`,
  );
  return content === undefined ? `<${name}${words.join('')}/>` : `<${name}${words.join('')}>${content}</${name}>`;
}

/** @param {number} x @param {number} y @param {string} words @param {Record<string, string | number>} [attributes] */
export function text(x, y, words, attributes = {}) {
  return element('text', { x, y, 'font-size': 12, fill: INK, ...attributes }, escaped(words));
}

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {Record<string, string | number>} [attributes] */
export function line(x1, y1, x2, y2, attributes = {}) {
  return element('line', { x1, y1, x2, y2, stroke: INK, 'stroke-width': 1, ...attributes });
}

/** Shapes besides colours, so that neither alone has to tell groups apart. @param {number} shape 0..3 @param {number} x @param {number} y @param {string} colour @param {number} [opacity] */
export function marker(shape, x, y, colour, opacity = 1) {
  const style = { fill: colour, 'fill-opacity': opacity, stroke: INK, 'stroke-width': 0.7 };
  const polygon = (/** @type {number[][]} */ offsets) =>
    element('polygon', {
      points: offsets.map(([dx, dy]) => `${(x + dx).toFixed(2)},${(y + dy).toFixed(2)}`).join(' '),
      ...style,
    });
  if (shape === 1) return element('rect', { x: x - 4, y: y - 4, width: 8, height: 8, ...style });
  if (shape === 2) return polygon([[0, -5.2], [5, 3.8], [-5, 3.8]]); // prettier-ignore
  if (shape === 3) return polygon([[0, -5.5], [5.5, 0], [0, 5.5], [-5.5, 0]]); // prettier-ignore
  return element('circle', { cx: x, cy: y, r: 4.5, ...style });
}

/**
 * Where a panel's numbers lie on the paper.
 * @typedef {{ left: number, top: number, right: number, bottom: number,
 *   x: (value: number) => number, y: (value: number) => number }} Panel
 */

/**
 * @param {{ left: number, top: number, width: number, height: number }} box
 * @param {[number, number]} xs values at the left and right end @param {[number, number]} ys at the bottom and the top
 * @returns {Panel}
 */
export function panelIn({ left, top, width, height }, xs, ys) {
  const [right, bottom] = [left + width, top + height];
  return {
    left,
    top,
    right,
    bottom,
    x: (value) => left + ((value - xs[0]) / (xs[1] - xs[0])) * width,
    y: (value) => bottom - ((value - ys[0]) / (ys[1] - ys[0])) * height,
  };
}

/**
 * Axes, ticks, grid lines, names and a title of one or more lines.
 * @param {Panel} panel
 * @param {{ title: string[], x: string, y: string, xTicks: [number, string][], yTicks: [number, string][] }} words
 */
export function frame(panel, words) {
  const { left, top, right, bottom } = panel;
  const parts = [];
  for (const [value, name] of words.yTicks) {
    parts.push(line(left, panel.y(value), right, panel.y(value), { stroke: FAINT }));
    parts.push(text(left - 8, panel.y(value) + 4, name, { 'text-anchor': 'end' }));
  }
  for (const [value, name] of words.xTicks) {
    parts.push(line(panel.x(value), bottom, panel.x(value), bottom + 4));
    name.split('\n').forEach((row, n) => {
      parts.push(text(panel.x(value), bottom + 18 + 14 * n, row, { 'text-anchor': 'middle' }));
    });
  }
  const below = 18 + 14 * Math.max(...words.xTicks.map(([, name]) => name.split('\n').length));
  parts.push(line(left, bottom, right, bottom), line(left, top, left, bottom));
  parts.push(text((left + right) / 2, bottom + below + 6, words.x, { 'text-anchor': 'middle' }));
  const middle = (top + bottom) / 2;
  parts.push(
    text(left - 40, middle, words.y, { 'text-anchor': 'middle', transform: `rotate(-90 ${left - 40} ${middle})` }),
  );
  words.title.forEach((row, n) => {
    const from = top - 12 - 17 * (words.title.length - 1 - n);
    parts.push(text(left, from, row, n === 0 ? { 'font-size': 14, 'font-weight': 'bold' } : {}));
  });
  return parts.join('\n');
}

/** Names beside their signs, in rows. @param {{ sign: (x: number, y: number) => string, name: string }[]} entries @param {number} left @param {number} y */
export function legend(entries, left, y) {
  let x = left;
  return entries
    .map(({ sign, name }) => {
      const parts = sign(x + 10, y) + text(x + 24, y + 4, name);
      x += 46 + 6.6 * name.length;
      return parts;
    })
    .join('\n');
}

/** A picture on white. @param {number} width @param {number} height @param {string} name what it shows, for those who do not see it @param {string[]} parts */
export function picture(width, height, name, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" ${FONT}>
<title>${escaped(name)}</title>
<rect width="${width}" height="${height}" fill="#FFFFFF"/>
${parts.join('\n')}
</svg>
`;
}
