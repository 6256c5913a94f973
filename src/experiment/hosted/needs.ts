// What open stages need of the world before any of them begins: the keys of the endpoints they ask and their proof, the
// variables and programs of their commands. Whoever has nothing left to ask or to start needs none of it.

import type { StageRequest } from "../../domain/records.ts";
import type { Shelf } from "../../domain/shelf.ts";
import { ConfigError } from "../../errors.ts";
import { createKeyProblem } from "../../providers/secret.ts";
import { checkCommand, type DeclaredCommand, findStarted, listMissing, type NamedParts } from "../commands/command.ts";
import type { ComposedSystem } from "../compose/composed.ts";
import type { LanguageExperiment } from "../experiment.ts";
import type { DeclaredEndpoint } from "../schema/endpoints.ts";
import { findAsked } from "./asked.ts";
import type { Endpoints, Hosting } from "./endpoints.ts";
import { hasRemaining } from "./remaining.ts";

export interface NeedParts extends NamedParts {
  readonly experiment: LanguageExperiment;
  readonly endpoints: Pick<Endpoints, "prove">;
  readonly shelf: Shelf;
  /** null where nothing is started or asked. */
  readonly hosting: Pick<Hosting, "readSecret"> | null;
}

/** An endpoint or a command, and the first stage that needs it. */
type Need = { readonly stage: string } & (
  | { readonly kind: "endpoint"; readonly endpoint: DeclaredEndpoint }
  | { readonly kind: "command"; readonly name: string }
);

export function createNeeds(parts: NeedParts): Required<Pick<ComposedSystem, "checkNeeds" | "proveEndpoints">> {
  return {
    async checkNeeds(stages) {
      await checkNeeds(await listNeeds(stages, parts, async () => true), parts);
    },
    async proveEndpoints(open, createContext) {
      const createLedger = (stage: string) => createContext(stage).ledger;
      const needs = await listNeeds(open, parts, (request) =>
        hasRemaining(request, { shelf: parts.shelf, createLedger }),
      );
      await checkNeeds(needs, parts);
      // The run's own models are there once they are trained, and are proved by the stages that ask them.
      const asked = needs.flatMap((need) =>
        need.kind === "endpoint" && need.endpoint.model !== null
          ? [{ endpoint: need.endpoint.name, stage: need.stage }]
          : [],
      );
      await parts.endpoints.prove(asked, createContext);
    },
  };
}

/** Everything that is needed, once each, in the order of the plan. */
async function listNeeds(
  open: readonly StageRequest[],
  parts: NeedParts,
  isLeft: (request: StageRequest) => Promise<boolean>,
): Promise<readonly Need[]> {
  const needs = new Map<string, Need>();
  for (const request of open) {
    const need = findNeed(request, parts);
    if (need === undefined) continue;
    const id = `${need.kind} ${need.kind === "endpoint" ? need.endpoint.name : need.name}`;
    if (!needs.has(id) && (await isLeft(request))) needs.set(id, need);
  }
  return [...needs.values()];
}

/** Whom a stage asks, or what it starts; undefined for work of this process alone. */
function findNeed({ key: stage, description }: StageRequest, parts: NeedParts): Need | undefined {
  const endpoint = findAsked(description, parts.experiment);
  if (endpoint !== undefined) return { kind: "endpoint", stage, endpoint };
  const name = findStarted(description, parts);
  return name === undefined ? undefined : { kind: "command", stage, name };
}

/** Throws all that is not set, and then the first program that could not be started. */
async function checkNeeds(needs: readonly Need[], parts: NeedParts): Promise<void> {
  const { experiment, materials, hosting } = parts;
  const read = hosting?.readSecret;
  const commands = needs.flatMap((need) => {
    const settings = need.kind === "command" ? experiment.language.verifiers[need.name] : undefined;
    if (need.kind !== "command" || settings?.kind !== "command") return [];
    const { name } = need;
    return [
      { name, settings, folder: experiment.folder, ...(read && { readVariable: read }) } satisfies DeclaredCommand,
    ];
  });
  const keyless = needs.flatMap((need) => {
    if (need.kind !== "endpoint") return [];
    const { name, key } = need.endpoint;
    return key === null || read?.(key) ? [] : [createKeyProblem(name, key)];
  });
  const problems = [...keyless, ...commands.flatMap(listMissing)];
  if (problems.length > 0) throw new ConfigError(problems);
  for (const command of commands) await checkCommand(command, materials[command.name]?.files ?? []);
}
