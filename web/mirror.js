// The results as text and tables beside the canvas, for screen readers. Shows what the engine says; decides nothing.

/** @param {string} tag @param {string} [text] */
function element(tag, text) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/**
 * @param {number | null | undefined} value
 * @param {string} [otherwise] what stands where there is none
 */
function number(value, otherwise = 'pending') {
  return value === null || value === undefined ? otherwise : value.toFixed(3);
}

/**
 * @param {string} caption
 * @param {string[]} head
 * @param {string[][]} rows
 */
function table(caption, head, rows) {
  const made = document.createElement('table');
  made.append(element('caption', caption));
  const top = element('tr');
  for (const title of head) {
    const cell = element('th', title);
    cell.setAttribute('scope', 'col');
    top.append(cell);
  }
  made.append(top);
  for (const row of rows) {
    const line = element('tr');
    line.append(...row.map((cell, n) => element(n === 0 ? 'th' : 'td', cell)));
    made.append(line);
  }
  return made;
}

/** @type {Record<string, string>} */
const VERDICTS = { unknown: 'not judged', usual: 'as usual', low: 'less than usual', poor: 'poor' };

/** @param {any} model a model of the result */
function modelTables(model, /** @type {string[]} */ contrasts, /** @type {string[][]} */ coalitions) {
  const regions = Object.keys(model.summary);
  const shapley = regions.map((region) => {
    const summary = model.summary[region];
    const otherwise = summary.undefinedFolds > 0 || summary.decidedFolds > 0 ? 'not defined' : 'pending';
    return [
      region,
      ...summary.shapley.map((/** @type {any} */ spread) => number(spread?.mean, otherwise)),
      number(summary.nsf?.mean, otherwise),
      number(summary.rankVariance, otherwise),
    ];
  });
  const verdicts = Object.entries(model.verdict.regions).filter(([, { dice }]) => dice !== null);
  const made = [
    table(
      `${model.name}: how good its segmentation from all contrasts is`,
      ['region', 'Dice', 'verdict'],
      verdicts.map(([region, { dice, level }]) => [region, number(dice), VERDICTS[level]]),
    ),
    table(
      `${model.name}: mean Shapley values over folds, agreement and uncertainty`,
      ['region', ...contrasts, 'agreement', 'uncertainty'],
      shapley,
    ),
  ];
  for (const fold of model.folds) {
    const rows = coalitions.map((members, mask) => [
      members.join(' + ') || 'none',
      ...regions.map((region) => number(fold.regions[region].values[mask])),
    ]);
    made.push(table(`${model.name}, fold ${fold.fold + 1}: Dice by coalition`, ['coalition', ...regions], rows));
  }
  return made;
}

/** @param {any} result the engine's result */
export function mirrorResult(result) {
  byId('mirror-sentence').textContent = result.sentence;
  const { progress } = result;
  byId('mirror-progress').textContent = progress.running
    ? `${progress.runsDone} of ${progress.runsTotal} model runs. ${progress.now}`
    : progress.cancelled
      ? 'Cancelled. What was computed is kept.'
      : '';
  // Rebuilding the tables at each run would make a screen reader lose its place.
  if (progress.running && progress.runsDone % 15 !== 0) return;
  const tables = result.models.flatMap((/** @type {any} */ model) =>
    modelTables(model, result.contrasts, result.coalitions),
  );
  byId('mirror-tables').replaceChildren(...tables);
}

/** What a notice is, in words: the canvas has marks of different shapes. @type {Record<string, string>} */
const KINDS = { refusal: 'Not opened', question: 'Question', check: 'Please check', note: 'Note' };

/** @param {import('./types.d.ts').Notice} notice */
function words({ kind, file, sentence }) {
  const beside = file && sentence.startsWith(`${file}: `) ? sentence.slice(file.length + 2) : sentence;
  return `${KINDS[kind] ?? kind}: ${beside}`;
}

/** @param {import('./types.d.ts').Notice[]} notices */
function list(notices) {
  const made = element('ul');
  made.append(...notices.map((notice) => element('li', words(notice))));
  return made;
}

/**
 * The table of files, with what is said of each in its row, and what is said of the case as a whole.
 * @param {string} caption
 * @param {import('./types.d.ts').ListedFile[]} files
 * @param {import('./types.d.ts').Notice[]} ofCase
 */
export function mirrorFiles(caption, files, ofCase) {
  const made = [];
  if (files.length > 0) {
    const rows = files.map(({ name, role, detail, mark }) => [name, role, mark === 'error' ? '' : detail]);
    const filled = table(caption, ['file', 'role', 'grid', 'what is said of it'], rows);
    files.forEach(({ notices }, n) => {
      const cell = element('td');
      if (notices.length > 0) cell.append(list(notices));
      filled.rows[n + 1].append(cell);
    });
    made.push(filled);
  }
  if (ofCase.length > 0) made.push(list(ofCase));
  byId('mirror-files').replaceChildren(...made);
}

/** @param {string} sentence @param {string} [topic] what forgetNotices() removes it by; the newest of a topic counts */
export function mirrorNotice(sentence, topic = '') {
  if (topic) forgetNotices(topic);
  const made = element('p', sentence);
  made.dataset.topic = topic;
  byId('mirror-notices').append(made);
}

/** @param {string} topic */
export function forgetNotices(topic) {
  for (const each of [...byId('mirror-notices').children]) {
    if (/** @type {HTMLElement} */ (each).dataset.topic === topic) each.remove();
  }
}
