// How a corpus is made of parts, as references into what came before; shared by every system.

/** Source 0 is the real data D0; source g + 1 is what the model of generation g wrote and selection kept. */
export interface Part {
  readonly source: number;
  /** `all`, or positions within the source: in order of the data for source 0, in rank order otherwise. */
  readonly take: "all" | Uint32Array;
}

export type Policy =
  | { readonly kind: "replace" }
  | { readonly kind: "accumulate" }
  | { readonly kind: "accumulate-doubling" }
  | { readonly kind: "accumulate-subsample"; readonly budget: number | null; readonly replacement: boolean }
  | { readonly kind: "mix"; readonly share: number };

export interface PartsRequest {
  readonly policy: Policy;
  readonly realCount: number;
  /** Rows kept of each generation so far, one entry a generation. */
  readonly keptCounts: readonly number[];
  /** Seeds subsampling and mixing: four words of computeSeed. */
  readonly seed: Uint32Array;
}

/** Computes the parts of the next corpus; throws ConfigError where the policy cannot be met. */
export type ComputeParts = (request: PartsRequest) => readonly Part[];
