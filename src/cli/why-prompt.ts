// The prompt of an example as it was sent: rendered, and with what the endpoint that was asked puts around it.

import type { Asked } from "../store/lineage/asked.ts";
import type { ExampleStory } from "../store/lineage/lineage.ts";

/** Handed in, since they bring the template language along. */
export interface Forms {
  readonly createTemplate: (
    text: string,
    where: string,
  ) => { readonly digest: string; render(row: ExampleStory["row"]): string };
  readonly createTextForm: (form: Asked["forms"][number]) => { readonly digest: string };
}

export interface ShownPrompt {
  /** Null where the run has another template by now. */
  readonly prompt: string | null;
  /** The system message before it; null for none. */
  readonly system: string | null;
}

/** What the model was shown; of a real row, what models are shown of it. */
export function readShownPrompt(
  { row, candidate, models }: ExampleStory,
  record: Asked,
  { createTemplate, createTextForm }: Forms,
): ShownPrompt {
  const dress = candidate === null ? null : record.readDress(models[0]);
  const system = dress?.ask === "chat" ? dress.system : null;
  const { template: digest } = (candidate?.sampling ?? {}) as { readonly template?: string };
  const read = (): string | null => {
    if (candidate !== null && record.forms.some((form) => createTextForm(form).digest === digest)) return "";
    const template = record.template === null ? null : createTemplate(record.template, "the run's template");
    return template && (candidate === null || digest === template.digest) ? template.render(row) : null;
  };
  const text = read();
  return { prompt: text === null ? null : `${dress?.before ?? ""}${text}${dress?.after ?? ""}`, system };
}
