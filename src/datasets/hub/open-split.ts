// The files of one split of what was pulled, each held against its manifest and opened.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Split } from "../../domain/rows.ts";
import { DatasetError } from "../../errors.ts";
import { nodeFiles } from "../file/bytes.ts";
import { openSource } from "../file/open-source.ts";
import type { RowSource } from "../file/source.ts";
import type { DatasetContext } from "../file-dataset.ts";
import { renderPullCommand } from "./address.ts";
import type { HubDeclaration } from "./find-one.ts";
import type { Pulled, PulledFile } from "./manifest.ts";
import { readProof } from "./proof.ts";

export interface Opened {
  readonly of: Split;
  readonly split: string;
  readonly sources: readonly { readonly file: PulledFile; readonly source: RowSource }[];
}

/** How splits of a hub's are named where the dataset is opened. */
export function renderSplitAdvice({ adviseSplits }: DatasetContext): string {
  return adviseSplits ?? "splits: {train: .., test: ..} (test: null holds rows of train out)";
}

/** The sources of one split, each held against the manifest's digest. */
export async function openSplit(
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
    const next = `name another with ${renderSplitAdvice(context)}; it has ${there}`;
    throw new DatasetError(`has no split ${JSON.stringify(split)} here`, { where: name, next });
  }
  const { id, article = "article", summary = "summary" } = declaration.fields ?? {};
  const opened: { file: PulledFile; source: RowSource }[] = [];
  for (const file of files) {
    const path = join(folder, file.name);
    if (file.size === 0) continue;
    const { signal, files: disk = nodeFiles, adviseField } = context;
    const fault = await findFault(path, file, signal);
    if (fault !== undefined) {
      const { config, revision } = manifest;
      const next = `pull it again: ${renderPullCommand(declaration.hub, { config, revision, to: declaration.folder })}`;
      throw new DatasetError(fault, { where: path, next });
    }
    const nameRow = (number: number): string => `${file.name.replace(/\..*$/, "")}-${number}`;
    const request = { path, shown: `${name}, ${file.name}`, signal, files: disk };
    const source = await openSource({
      file: request,
      fields: { id, article, summary },
      seeksSplit: false,
      // One of many files, which nobody can change: what is left of the split is counted.
      allowsNone: true,
      // Ids that were not asked for may be doubled, and nobody could mend them.
      seeksId: false,
      allowsEmpty: declaration.curation?.filter.empty === "drop",
      adviseField,
      nameRow,
    });
    opened.push({ file, source });
  }
  return opened;
}

/** Why a file is not the one that was pulled: a run stands on the commit's own bytes, or on nothing. */
async function findFault(path: string, file: PulledFile, signal: AbortSignal): Promise<string | undefined> {
  const size = await stat(path).then(
    (found) => found.size,
    () => -1,
  );
  if (size < 0) return "is not there any more";
  if (size !== file.size) return `has ${size} bytes, the manifest says ${file.size}`;
  const digest = { kind: "sha256", value: file.sha256 } as const;
  const proved = await readProof(path, { size, digest }, signal);
  return proved === undefined ? "is not what was pulled: its digest is another than the manifest says" : undefined;
}
