// A dataset of files that were pulled from a hub, read offline. The hub's own splits are ours: which of them trains and
// which tests is declared; a data set without a test split is split by ids, like a file.

import { DatasetError } from "../../errors.ts";
import type { Dataset } from "../dataset.ts";
import { computeSplit, type DatasetContext, defaultSplit, isDefaultSplit, refuseCurated } from "../file-dataset.ts";
import { openRowDataset, type SplitRow, type SplitSource } from "../row-dataset.ts";
import { findOne, type HubDeclaration } from "./find-one.ts";
import { isPartial, type Pulled } from "./manifest.ts";
import { type Opened, openSplit, renderSplitAdvice } from "./open-split.ts";
import { createShardIds, type ShardIds } from "./shard-ids.ts";

export async function openHubDataset(declaration: HubDeclaration, context: DatasetContext): Promise<Dataset> {
  const pulled = await findOne(declaration, context.folder);
  const { train, test } = chooseSplits(pulled, declaration.splits);
  const name = `hub:${declaration.hub}, ${pulled.manifest.config}`;
  if (test === train) {
    throw new DatasetError(`the split ${JSON.stringify(test)} would be trained and tested on`, {
      where: name,
      next: `name another with ${renderSplitAdvice(context)}`,
    });
  }
  if (test !== null && !isDefaultSplit(declaration.split)) {
    throw new DatasetError(`its own split ${JSON.stringify(test)} is tested on, so split says nothing`, {
      where: name,
      next: "leave split out, or hold rows of the train split out with splits: {test: null}",
    });
  }
  const parts: readonly Pick<Opened, "of" | "split">[] = [
    { of: "train", split: train },
    ...(test === null ? [] : [{ of: "test", split: test } as const]),
  ];
  const opened = await Promise.all(
    parts.map(async ({ of, split }) => ({
      of,
      split,
      sources: await openSplit(split, { pulled, declaration, context, name }),
    })),
  );
  const { licence, revision } = pulled.manifest;
  const sources = opened.flatMap((part) => part.sources);
  const notes = [
    `is ${name} at ${revision.slice(0, 12)}, licence ${licence ?? "not told"}`,
    ...(declaration.splits?.test === undefined && test === null ? [renderHeldOut(train)] : []),
    ...opened.flatMap(({ split, sources: own }) =>
      own.some(({ file }) => isPartial(file))
        ? [`${JSON.stringify(split)} is a part: the hub has converted no more of it`]
        : [],
    ),
    ...new Set(sources.flatMap(({ source }) => source.notes)),
  ];
  return openRowDataset(
    createSplitSource({ name, notes, opened, declaration, advice: renderSplitAdvice(context) }),
    declaration,
  );
}

function renderHeldOut(train: string): string {
  const what =
    train === "train" ? "has no test split: rows" : `has no test split beside ${JSON.stringify(train)}: rows of it`;
  return `${what} are held out by their ids`;
}

/** Where nobody said: the ordinary names, or the only split; of a data set without a test split rows of its train split. */
function chooseSplits(
  { manifest }: Pulled,
  named: NonNullable<HubDeclaration["splits"]> = {},
): { readonly train: string; readonly test: string | null } {
  const there = [...new Set(manifest.files.map(({ split }) => split))];
  const { train = there.length === 1 ? there[0]! : "train" } = named;
  const { test = train !== "test" && there.includes("test") ? "test" : null } = named;
  return { train, test };
}

function createSplitSource({
  name,
  notes,
  opened,
  declaration,
  advice,
}: {
  readonly name: string;
  readonly notes: readonly string[];
  readonly opened: readonly Opened[];
  readonly declaration: HubDeclaration;
  readonly advice: string;
}): SplitSource {
  const rule = declaration.split ?? defaultSplit;
  const isHeldOut = opened.length === 1;
  // Whoever asks for one split after the other is told of ids that both have; held out, either is the whole of one.
  let known: ShardIds | undefined;
  return {
    name,
    notes,
    async *read(wanted, isFirst) {
      const ids = isFirst ? (known ?? createShardIds()) : undefined;
      known = known === undefined && wanted !== undefined && !isHeldOut ? ids : undefined;
      for (const { of, sources } of opened) {
        if (!isHeldOut && wanted !== undefined && wanted !== of) continue;
        for (const { file, source } of sources) {
          for await (const rows of source.read({ knownIds: ids?.open(file.name) })) {
            const found: SplitRow[] = [];
            for (const { row } of rows) {
              const split = isHeldOut ? computeSplit(row.id, rule) : of;
              if (wanted === undefined || split === wanted) found.push({ split, row });
            }
            yield found;
          }
        }
      }
    },
    refuseShort(splits, curated) {
      for (const split of ["train", "test"] as const) {
        const least = declaration[split] ?? 1;
        if (splits[split].count >= least) continue;
        const { count } = splits[split];
        const what = `the ${split} split has ${count === 0 ? "no rows" : `${count} rows, not ${least}`}`;
        refuseCurated(what, curated, name);
        const next = count === 0 ? `name another with ${advice}` : "ask for fewer rows";
        throw new DatasetError(what, { where: name, next });
      }
    },
  };
}
