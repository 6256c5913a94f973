// The manifest of a packaged dataset: what it is, whose it is, and digests to check it against.
// It says what ought to be; tests compare it with what is made.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Split } from "../domain/rows.ts";
import { DatasetError } from "../errors.ts";
import type { DatasetName } from "./registry.ts";

export interface Manifest {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly licence: string;
  readonly source: string;
  /** Raised when the rows change. */
  readonly version: number;
  readonly fields: Readonly<Record<string, string>>;
  /** Rows given by default, with their digest as `createRowCounter` computes it. */
  readonly splits: Readonly<Record<Split, { readonly rows: number; readonly sha256: string }>>;
}

/** Reads the manifest that comes with the package. */
export async function readManifest(name: DatasetName): Promise<Manifest> {
  const file = fileURLToPath(new URL(`../../datasets/${name}/manifest.yaml`, import.meta.url));
  try {
    return parse(await readFile(file, "utf8")) as Manifest;
  } catch (error) {
    throw new DatasetError("the manifest cannot be read", {
      where: file,
      next: "install the package anew",
      cause: error,
    });
  }
}
