// What may be asked of rows before they are used. Types, and the one that asks nothing.

export interface CurationSettings {
  readonly filter: FilterSettings;
  readonly dedupe: DedupeSettings;
  /** Null leaves train rows that stand in the test split where they are. */
  readonly decontaminate: DecontaminateSettings | null;
}

export interface FilterSettings {
  /** Rows without an article or a summary are faults, or are dropped. */
  readonly empty: "refuse" | "drop";
  /** Rows whose summary has more words than their article. */
  readonly longer: "keep" | "drop";
  readonly article: LengthLimits;
  readonly summary: LengthLimits;
}

/** Words are set apart by white space; characters are code units of UTF-16. */
export interface LengthLimits {
  readonly minWords: number | null;
  readonly maxWords: number | null;
  readonly minCharacters: number | null;
  readonly maxCharacters: number | null;
}

export interface DedupeSettings {
  /** What must be equal, apart from case, white space and the forms of Unicode: the article, or it and the summary. */
  readonly exact: "none" | "article" | "row";
  /** Articles whose shingles agree in at least this share; null looks for none. */
  readonly near: number | null;
  /** Words a shingle. */
  readonly words: number;
}

export interface DecontaminateSettings {
  /** Words a gram. */
  readonly words: number;
  /** A train row goes where at least this share of its grams stands in the test split. */
  readonly overlap: number;
}

export function hasCuration({ filter, dedupe, decontaminate }: CurationSettings): boolean {
  const limits = [...Object.values(filter.article), ...Object.values(filter.summary)];
  const isFiltered = filter.empty === "drop" || filter.longer === "drop" || limits.some((limit) => limit !== null);
  return isFiltered || dedupe.exact !== "none" || dedupe.near !== null || decontaminate !== null;
}
