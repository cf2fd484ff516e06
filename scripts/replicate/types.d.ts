// What `shapslice cohort` prints (src/study/cohort_json.h) and what a saved result holds of what is needed here.

export interface Interval {
  low: number;
  high: number;
}
export interface Correlation {
  cases: number;
  coefficient: number;
  p: number;
  interval: Interval | null;
}
export interface GroupComparison {
  first: number;
  second: number;
  u: number;
  p: number;
  exact: boolean;
  firstLarger: number;
  rankBiserial: number;
}
export interface MeanEstimate {
  cases: number;
  mean: number;
  interval: Interval | null;
}
export interface RiskCoverage {
  points: { coverage: number; risk: number }[];
  area: number;
  leastArea: number;
  chanceArea: number;
}

/** ET, NCR, ED, TC, WT and mean. */
export type PerRegionRow<T> = Record<string, T>;

export interface CohortCase {
  name: string;
  heldOutFold: number;
  folds: number;
  regionPresent: Record<string, boolean>;
  dice: PerRegionRow<number>;
  ranks: PerRegionRow<number[] | null>;
  nsf: number | null;
  rankVariance: number | null;
  regionNsf: Record<string, number | null>;
  undefinedFolds: number;
  undefinedGames: PerRegionRow<number>;
  tied: boolean;
}

export interface UncertaintyAndDice {
  pearson: Correlation | null;
  spearman: Correlation | null;
  line: { slope: number; intercept: number } | null;
}
export interface AgreementAndDice {
  good: MeanEstimate | null;
  poor: MeanEstimate | null;
  rest: MeanEstimate | null;
  goodAgainstPoor: GroupComparison | null;
  goodAgainstRest: GroupComparison | null;
}

export interface CohortModel {
  id: string;
  name: string;
  architecture: string;
  heldOutCases: number;
  folds: number;
  varianceScale: { chance: number; largest: number } | null;
  cases: CohortCase[];
  leftOut: { name: string; reason: string }[];
  dice: MeanEstimate | null;
  uncertainty: UncertaintyAndDice;
  agreement: AgreementAndDice;
  /** Each region against its own yardstick. */
  regionAgreement: Record<string, AgreementAndDice>;
  /** The same over the cases in which every game of every fold is decided. */
  decided: {
    cases: number;
    uncertainty: UncertaintyAndDice;
    agreement: AgreementAndDice;
    regionAgreement: Record<string, AgreementAndDice>;
  };
  undefinedGames: PerRegionRow<number>;
  tiedCases: number;
  flag: {
    poor: number;
    others: number;
    auroc: number | null;
    poorAgainstOthers: GroupComparison | null;
    riskCoverage: RiskCoverage | null;
  };
  meanRank: PerRegionRow<(MeanEstimate | null)[]>;
  published: { r: number; interval: Interval; cases: number } | null;
  sentence: string;
}

export interface CohortReport {
  software: string;
  settings: Record<string, unknown>;
  clinicalRanking: { name: string; ranks: number[] };
  agreementScale: { chance: number; worst: number; best: number };
  goodDice: number;
  poorDice: number;
  models: CohortModel[];
}

/** docs/result.schema.json, as far as it is used here. */
export interface StudyResult {
  caseName: string;
  files: { name: string; role: string; sha256: string }[];
  models: SavedModel[];
  [field: string]: unknown;
}
export interface SavedModel {
  id: string;
  name: string;
  architecture: string;
  completeFolds: number;
  folds: {
    fold: number;
    modelSha256: string;
    provider: string;
    runsMadeAgain: number;
    runSeconds: (number | null)[];
    regions: PerRegionRow<{ values: (number | null)[] }>;
  }[];
}

/** model.json, as far as it is used here. */
export interface ReplicatedModel {
  folder: string;
  text: string;
  id: string;
  name: string;
  input: string;
  output: string;
  folds: { file: string; sha256: string; heldOut?: string[]; activations?: Record<string, number[]> }[];
}
