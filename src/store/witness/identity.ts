// Whether a stage's record still is what its key is the digest of.

import { computeIdentityKey } from "../../keys/stage-identity.ts";
import type { Connection } from "../database.ts";

export interface IdentityRow {
  readonly key: string;
  readonly kind: string;
  readonly version: number;
  readonly parameters: string;
  readonly inputs: string;
}

export function hasIdentity(connection: Connection, key: string): boolean {
  const row = connection
    .prepare<[string], IdentityRow>("SELECT key, kind, version, parameters, inputs FROM stage WHERE key = ?")
    .get(key);
  return row !== undefined && isWholeRow(row);
}

export function isWholeRow({ key, kind, version, parameters, inputs }: IdentityRow): boolean {
  try {
    const identity = { kind, version, parameters: JSON.parse(parameters), inputs: JSON.parse(inputs) };
    return computeIdentityKey(identity) === key;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return false;
    throw error;
  }
}
