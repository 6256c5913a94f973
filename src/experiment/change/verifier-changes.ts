// What changes with a verifier beside its settings: the files it is made of.

import { computeKey } from "../../keys/digest.ts";
import type { VerifierSettings } from "../experiment.ts";
import type { LanguageMaterials } from "../prepare.ts";
import type { Edit, FieldChange } from "./edit.ts";

/** What decides which template a judge can have: a change of it is one of the whole. */
export function readForm(settings: VerifierSettings | undefined): string {
  if (settings?.kind !== "judge") return settings?.kind ?? "";
  return [settings.kind, settings.mode, settings.reference].join();
}

/** Settings that bring a verifier other files. */
const madeOfFiles = ["prompt", "command"];

/** Whether this setting, by its path within the verifier, is one of them. */
export const isMadeOfFiles = ([first = ""]: readonly string[]): boolean => madeOfFiles.includes(first);

/** What the changed experiment reads for a verifier, in place of what the record has read. */
export function takeVerifier(after: LanguageMaterials | null, name: string): Edit {
  return ({ experiment, materials }) => {
    const taken = after?.verifiers?.[name];
    if (!materials || taken === undefined) return { experiment, materials };
    return { experiment, materials: { ...materials, verifiers: { ...materials.verifiers, [name]: taken } } };
  };
}

/** A judge's question, or a command's own files, that are others under the same names. */
export function listVerifierChanges(
  before: LanguageMaterials,
  after: LanguageMaterials,
  told: readonly FieldChange[],
): readonly FieldChange[] {
  return Object.entries(after.verifiers ?? {}).flatMap(([name, made]) => {
    const known = before.verifiers?.[name];
    const fields = [`verifiers.${name}`, ...madeOfFiles.map((setting) => `verifiers.${name}.${setting}`)];
    // Of the whole, or of the setting that names them.
    const isTold = told.some(({ field }) =>
      fields.some((own) => field === own || (own !== fields[0] && field.startsWith(`${own}.`))),
    );
    if (known === undefined || isTold) return [];
    const [old, now] = [computeKey(known), computeKey(made)];
    if (old === now) return [];
    return [{ field: `verifiers.${name}.sha256`, before: old, after: now, edit: takeVerifier(after, name) }];
  });
}
