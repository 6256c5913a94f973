// Which of the data sets that were pulled is meant, or a refusal that says how to get it or to name it.

import { resolve } from "node:path";
import { DatasetError } from "../../errors.ts";
import type { FileDeclaration } from "../file-dataset.ts";
import { isHubName, renderPullCommand } from "./address.ts";
import { findPulled, listPulled, type Pulled } from "./manifest.ts";

export interface HubDeclaration extends Omit<FileDeclaration, "file"> {
  /** `owner/name`. */
  readonly hub: string;
  /** Undefined takes what was pulled, where that is one. */
  readonly config?: string;
  readonly revision?: string;
  /** The folder of datasets; by default the nearest `datasets` upwards that holds it. */
  readonly folder?: string;
  /**
   * The hub's names of our splits; a test split of null is held out of the train split by ids. What is not named is the split
   * of that name, or the only one there is.
   */
  readonly splits?: { readonly train?: string; readonly test?: string | null };
}

/** Throws DatasetError where there is none, or more than one. */
export async function findOne(
  { hub, config, revision, folder, splits }: HubDeclaration,
  from: string,
): Promise<Pulled> {
  const where = `hub:${hub}`;
  if (!isHubName(hub)) {
    throw new DatasetError("is no name of a data set", { where, next: "write owner/name: csebuetnlp/xlsum" });
  }
  if (revision !== undefined && !/^[0-9a-f]{7,64}$/.test(revision)) {
    const next = "write the commit that refeed datasets pull prints: a branch or a tag may move";
    throw new DatasetError(`${JSON.stringify(revision)} is no commit`, { where, next });
  }
  const wanted = { repository: hub, config, revision };
  const found = folder === undefined ? await findPulled(from, wanted) : await listPulled(resolve(from, folder), wanted);
  const [first, ...others] = found;
  if (first === undefined) {
    const named = [splits?.train, splits?.test].filter((split) => typeof split === "string");
    const next = renderPullCommand(hub, { config, revision, splits: named, to: folder });
    throw new DatasetError(`${config === undefined ? "" : `${config} `}is not here`, {
      where,
      next: `pull it: ${next}`,
    });
  }
  if (others.length === 0) return first;
  const configs = new Set(found.map(({ manifest }) => manifest.config));
  const next =
    configs.size > 1
      ? `name one with config: ${[...configs].join(", ")}`
      : `name one with revision: ${found.map(({ manifest }) => manifest.revision).join(", ")}`;
  throw new DatasetError(`${found.length} of it are here`, { where, next });
}
