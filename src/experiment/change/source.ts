// Whether the files that a run was made from say something else by now. A resume goes by the run's own record, so it
// must not pass over an edit without a word; a file that is not there, as in a copied run, is no obstacle.

import { basename, join, resolve } from "node:path";
import { ConfigError } from "../../errors.ts";
import { computeDigest } from "../../keys/digest.ts";
import { parseExperiment } from "../parse.ts";
import type { RunRecordSource } from "../prepare.ts";
import { readTextFile } from "../text-file.ts";
import type { FieldDifference } from "./difference.ts";
import { listFieldDifferences } from "./fields.ts";

export interface SourceChange {
  /** The experiment file. */
  readonly path: string;
  /** `null`: it is no valid experiment any more. */
  readonly differences: readonly FieldDifference[] | null;
}

/** Null where the files say what the record says, in whatever words, or cannot be read. */
export async function findSourceChange(record: RunRecordSource): Promise<SourceChange | null> {
  const { experiment } = record;
  const { file, folder, setFolder = folder, sets, source } = experiment;
  const path = join(folder, basename(file));
  const text = await readIfThere(path, "experiment");
  if (text === null) return null;
  const prompt = await findPromptChange(record);
  if (text === source) return prompt.length === 0 ? null : { path, differences: prompt };
  try {
    const now = parseExperiment(text, { file, folder, setFolder, sets });
    const differences = listFieldDifferences({ experiment, materials: null }, { experiment: now, materials: null });
    const all = differences.some(({ field }) => field === "prompt") ? differences : [...differences, ...prompt];
    return all.length === 0 ? null : { path, differences: all };
  } catch (error) {
    if (error instanceof ConfigError) return { path, differences: null };
    throw error;
  }
}

/** A template of the user's own; packaged ones change with the package. */
async function findPromptChange({ experiment, materials }: RunRecordSource): Promise<readonly FieldDifference[]> {
  if (experiment.system !== "language" || !materials || !experiment.language.prompt.includes("/")) return [];
  const text = await readIfThere(resolve(experiment.folder, experiment.language.prompt), "prompt");
  const [before, after] = [materials.template.text, text?.replace(/^\ufeff/, "") ?? materials.template.text];
  if (before === after) return [];
  return [{ field: "prompt.sha256", before: computeDigest(before), after: computeDigest(after) }];
}

async function readIfThere(path: string, kind: string): Promise<string | null> {
  try {
    return await readTextFile({ path, shown: path, kind });
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}
