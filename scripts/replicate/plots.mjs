// The pictures of docs/replication.md, from what `shapslice cohort` says. No statistics here.
import { element, frame, legend, line, marker, panelIn, picture } from './svg.mjs';
import { comparedP, contrasts, countOf, fixed, range, regionRows, undefinedHere } from './words.mjs';

/** @typedef {import('./types.d.ts').CohortModel} CohortModel */
/** @typedef {import('./types.d.ts').CohortReport} CohortReport */
/** @typedef {import('./svg.mjs').Panel} Panel */

const contrastColours = ['#E69F00', '#00AA7D', '#56B4E9', '#D686B4'];
const modelColours = ['#0072B2', '#D55E00', '#222222', '#009E73'];
const modelDashes = ['', '7 4', '2 3', '9 3 2 3'];
const PANEL = { width: 380, height: 260 };
const CELL = { width: 480, height: 390 };
const MARGIN = { left: 66, top: 62 };
const LEGEND = 34;

/** Two panels a row, with a legend below. @param {number} count */
function sheet(count) {
  const columns = Math.min(count, 2);
  const rows = Math.ceil(count / columns);
  return {
    width: columns * CELL.width,
    height: rows * CELL.height + LEGEND,
    legendAt: rows * CELL.height + LEGEND / 2 - 4,
    box: (/** @type {number} */ n) => ({
      left: (n % columns) * CELL.width + MARGIN.left,
      top: Math.floor(n / columns) * CELL.height + MARGIN.top,
      ...PANEL,
    }),
  };
}

/** @param {number[]} values @returns {[number, string][]} */
const ticks = (values) => values.map((value) => [value, String(value)]);

/** @param {CohortModel} model */
function correlationWords({ uncertainty: { pearson } }) {
  if (!pearson) return `r ${undefinedHere}`;
  return `r = ${fixed(pearson.coefficient)} (95 % ${range(pearson.interval)}), p ${comparedP(pearson.p)}`;
}

/** Least squares where r is defined, as far as the panel goes. @param {Panel} panel @param {CohortModel} model @param {number} end */
function fitLine(panel, { uncertainty: { pearson, line: fit } }, end) {
  if (!pearson || !fit || fit.slope === 0) return '';
  const at = (/** @type {number} */ dice) => (dice - fit.intercept) / fit.slope;
  const [from, to] = [at(0), at(1)].sort((a, b) => a - b);
  const [x1, x2] = [Math.max(0, from), Math.min(end, to)];
  if (x1 >= x2) return '';
  const y = (/** @type {number} */ v) => panel.y(fit.intercept + fit.slope * v);
  return line(panel.x(x1), y(x1), panel.x(x2), y(x2), { stroke: '#D55E00', 'stroke-width': 2 });
}

/** v against mean Dice, one panel a model. @param {CohortReport} report */
export function uncertaintyPlot(report) {
  const layout = sheet(report.models.length);
  const threshold = { stroke: '#555555', 'stroke-dasharray': '5 4' };
  const parts = report.models.map((model, n) => {
    const end = model.varianceScale?.largest ?? 1;
    const panel = panelIn(layout.box(n), [0, end], [0, 1]);
    const words = {
      title: [`${model.name}, ${countOf(model)}`, correlationWords(model)],
      x: `uncertainty v: rank variance over ${model.folds} folds`,
      y: 'mean Dice, held-out fold',
      xTicks: ticks([0, 0.5, 1, 1.5, 2, 2.5].filter((value) => value <= end)),
      yTicks: ticks([0, 0.2, 0.4, 0.6, 0.8, 1]),
    };
    const limits = [report.poorDice, report.goodDice].map((dice) =>
      line(panel.left, panel.y(dice), panel.right, panel.y(dice), threshold),
    );
    const chance = model.varianceScale?.chance ?? 0;
    const chanceLine = line(panel.x(chance), panel.top, panel.x(chance), panel.bottom, {
      stroke: '#555555',
      'stroke-dasharray': '1.5 4',
      'stroke-width': 1.5,
    });
    const points = model.cases
      .filter(({ rankVariance }) => rankVariance !== null)
      .map(({ rankVariance, dice }) => marker(0, panel.x(rankVariance ?? 0), panel.y(dice.mean), '#0072B2', 0.65));
    return [frame(panel, words), ...limits, chanceLine, fitLine(panel, model, end), ...points].join('\n');
  });
  const row =
    (/** @type {Record<string, string | number>} */ style) => (/** @type {number} */ x, /** @type {number} */ y) =>
      line(x - 10, y, x + 10, y, style);
  parts.push(
    legend(
      [
        { sign: (x, y) => marker(0, x, y, '#0072B2', 0.65), name: 'a case' },
        { sign: row({ stroke: '#D55E00', 'stroke-width': 2 }), name: 'least squares' },
        { sign: row(threshold), name: `Dice ${report.poorDice}, ${report.goodDice}` },
        { sign: row({ stroke: '#555555', 'stroke-dasharray': '1.5 4', 'stroke-width': 1.5 }), name: 'chance' },
      ],
      MARGIN.left - 14,
      layout.legendAt,
    ),
  );
  return picture(layout.width, layout.height, 'Uncertainty of the ranking against mean Dice, by model', parts);
}

/** Mean rank of each contrast with its interval, one panel a model. @param {CohortReport} report */
export function ranksPlot(report) {
  const layout = sheet(report.models.length);
  const inside = (/** @type {number} */ rank) => Math.min(Math.max(rank, 0.7), 4.3);
  const parts = report.models.map((model, n) => {
    const panel = panelIn(layout.box(n), [-0.5, regionRows.length - 0.5], [4.3, 0.7]);
    const cases = (/** @type {string} */ row) => model.meanRank[row][0]?.cases ?? 0;
    const words = {
      title: [`${model.name}, ${countOf(model)}`, 'mean rank with its 95 % interval'],
      x: 'region, and cases whose reference holds it',
      y: 'rank (1: relied on most)',
      xTicks: /** @type {[number, string][]} */ (regionRows.map((row, at) => [at, `${row}\n${cases(row)}`])),
      yTicks: ticks([1, 2, 3, 4]),
    };
    const points = regionRows.flatMap((row, at) =>
      model.meanRank[row].map((found, contrast) => {
        if (!found) return '';
        const x = panel.x(at + (contrast - 1.5) * 0.19);
        const { low, high } = found.interval ?? { low: found.mean, high: found.mean };
        const colour = contrastColours[contrast];
        const bar = line(x, panel.y(inside(low)), x, panel.y(inside(high)), { stroke: colour, 'stroke-width': 3 });
        return bar + marker(contrast, x, panel.y(found.mean), colour);
      }),
    );
    return [frame(panel, words), ...points].join('\n');
  });
  const entries = contrasts.map((name, contrast) => ({
    sign: (/** @type {number} */ x, /** @type {number} */ y) => marker(contrast, x, y, contrastColours[contrast]),
    name,
  }));
  parts.push(legend(entries, MARGIN.left - 14, layout.legendAt));
  return picture(layout.width, layout.height, 'Mean rank of each contrast by region and model', parts);
}

/** Risk-coverage curves, all models in one panel. @param {CohortReport} report */
export function riskPlot(report) {
  const known = report.models.filter(({ flag }) => flag.riskCoverage);
  const box = { left: MARGIN.left, top: MARGIN.top, width: 560, height: 300 };
  const panel = panelIn(box, [0, 1], [0, 1]);
  const parts = [
    frame(panel, {
      title: [
        'What is left when the most uncertain cases are put aside',
        'thin lines: an uncertainty that says nothing',
      ],
      x: 'share of cases kept, least uncertain first',
      y: 'mean of 1 \u2212 Dice of those kept',
      xTicks: ticks([0, 0.2, 0.4, 0.6, 0.8, 1]),
      yTicks: ticks([0, 0.2, 0.4, 0.6, 0.8, 1]),
    }),
  ];
  const style = (/** @type {number} */ n) => ({
    stroke: modelColours[n % modelColours.length],
    'stroke-width': 2.5,
    ...(modelDashes[n % modelDashes.length] ? { 'stroke-dasharray': modelDashes[n % modelDashes.length] } : {}),
  });
  known.forEach(({ flag }, n) => {
    const { points, chanceArea } = /** @type {import('./types.d.ts').RiskCoverage} */ (flag.riskCoverage);
    const y = panel.y(chanceArea);
    parts.push(line(panel.left, y, panel.right, y, { ...style(n), 'stroke-width': 0.8 }));
    const path = points.map(({ coverage, risk }) => `${panel.x(coverage).toFixed(2)},${panel.y(risk).toFixed(2)}`);
    parts.push(element('polyline', { points: path.join(' '), fill: 'none', ...style(n) }));
  });
  const entries = known.map((model, n) => ({
    sign: (/** @type {number} */ x, /** @type {number} */ y) => line(x - 12, y, x + 10, y, style(n)),
    name: `${model.name}, ${countOf(model)}`,
  }));
  const pairs = [entries.slice(0, 2), entries.slice(2)].filter(({ length }) => length > 0);
  pairs.forEach((pair, n) => parts.push(legend(pair, MARGIN.left - 14, panel.bottom + 74 + 22 * n)));
  return picture(660, panel.bottom + 74 + 22 * Math.max(pairs.length, 1), 'Risk-coverage curves by model', parts);
}
