// The commands of an experiment as doctor looks at them: whether each could be started as a run would, and what it is to see
// of the environment. Nothing is started.

import { type DeclaredCommand, findCommand, listMissing, placeOf } from "../experiment/commands/command.ts";
import type { PreparedExperiment } from "../experiment/prepare.ts";
import { createOk, createProblem, type Finding } from "../store/inspection/finding.ts";
import type { Environment } from "./environment.ts";

export interface CommandLook {
  readonly subject: string;
  readonly findings: AsyncIterable<Finding>;
}

export function* lookAtCommands(
  { experiment }: PreparedExperiment,
  { variables }: Environment,
): Generator<CommandLook> {
  const verifiers = experiment.system === "language" ? Object.entries(experiment.language.verifiers) : [];
  for (const [name, settings] of verifiers) {
    if (settings.kind !== "command") continue;
    const declared = {
      name,
      settings,
      folder: experiment.folder,
      readVariable: (variable: string) => variables[variable],
    };
    yield { subject: `verifier ${name}`, findings: inspectCommand(declared) };
  }
}

async function* inspectCommand(declared: DeclaredCommand): AsyncGenerator<Finding> {
  const found = await findCommand(declared);
  if (found.kind === "found") yield createOk("program", found.path);
  else {
    const { what, next } = found;
    yield createProblem("program", { what, where: placeOf(declared), next: `${next}, and ask doctor again` });
  }
  const { env } = declared.settings;
  const missing = listMissing(declared);
  for (const { what, where } of missing) {
    yield createProblem("variables", { what, where, next: "export it and ask doctor again" });
  }
  if (env.length > 0 && missing.length === 0) yield createOk("variables", `${env.join(", ")} set`);
}
