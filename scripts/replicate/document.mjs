// docs/replication.md from what `shapslice cohort` says, beside the paper's figures as METHOD 7 quotes them.
import { contrasts, countOf, fixed, plainP, range, regionRows, regions, undefinedHere } from './words.mjs';

/** @typedef {import('./types.d.ts').CohortCase} CohortCase */
/** @typedef {import('./types.d.ts').CohortModel} CohortModel */
/** @typedef {import('./types.d.ts').CohortReport} CohortReport */
/** @typedef {import('./types.d.ts').Correlation} Correlation */
/** @typedef {import('./types.d.ts').GroupComparison} GroupComparison */
/** @typedef {import('./types.d.ts').MeanEstimate} MeanEstimate */

const NONE = '\u2013';
const PAPER = '[arXiv 2512.07224](https://arxiv.org/abs/2512.07224)';

/** @param {string[]} head @param {(string | number)[][]} rows */
function table(head, rows) {
  const row = (/** @type {(string | number)[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [row(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(row)].join('\n');
}

/** @param {Correlation | null} found */
const coefficient = (found) => (found ? fixed(found.coefficient, 3) : undefinedHere);
/** @param {{ p: number } | null} found */
const pOf = (found) => (found ? plainP(found.p) : undefinedHere);

/** "0.61 (0.55 to 0.67), n = 17" @param {MeanEstimate | null} found */
function meanOf(found) {
  if (!found) return 'n = 0';
  return `${fixed(found.mean)}${found.interval ? ` (${range(found.interval)})` : ''}, n = ${found.cases}`;
}

/** @param {GroupComparison | null} found */
function comparisonCells(found) {
  if (!found) return [undefinedHere, undefinedHere];
  const how = found.exact ? 'exact' : 'normal, ties';
  return [`${plainP(found.p)} (${how})`, fixed(found.rankBiserial)];
}

/** How many cases there are, first of all. @param {CohortReport} report */
function counts({ models }) {
  const sizes = new Set(models.map((model) => countOf(model)));
  if (sizes.size === 1) return `**${[...sizes][0]} cases**`;
  return `**${models.map((model) => `${model.name} ${countOf(model)}`).join('; ')} cases**`;
}

/** @param {CohortReport} report */
function opening(report) {
  const folds = Math.max(...report.models.map((model) => model.folds));
  return `# Does the paper's finding hold here?

Ren et al. (${PAPER}) report, on 1,351 cases of BraTS 2024 GoAT,
that a ranking of contrasts that changes from fold to fold goes with a poor segmentation, and that well segmented cases agree more with the clinical ranking. This page asks the same of
the models of this repository, on the cases of BraTS-Africa that they were trained on by cross-validation: ${counts(report)},
${folds} folds, 16 coalitions of contrasts each.

Read it with three things in mind:

- **The cohort is small.** The paper has 1,351 cases; the intervals below are as wide as so few cases make them. What they do
  not show is not shown to be absent.
- **${folds - 1} of ${folds} folds saw each case in training.** Mean Dice, agreement (NSF) and ranks of a case are those of the one fold that did
  not see it; but uncertainty is the variance of ranks over all ${folds} folds, and ${folds - 1} of them know the case. Their rankings may be
  more alike than those of models to which the case is new.
- **Many tests, one cohort.** p values stand as each test gives them, uncorrected for how many there are; the same cases are
  behind all of them.

Written by \`scripts/replicate.mjs\` from the results of the page's own engine; every number is computed by \`shapslice cohort\`
(\`src/study/cohort.h\`, \`src/metrics/statistics.h\`), whatever comes out.

## In a sentence

${report.models.map((model) => `- **${model.name}.** ${model.sentence}`).join('\n')}
`;
}

/** @param {CohortReport} report */
function uncertaintySection({ models }) {
  const rows = models.map((model) => {
    const { pearson, spearman } = model.uncertainty;
    const paper = model.published
      ? `${fixed(model.published.r, 3)} (${range(model.published.interval, 3)}), n = ${model.published.cases.toLocaleString('en')}`
      : NONE;
    return [
      model.name,
      countOf(model),
      meanOf(model.dice).replace(/, n = .*/, ''),
      coefficient(pearson),
      pearson ? range(pearson.interval, 3) : undefinedHere,
      pOf(pearson),
      coefficient(spearman),
      pOf(spearman),
      paper,
    ];
  });
  const head = ['model', 'cases', 'mean Dice (95 %)', 'r', '95 %', 'p', "Spearman's rho", 'p', 'the paper: r (95 %)'];
  return `## Uncertainty and mean Dice

Pearson's r between uncertainty v (rank variance over folds) and the mean Dice of ET, NCR and ED, with Fisher's interval and a
two-sided t test.

${table(head, rows)}

${NONE}: the method's text quotes no figure for this architecture. (Fisher's interval for the paper's U-Net, r = ${fixed(-0.581, 3)} over
1,351 cases, would be ${fixed(-0.615, 3)} to ${fixed(-0.545, 3)}; the printed one is narrower. SegResNet's is Fisher's.)

![Uncertainty against mean Dice, one point a case](images/replication-uncertainty.svg)
`;
}

/** @param {CohortReport} report */
function agreementSection({ models, goodDice, poorDice, clinicalRanking, agreementScale }) {
  const rows = models.map(({ name, architecture, agreement }) => [
    name,
    meanOf(agreement.good),
    meanOf(agreement.poor),
    ...comparisonCells(agreement.goodAgainstPoor),
    meanOf(agreement.rest),
    ...comparisonCells(agreement.goodAgainstRest),
    architecture === 'U-Net' ? '< 0.001' : NONE,
  ]);
  const [good, poor] = [`NSF, Dice > ${goodDice}`, `NSF, Dice < ${poorDice}`];
  const head = ['model', good, poor, 'p', 'effect', `NSF, Dice \u2264 ${goodDice}`, 'p', 'effect', 'the paper: p'];
  return `## Agreement with the clinical ranking

Normalised Spearman footrule (NSF) against "${clinicalRanking.name}" (${contrasts
    .map((name, n) => `${name} ${clinicalRanking.ranks[n]}`)
    .join(', ')}): mean with its 95 % interval. A
random strict ranking has ${fixed(agreementScale.chance, 4)} on average, the best one ${fixed(agreementScale.best, 3)}. p is Mann-Whitney's, two-sided, of the cases above ${goodDice}
against those in the column before; the effect is the rank-biserial correlation, positive where the better segmented agree
more. The paper's p is of the cases above ${goodDice} against those below ${poorDice}.

${table(head, rows)}
`;
}

/** What undefined games and ties have to do with it. @param {CohortReport} report */
function decidedSection({ models, goodDice, poorDice }) {
  const counts = models.map((model) => [
    model.name,
    ...regionRows.map((row) => model.undefinedGames[row]),
    model.tiedCases,
    `${model.decided.cases} of ${model.cases.length}`,
  ]);
  const compared = models.flatMap((model) =>
    [
      { what: 'all', n: model.cases.length, ...model },
      { what: 'all games decided', n: model.decided.cases, ...model.decided },
    ].map(({ what, n, uncertainty: { pearson }, agreement }) => [
      model.name,
      `${what}, n = ${n}`,
      pearson ? `${fixed(pearson.coefficient, 3)} (${range(pearson.interval, 3)})` : undefinedHere,
      meanOf(agreement.good),
      meanOf(agreement.poor),
      ...comparisonCells(agreement.goodAgainstPoor),
    ]),
  );
  const head = ['model', 'cases', 'r (95 %)', `NSF, Dice > ${goodDice}`, `NSF, Dice < ${poorDice}`, 'p', 'effect'];
  return `## Games that say nothing, and ties

Where a fold finds nothing of a region with any contrasts, all 16 values are equal: the game is undefined, and has no ranks. It
has no place in agreement, variance or mean ranks; a case without a ranking of the mean row in some fold has no v. Of each model: how many
such games there are, over all cases and folds, of regions that the reference holds; in how many cases two contrasts share a rank of the
mean row in the fold that did not see the case; and in how many every game of every fold is decided.

${table(['model', ...regionRows, 'tied', 'all decided'], counts)}

The same numbers as above with all cases, and with those alone in which every game is decided:

${table(head, compared)}
`;
}

/** @param {CohortReport} report */
function regionSection({ models, goodDice, poorDice }) {
  const rows = models.flatMap((model) =>
    regions.flatMap((region) =>
      [
        { what: 'all', found: model.regionAgreement[region] },
        { what: 'all games decided', found: model.decided.regionAgreement[region] },
      ].map(({ what, found }) => [
        model.name,
        region,
        what,
        meanOf(found.good),
        meanOf(found.poor),
        ...comparisonCells(found.goodAgainstPoor),
      ]),
    ),
  );
  const head = ['model', 'region', 'cases', `NSF, Dice > ${goodDice}`, `NSF, Dice < ${poorDice}`, 'p', 'effect'];
  return `## Each region by its own yardstick

Agreement of each region's ranking, in the fold that did not see the case, with the order of contrasts in which that region is told:
ET, NCR and TC by T1c, ED and WT by T2-FLAIR and then T2w (5.2a of [method.md](method.md)); over the cases whose reference holds the region
and whose game is decided. Random strict rankings have 0.44 on average against T1c first, the best 0.75; against T2-FLAIR
first 0.38 and 0.88. Good and poor by the mean Dice, as above.

${table(head, rows)}
`;
}

/** @param {CohortReport} report */
function flagSection({ models, poorDice }) {
  const rows = models.map(({ name, flag }) => {
    const curve = flag.riskCoverage;
    return [
      name,
      flag.poor,
      flag.others,
      flag.auroc === null ? undefinedHere : fixed(flag.auroc),
      pOf(flag.poorAgainstOthers),
      curve ? fixed(curve.area, 3) : undefinedHere,
      curve ? `${fixed(curve.leastArea, 3)} / ${fixed(curve.chanceArea, 3)}` : undefinedHere,
    ];
  });
  const head = ['model', `Dice < ${poorDice}`, 'others', 'AUROC', 'p', 'area', 'least / chance'];
  return `## Does uncertainty flag poor cases?

AUROC of v for mean Dice below ${poorDice} (0.5: it says nothing; p by Mann-Whitney), and the area under the risk-coverage curve: the
mean of 1 \u2212 Dice over all shares of cases kept, beside the least that a perfect order reaches and what no order gives.

${table(head, rows)}

![Risk-coverage curves](images/replication-risk.svg)
`;
}

/** @param {CohortReport} report */
function ranksSection({ models }) {
  const tables = models.map((model) => {
    const rows = regionRows.map((row) => [
      row,
      model.meanRank[row][0]?.cases ?? 0,
      ...model.meanRank[row].map((found) =>
        found ? `${fixed(found.mean)}${found.interval ? ` (${range(found.interval)})` : ''}` : NONE,
      ),
    ]);
    return `### ${model.name}, ${countOf(model)}\n\n${table(['region', 'cases', ...contrasts], rows)}\n`;
  });
  return `## Ranks of the contrasts

Mean rank by Shapley value in the fold that did not see the case (1: relied on most), with the 95 % t interval over the cases
whose reference holds the region.

![Mean ranks by region](images/replication-ranks.svg)

${tables.join('\n')}`;
}

/** @param {CohortReport} report */
function casesSection({ models }) {
  const names = [...new Set(models.flatMap(({ cases }) => cases.map(({ name }) => name)))].sort();
  const cells = (/** @type {CohortCase | undefined} */ found) =>
    found
      ? [
          found.heldOutFold + 1,
          fixed(found.dice.mean, 3),
          found.rankVariance === null ? undefinedHere : fixed(found.rankVariance, 3),
          found.nsf === null ? undefinedHere : fixed(found.nsf, 3),
        ]
      : [NONE, NONE, NONE, NONE];
  const rows = names.map((name) => [
    name,
    ...models.flatMap(({ cases }) => cells(cases.find((each) => each.name === name))),
  ]);
  const head = models.flatMap(({ name }) => [`${name}: fold`, 'Dice', 'v', 'NSF']);
  const leftOut = models.flatMap(({ name, leftOut: cases }) =>
    cases.map((each) => `- ${each.name} under ${name}: ${each.reason}.`),
  );
  const missing = leftOut.length > 0 ? `\nLeft out:\n\n${leftOut.join('\n')}\n` : '';
  return `## The cases

The fold that did not see the case, its mean Dice and NSF, and v over all folds.

${table(['case', ...head], rows)}
${missing}`;
}

/** @param {CohortReport} report */
export function documentOf(report) {
  return [
    opening(report),
    uncertaintySection(report),
    agreementSection(report),
    decidedSection(report),
    regionSection(report),
    flagSection(report),
    ranksSection(report),
    casesSection(report),
    `## How to run it

    npm run build                                          # the engine
    cmake --preset native && cmake --build --preset native --target shapslice
    node scripts/replicate.mjs                             # hours; stop and start it as you like

Absent contrasts are ${report.settings.baseline} after normalisation; the empty coalition is ${report.settings.runEmptyCoalition ? 'run' : 'an empty segmentation'}; the mean is over ${report.settings.meanOverAllDisjointRegions ? 'ET, NCR and ED' : 'those of ET, NCR and ED that the reference holds'}.
The cases are BraTS-Africa's; [THIRD_PARTY_NOTICES.md](../THIRD_PARTY_NOTICES.md) has their licence and citation.
`,
  ].join('\n');
}
