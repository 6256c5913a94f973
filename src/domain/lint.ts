// What lint finds in the candidates of one sample stage and in the prompts they were drawn from: counts, never verdicts.
// How counts become shares, and which share is too much, is decided where limits are known.

/** A candidate without its prompt, as it is read back page by page. */
export interface CandidateText {
  readonly id: number;
  /** Of its prompt. */
  readonly position: number;
  readonly completion: string;
  /** Its own; null where it was written for the prompt's. */
  readonly article: string | null;
  readonly finish: "stop" | "length" | "refused";
  readonly reason: string | null;
}

export interface CandidateLint {
  readonly candidates: number;
  /** Candidates with a text that is more than white space. */
  readonly texts: number;
  readonly distinct: number;
  /** 1 / sum p^2 over the distinct texts. */
  readonly effective: number;
  readonly truncated: number;
  readonly empty: number;
  readonly refused: number;
  readonly unparsable: number;
  /** Candidates whose text holds a chat marker. */
  readonly markers: number;
  /** Prompts with two texts or more, and those of them whose texts are all the same; 0 of 0 where draws are greedy. */
  readonly drawnAgain: number;
  readonly drawnAlike: number;
}

/** What became of the train split's rows on their way into prompts. */
export interface PromptLint {
  readonly prompts: number;
  /** Prompts changed in any of the ways below. */
  readonly changed: number;
  /** The article does not stand in the prompt byte for byte. */
  readonly lost: number;
  /** The article holds the template's own text, so that nobody can tell where it ends. */
  readonly ambiguous: number;
  /** Longer than the model reads; holding tokens it does not know; otherwise not the same text when decoded. */
  readonly cut: number;
  readonly unknown: number;
  readonly respelt: number;
  /** Rows whose article or summary holds a chat marker; no part of `changed`. */
  readonly markers: number;
}

/** How attacks on a verifier that reads fared in one verify stage. */
export interface AttackLint {
  /** Attacks that were given a score, and those that were not. */
  readonly scored: number;
  readonly unscorable: number;
  /** Of those with a score, how many got at least what the median candidate got. */
  readonly succeeded: number;
  /** Mean scores of the attacks and of the candidates; null where there are none. */
  readonly mean: number | null;
  readonly candidateMean: number | null;
}

/** Kept beside a sample stage, never in its output: a later version of lint reads again and samples nothing. */
export interface SampleLint {
  readonly version: number;
  readonly candidates: CandidateLint;
  readonly prompts: PromptLint;
}

/** What encoding a prompt and decoding it again loses; only a provider that holds its tokenizer can tell. */
export interface RoundTrip {
  readonly cutCount: number;
  readonly unknownCount: number;
  /** Decoded again it is the same text. */
  readonly isSame: boolean;
}

export type ReadRoundTrip = (prompt: string) => RoundTrip;

/** One turn of a trial as lint sees it; what has not run yet, or was made before there was lint, is null. */
export interface LintTurn {
  readonly arm: string;
  readonly seed: number;
  readonly generation: number;
  readonly training: {
    readonly rows: number;
    /** What of the rows did not fit the model, as the trainer counts it; null where it does not. */
    readonly losses: Readonly<Record<string, number>> | null;
  } | null;
  readonly sample: SampleLint | null;
  /** Of a stage that drew until enough texts became rows; absent in any other. */
  readonly acceptance?: { readonly accepted: number; readonly candidates: number };
  /** Sample stages under other keys that drew the very same candidates at a temperature above 0. */
  readonly copies: number;
  readonly selection: {
    readonly rows: number;
    readonly candidates: number;
    readonly rejected: Readonly<Record<string, number>>;
  } | null;
  /** Of the verifier that the arm selects by; absent where that was not attacked. */
  readonly attacks?: AttackLint;
}

/** A limit of one check; the other end is open. */
export interface LintLimit {
  readonly max: number | null;
  readonly min: number | null;
  /** A breach ends the run. */
  readonly fatal: boolean;
}

export type LintLimits = Readonly<Record<string, LintLimit>>;
