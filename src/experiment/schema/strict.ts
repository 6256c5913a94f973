// The building blocks of the schema: mappings that take no unknown key, shares, counts and names.
// Their messages are the ends of sentences that begin with the key: `select.keep` must be a share ...

import { z } from "zod";

/** A mapping with these keys and no others. The message of an unknown key carries the known ones, for problems.ts. */
export function strict<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(shape).join(" ") : undefined),
  });
}

/** A part of a whole, above 0 and up to 1. Its default is everything. */
export function share() {
  return z.union([shareNumber, shareText]);
}

const shareMessage = "must be a share above 0 and up to 100 %, such as 12.5% or 0.125";
const shareNumber = z.number({ error: shareMessage }).gt(0, shareMessage).max(1, shareMessage);
const shareText = z
  .string({ error: shareMessage })
  .regex(/^(?:100(?:\.0+)?|(?=.*[1-9])\d{1,2}(?:\.\d+)?) ?%$/, shareMessage);

/** The number a share stands for; the decimal is shifted, not divided, so that 12.3% is 0.123 to the last bit. */
export function readShare(value: number | string): number {
  return typeof value === "number" ? value : Number(`${value.slice(0, -1).trim()}e-2`);
}

/** A whole number from `least` to `most`. */
export function count(least: number, most = 1_000_000_000) {
  return z.int().min(least).max(most);
}

/** Names that become parts of ids and folders: safe on every file system, in every address and every shell. */
const namePattern = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9_-])?$/;

/** Windows takes these for devices, whatever extension follows. */
const devicePattern = /^(?!(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$))/;

const nameRule = "of lower-case letters, digits, dots, dashes and underscores, beginning with a letter or digit";

export const nameSchema = z
  .string()
  .regex(namePattern, `must be a name of up to 64 characters, ${nameRule}`)
  .regex(devicePattern, "must not be the name of a device, as con and nul are to Windows");

export function isName(text: string): boolean {
  return namePattern.test(text) && devicePattern.test(text);
}
