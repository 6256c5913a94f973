// A data set as `refeed datasets pull` leaves it, made without a hub.

import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { computeRevisionFolder, type HubManifest } from "../../src/datasets/hub/manifest.ts";

export interface PulledRows {
  readonly repository: string;
  readonly config?: string;
  readonly revision?: string;
  /** Text of JSON Lines by split. */
  readonly splits: Readonly<Record<string, string>>;
}

/** Writes it under `root`, the folder of datasets, and gives its own folder back. */
export function writePulled(
  root: string,
  { repository, config = "default", revision = "a".repeat(40), splits }: PulledRows,
): string {
  const folder = computeRevisionFolder(root, { repository, config, revision });
  mkdirSync(folder, { recursive: true });
  const files = Object.entries(splits).map(([split, text]) => {
    const name = `${split}-00000.jsonl`;
    writeFileSync(join(folder, name), text);
    const sha256 = createHash("sha256").update(text).digest("hex");
    return { name, split, path: `${split}.jsonl`, revision, size: Buffer.byteLength(text), sha256 };
  });
  const manifest: HubManifest = {
    schema: 1,
    source: `hub:${repository}`,
    endpoint: "http://127.0.0.1",
    config,
    revision,
    licence: null,
    pulled: "2026-11-21T00:00:00.000Z",
    files,
  };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  return folder;
}
