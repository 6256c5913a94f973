// A dataset of files that were pulled from a hub, read offline. The hub's own splits are ours: which of them trains and
// which tests is declared; a data set without a test split is split by ids, like a file.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Split } from "../../domain/rows.ts";
import { DatasetError } from "../../errors.ts";
import type { Dataset } from "../dataset.ts";
import { nodeFiles } from "../file/bytes.ts";
import { createKnownIds, type KnownIds } from "../file/known-ids.ts";
import { openSource } from "../file/open-source.ts";
import type { RowSource } from "../file/source.ts";
import { computeSplit, type DatasetContext, defaultSplit } from "../file-dataset.ts";
import { openRowDataset, type SplitRow, type SplitSource } from "../row-dataset.ts";
import { renderPullCommand } from "./address.ts";
import { findOne, type HubDeclaration } from "./find-one.ts";
import type { Pulled, PulledFile } from "./manifest.ts";

export async function openHubDataset(declaration: HubDeclaration, context: DatasetContext): Promise<Dataset> {
  const pulled = await findOne(declaration, context.folder);
  const { train, test } = declaration.splits ?? { train: "train", test: "test" };
  const name = `hub:${declaration.hub}, ${pulled.manifest.config}`;
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
    ...new Set(sources.flatMap(({ source }) => source.notes)),
  ];
  return openRowDataset(createSplitSource({ name, notes, opened, declaration }), declaration);
}

interface Opened {
  readonly of: Split;
  readonly split: string;
  readonly sources: readonly { readonly file: PulledFile; readonly source: RowSource }[];
}

/** The files of one split, each held against the manifest's size. */
async function openSplit(
  split: string,
  {
    pulled,
    declaration,
    context,
    name,
  }: {
    readonly pulled: Pulled;
    readonly declaration: HubDeclaration;
    readonly context: DatasetContext;
    readonly name: string;
  },
): Promise<Opened["sources"]> {
  const { folder, manifest } = pulled;
  const files = manifest.files.filter((file) => file.split === split);
  if (files.length === 0) {
    const there = [...new Set(manifest.files.map((file) => file.split))].join(", ");
    const next = `name another with splits: {train: .., test: ..} (test: null holds rows of train out); it has ${there}`;
    throw new DatasetError(`has no split ${JSON.stringify(split)} here`, { where: name, next });
  }
  const { id, article = "article", summary = "summary" } = declaration.fields ?? {};
  const opened: { file: PulledFile; source: RowSource }[] = [];
  for (const file of files) {
    const path = join(folder, file.name);
    const size = await stat(path).then(
      (found) => found.size,
      () => -1,
    );
    if (size !== file.size) {
      const what = size < 0 ? "is not there any more" : `has ${size} bytes, the manifest says ${file.size}`;
      const { config, revision } = manifest;
      const next = `pull it again: ${renderPullCommand(declaration.hub, { config, revision, to: declaration.folder })}`;
      throw new DatasetError(what, { where: path, next });
    }
    const { signal, files: disk = nodeFiles, adviseField } = context;
    const nameRow = (number: number): string => `${file.name.replace(/\..*$/, "")}-${number}`;
    const request = { path, shown: `${name}, ${file.name}`, signal, files: disk };
    const source = await openSource({
      file: request,
      fields: { id, article, summary },
      seeksSplit: false,
      // Ids that were not asked for may be doubled, and nobody could mend them.
      seeksId: false,
      allowsEmpty: false,
      adviseField,
      nameRow,
    });
    opened.push({ file, source });
  }
  return opened;
}

function createSplitSource({
  name,
  notes,
  opened,
  declaration,
}: {
  readonly name: string;
  readonly notes: readonly string[];
  readonly opened: readonly Opened[];
  readonly declaration: HubDeclaration;
}): SplitSource {
  const rule = declaration.split ?? defaultSplit;
  const isHeldOut = opened.length === 1;
  return {
    name,
    notes,
    async *read(wanted, isFirst) {
      const knownIds: KnownIds | undefined = isFirst ? createKnownIds() : undefined;
      for (const { of, sources } of opened) {
        if (!isHeldOut && wanted !== undefined && wanted !== of) continue;
        for (const { source } of sources) {
          for await (const rows of source.read({ knownIds })) {
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
    refuseShort(splits) {
      for (const split of ["train", "test"] as const) {
        const least = declaration[split] ?? 1;
        if (splits[split].count >= least) continue;
        const what = `the ${split} split has ${splits[split].count} rows, not ${least}`;
        throw new DatasetError(what, { where: name, next: "ask for fewer rows" });
      }
    },
  };
}
