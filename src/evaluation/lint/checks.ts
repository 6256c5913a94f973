// The checks of lint: each a share of something counted, with the limit it is held against. Pure; where counts come
// from and what a breach does is decided elsewhere.

import type { LintLimit, LintLimits, LintTurn } from "../../domain/lint.ts";

export interface Check {
  readonly name: string;
  /** `count / of`; null where there was nothing to look at. */
  readonly value: number | null;
  readonly count: number;
  readonly of: number;
  readonly limit: LintLimit | null;
  readonly isBroken: boolean;
}

interface Declaration {
  /** What a breach is told as, after the share: `62 % of the texts repeat an earlier one`. */
  readonly meaning: string;
  readonly default: LintLimit;
}

const most = (max: number): LintLimit => ({ max, min: null, fatal: false });
const least = (min: number): LintLimit => ({ max: null, min, fatal: false });
const open: LintLimit = { max: null, min: null, fatal: false };

/** In the order of lint.csv. The defaults warn and never stop; docs/design/lint.md says where they come from. */
export const lintDeclarations = {
  duplicates: { meaning: "of the texts repeat an earlier one", default: most(0.2) },
  effective: { meaning: "is the effective number of texts over their number", default: least(0.1) },
  truncated: { meaning: "of the candidates were cut at maxTokens", default: most(0.1) },
  empty: { meaning: "of the candidates are empty", default: most(0.05) },
  refused: { meaning: "of the candidates were refused", default: most(0.1) },
  unparsable: { meaning: "of the candidates cannot be parsed", default: most(0.1) },
  acceptance: { meaning: "of the candidates became rows as sample.accept says", default: open },
  markers: { meaning: "of the candidates hold chat markers", default: most(0) },
  reusedSeeds: { meaning: "of the prompts drawn from more than once gave one text each time", default: most(0.95) },
  copiedStages: { meaning: "other sample stages drew these very candidates", default: most(0) },
  changedPrompts: { meaning: "of the prompts are changed by the round trip", default: most(0.2) },
  rowMarkers: { meaning: "of the real rows hold chat markers", default: most(0) },
  accepted: { meaning: "of the candidates were accepted", default: open },
  unscorable: { meaning: "of the candidates have no score", default: most(0.1) },
  attacks: { meaning: "of the attacks on the judge got what the median candidate got or more", default: most(0.25) },
} as const satisfies Readonly<Record<string, Declaration>>;

export type LintName = keyof typeof lintDeclarations;

export const lintNames = Object.keys(lintDeclarations) as readonly LintName[];

/** Every check of a turn, in a fixed order, those of stages that have not run left out. */
export function computeChecks(turn: LintTurn, limits: LintLimits): readonly Check[] {
  const create = (name: string, count: number, of: number, value = of === 0 ? null : count / of): Check => {
    const declared: Declaration | undefined = (lintDeclarations as Readonly<Record<string, Declaration>>)[name];
    const limit = limits[name] ?? declared?.default ?? null;
    return { name, value, count, of, limit, isBroken: limit !== null && isBroken(value, limit) };
  };
  return [
    ...listSampleChecks(turn, create),
    ...listSelectionChecks(turn, create),
    ...listAttackChecks(turn, create),
    ...listTraining(turn, create),
  ];
}

type CreateCheck = (name: string, count: number, of: number, value?: number | null) => Check;

function listSampleChecks({ sample, copies, acceptance }: LintTurn, create: CreateCheck): readonly Check[] {
  if (sample === null) return [];
  const { candidates: one, prompts } = sample;
  const { texts, candidates } = one;
  return [
    create("duplicates", texts - one.distinct, texts),
    create("effective", one.effective, texts),
    create("truncated", one.truncated, candidates),
    create("empty", one.empty, candidates),
    create("refused", one.refused, candidates),
    // Where texts are drawn until enough are rows, those that are none are no fault: how many are rows is told.
    acceptance === undefined
      ? create("unparsable", one.unparsable, candidates)
      : create("acceptance", acceptance.accepted, acceptance.candidates),
    create("markers", one.markers, candidates),
    create("reusedSeeds", one.drawnAlike, one.drawnAgain),
    create("copiedStages", copies, 0, copies),
    create("changedPrompts", prompts.changed, prompts.prompts),
    ...(["lost", "ambiguous", "cut", "unknown", "respelt"] as const).map((name) =>
      create(`changedPrompts.${name}`, prompts[name], prompts.prompts),
    ),
    create("rowMarkers", prompts.markers, prompts.prompts),
  ];
}

/** What each filter took, by the reason that the selection wrote. */
function listSelectionChecks({ selection }: LintTurn, create: CreateCheck): readonly Check[] {
  if (selection === null) return [];
  const { rows, candidates, rejected } = selection;
  const filters = Object.entries(rejected).filter(([reason]) => reason !== "unscorable");
  filters.sort(([one], [other]) => (one < other ? -1 : 1));
  return [
    create("accepted", rows, candidates),
    create("unscorable", rejected.unscorable ?? 0, candidates),
    ...filters.map(([reason, count]) => create(`rejected.${reason}`, count, candidates)),
  ];
}

/** How far texts got that ask a judge for a high score, and the two mean scores. */
function listAttackChecks({ attacks }: LintTurn, create: CreateCheck): readonly Check[] {
  if (attacks === undefined) return [];
  const { scored, unscorable, succeeded, mean, candidateMean } = attacks;
  return [
    create("attacks", succeeded, scored),
    create("attacks.unscorable", unscorable, scored + unscorable),
    create("attacks.score", 0, 0, mean),
    create("attacks.candidateScore", 0, 0, candidateMean),
  ];
}

/** What the trainer cut, for each row that it read. */
function listTraining({ training }: LintTurn, create: CreateCheck): readonly Check[] {
  const { rows = 0, losses = null } = training ?? {};
  return Object.entries(losses ?? {}).map(([name, count]) => create(`training.${name}`, count, rows));
}

function isBroken(value: number | null, { max, min }: LintLimit): boolean {
  return value !== null && ((max !== null && value > max) || (min !== null && value < min));
}

/** `62 % of the texts repeat an earlier one (duplicates: at most 20 %)`. */
export function renderBreach({ name, value, limit }: Check): string {
  const { meaning } = lintDeclarations[name as LintName];
  const isCount = name === "copiedStages";
  const show = (share: number): string => (isCount ? String(share) : renderShare(share));
  const bound =
    limit?.max != null && (value ?? 0) > limit.max ? `at most ${show(limit.max)}` : `at least ${show(limit?.min ?? 0)}`;
  return `${show(value ?? 0)} ${meaning} (${name}: ${bound})`;
}

/** A share that is not all and not nothing is never written as if it were. */
export function renderShare(share: number): string {
  const percent = share * 100;
  if (percent === 0 || percent === 100) return `${percent} %`;
  const text = percent < 0.01 ? "under 0.01" : percent > 99.99 ? "over 99.99" : String(Number(percent.toPrecision(3)));
  return `${text === "100" ? percent.toFixed(2) : text} %`;
}
