// Which files of a repository are the rows of a configuration, and of which split: by the card's own list where there is
// one, else by their names, as the hub's own reader goes about it. Pure; knows no network.

import { isSplitName } from "./address.ts";

export interface CardConfig {
  readonly name: string;
  readonly isDefault: boolean;
  /** Patterns of paths, each with its split. Empty where `folder` alone tells. */
  readonly patterns: readonly { readonly split: string; readonly pattern: string }[];
  readonly folder: string | undefined;
}

export interface SplitFile {
  readonly split: string;
  readonly path: string;
}

/** Files that are read; whatever else lies in a repository is no rows. */
export const dataEnding = /\.(parquet|(csv|tsv|jsonl|ndjson|json)(\.gz)?)$/i;
const metadataNames = /(^|\/)(dataset_infos?|dataset_dict|state|metadata|package|config)\.json$/i;

/** What the card's front matter says of configurations, as far as it says it in a known form. */
export function parseCardConfigs(front: unknown): readonly CardConfig[] {
  const { configs } = (front ?? {}) as { readonly configs?: unknown };
  if (!Array.isArray(configs)) return [];
  return configs.flatMap((config: unknown) => {
    if (typeof config !== "object" || config === null) return [];
    const { config_name, data_files, data_dir, default: isDefault } = config as Readonly<Record<string, unknown>>;
    return [
      {
        name: typeof config_name === "string" ? config_name : "default",
        isDefault: isDefault === true,
        patterns: parsePatterns(data_files, "train"),
        folder: typeof data_dir === "string" ? data_dir : undefined,
      },
    ];
  });
}

/** A pattern, a list of them, a list of {split, path}, or a map from splits. */
function parsePatterns(value: unknown, split: string): CardConfig["patterns"] {
  if (typeof value === "string") return [{ split, pattern: value }];
  if (Array.isArray(value)) return value.flatMap((item: unknown) => parsePatterns(item, split));
  if (typeof value !== "object" || value === null) return [];
  const { split: named, path } = value as { readonly split?: unknown; readonly path?: unknown };
  if (path !== undefined) return parsePatterns(path, typeof named === "string" ? named : split);
  return Object.entries(value).flatMap(([name, patterns]) => parsePatterns(patterns, name));
}

/** The files of a configuration in order; none where the repository does not say, or holds none that are read. */
export function chooseFiles(paths: readonly string[], config: CardConfig): readonly SplitFile[] {
  const known = paths.filter((path) => dataEnding.test(path) && !metadataNames.test(path)).sort();
  if (config.patterns.length === 0) {
    const folder = config.folder?.replace(/^\.?\/|\/$/g, "");
    return keepOnce(chooseByName(known.filter((path) => folder === undefined || path.startsWith(`${folder}/`))));
  }
  const chosen = config.patterns.flatMap(({ split, pattern }) => {
    const expression = createExpression(
      config.folder === undefined ? pattern : `${config.folder.replace(/\/$/, "")}/${pattern}`,
    );
    // A pattern that takes in a file that is not read would make a split look whole that is not.
    if (paths.some((path) => expression.test(path) && !dataEnding.test(path))) return [];
    return known.filter((path) => expression.test(path)).map((path) => ({ split, path }));
  });
  return keepOnce(chosen);
}

/** In the order in which they are preferred where a split has as many files of the one as of the other. */
const formats: readonly RegExp[] = [
  /\.parquet$/i,
  /\.(jsonl|ndjson|json)(\.gz)?$/i,
  /\.csv(\.gz)?$/i,
  /\.tsv(\.gz)?$/i,
];

/**
 * Every row once: the same ones often lie there in several formats, of which the commonest of each split is taken, as the hub's
 * own reader does; packed beside plain; or under two patterns.
 */
function keepOnce(given: readonly SplitFile[]): readonly SplitFile[] {
  const seen = new Set<string>();
  const plain = new Set(given.map(({ split, path }) => `${split} ${path}`));
  const files = given.filter(({ split, path }) => {
    const name = `${split} ${path}`;
    const isPackedTwin = /\.gz$/i.test(name) && plain.has(name.slice(0, -3));
    return !isPackedTwin && seen.size < seen.add(name).size;
  });
  const best = new Map<string, RegExp>();
  for (const [split, own] of Map.groupBy(files, (file) => file.split)) {
    const counted = formats.map((format) => ({ format, count: own.filter(({ path }) => format.test(path)).length }));
    best.set(split, counted.reduce((most, one) => (one.count > most.count ? one : most)).format);
  }
  return files.filter(({ split, path }) => best.get(split)!.test(path));
}

const splitWords: readonly (readonly [string, RegExp])[] = [
  ["train", /(^|[-._/ 0-9])(train|training)([-._/ 0-9]|$)/i],
  ["test", /(^|[-._/ 0-9])(test|testing|eval|evaluation)([-._/ 0-9]|$)/i],
  ["validation", /(^|[-._/ 0-9])(valid|validation|dev|val)([-._/ 0-9]|$)/i],
];

/** By the words in their names; where no name has one, all are of the train split. */
function chooseByName(paths: readonly string[]): readonly SplitFile[] {
  const chosen = splitWords.flatMap(([split, word]) =>
    paths.filter((path) => word.test(path)).map((path) => ({ split, path })),
  );
  const seen = new Set<string>();
  const first = chosen.filter(({ path }) => !seen.has(path) && seen.add(path));
  return first.length > 0 ? first : paths.map((path) => ({ split: "train", path }));
}

/** The files that the hub has converted to Parquet: `config/split/0000.parquet`, or `config/name-split.parquet`. */
export function chooseConverted(
  paths: readonly string[],
  { config, splits }: { readonly config: string; readonly splits: readonly string[] },
): readonly SplitFile[] {
  const own = paths.filter((path) => path.startsWith(`${config}/`) && path.endsWith(".parquet")).sort();
  return splits.filter(isSplitName).flatMap((split) => {
    const inFolder = own.filter((path) =>
      [split, `partial-${split}`].includes(path.slice(config.length + 1).split("/")[0]!),
    );
    const named = new RegExp(`(^|-)${split.replace(/[.]/g, "\\.")}(-\\d+-of-\\d+)?\\.parquet$`);
    const found = inFolder.length > 0 ? inFolder : own.filter((path) => named.test(path.slice(config.length + 1)));
    return found.map((path) => ({ split, path }));
  });
}

/** `*` within a folder, `**` across folders, `?`, and sets in brackets. */
export function createExpression(pattern: string): RegExp {
  const source = pattern.replace(/^\.?\//, "").replace(/\*\*\/|\*\*|\*|\?|\[!?[^\]/]+\]|[\\^$.|+(){}[\]]/g, (sign) => {
    if (sign === "**/") return "(?:.*/)?";
    if (sign === "**") return ".*";
    if (sign === "*") return "[^/]*";
    if (sign === "?") return "[^/]";
    return sign.length > 1 ? sign.replace(/^\[!/, "[^").replaceAll("\\", "\\\\") : `\\${sign}`;
  });
  return new RegExp(`^${source}$`);
}
