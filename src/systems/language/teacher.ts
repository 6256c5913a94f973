// A hosted model that generation 0 is as it stands. Nothing is trained: its train stage keeps what the model is, so that
// it has a lineage like any other, and whatever is asked of this generation is asked of its endpoint.

import { open } from "node:fs/promises";
import { renderCanonical } from "../../keys/canonical.ts";
import type { Form, LanguageParts, LanguageSettings, Teacher } from "./settings.ts";
import { createPromptForm } from "./template.ts";
import type { ModelValue, Work } from "./work.ts";

/** Raised by hand when the same identity would be kept in another way. */
export const teacherVersion = 1;

interface Place {
  readonly arm: { readonly settings: LanguageSettings };
  readonly generation: number;
}

/** The teacher that a turn's model is; undefined where the model is trained. */
export function findTeacher(parts: LanguageParts, { arm, generation }: Place): Teacher | undefined {
  const { teacher } = arm.settings;
  return generation === 0 && teacher !== null ? parts.teachers[teacher] : undefined;
}

/** Who samples and scores under a turn's model. */
export function findProviders(parts: LanguageParts, turn: Place): Pick<LanguageParts, "sampler" | "scorer"> {
  return findTeacher(parts, turn) ?? parts;
}

/** How a turn's model meets rows, as far as it is asked or scored. */
export function findForm(parts: LanguageParts, turn: Place): Form {
  return parts.unprompted && findTeacher(parts, turn) ? parts.unprompted.form : findTrainedForm(parts);
}

/** How models meet rows that are trained here. */
export function findTrainedForm({ unprompted, template }: LanguageParts): Form {
  return unprompted?.who === "all" ? unprompted.form : createPromptForm(template);
}

/** The train stage of a teacher. */
export async function adoptTeacher({ context, parts }: Work, { identity }: Teacher): Promise<ModelValue> {
  const file = await parts.shelf.createDraft(context.key);
  const draft = await open(file, "wx", 0o600);
  try {
    // Its digest is that of the identity itself.
    await draft.writeFile(renderCanonical({ endpoint: identity }));
  } finally {
    await draft.close();
  }
  const { digest } = await parts.shelf.writeModel(context.key, file);
  return { sha256: digest, rows: 0, steps: 0, tokens: 0, loss: null };
}
