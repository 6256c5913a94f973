// What a record says of the models that were asked over a network: which, where, how and what for. Keys are never told.

import type { RunRecord, TeacherRecord } from "../../domain/record.ts";
import type { LanguageExperiment, VerifierSettings } from "../experiment.ts";
import type { DeclaredEndpoint } from "../schema/endpoints.ts";
import type { ComposedSystem } from "./composed.ts";

/** The arms that begin with a hosted model, and with which. */
export function listTeachers({ arms, language }: LanguageExperiment): readonly TeacherRecord[] {
  return arms.flatMap(({ id, settings: { teacher } }) => {
    const model = teacher === null ? null : language.endpoints[teacher]?.model;
    return teacher !== null && model ? [{ arm: id, endpoint: teacher, model }] : [];
  });
}

/** Which models write without a prompt: the embedded model reads an article, whatever the one before it was asked. */
export function findUnprompted({ arms, language }: LanguageExperiment): RunRecord["unprompted"] {
  if (language.prompt !== "none" || arms.every(({ settings }) => settings.sample.accept === null)) return undefined;
  return language.trainer === "embedded" ? "teachers" : "all";
}

/** One fact for each endpoint that something asks. */
export function listEndpointFacts(experiment: LanguageExperiment): ComposedSystem["facts"] {
  return Object.entries(experiment.language.endpoints).flatMap(([name, declared]) => {
    const uses = listUses(name, experiment);
    if (uses.length === 0) return [];
    // A classifier is asked by neither chats nor completions.
    const isTalked = uses.some((use) => !use.startsWith(roleByKind.reward));
    return [{ name: `endpoint ${name}`, value: `${describe(declared, isTalked)}: ${uses.join(", ")}` }];
  });
}

/** `gpt-4o-mini at api.openai.com, asked as chat`. */
function describe({ model, revision, urls, ask }: DeclaredEndpoint, isTalked: boolean): string {
  const served = model === null ? "this run's own models" : model;
  const hosts = urls.length === 0 ? "served by the run itself" : `at ${urls.map(readHost).join(", ")}`;
  return `${served}${revision === null ? "" : ` (revision ${revision})`} ${hosts}${isTalked ? `, asked as ${ask}` : ""}`;
}

/** Of the address no more than the host: a path may name an account. */
function readHost(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** What an endpoint was asked for, most of what it did first. */
function listUses(name: string, { arms, language }: LanguageExperiment): readonly string[] {
  const isTeacher = arms.some(({ settings }) => settings.teacher === name);
  const verifiers = Object.entries(language.verifiers).flatMap(([verifier, settings]) =>
    "endpoint" in settings && settings.endpoint === name ? [`${roleByKind[settings.kind]} ${verifier}`] : [],
  );
  return [
    ...(isTeacher ? ["the model of generation 0"] : []),
    ...(language.endpoint === name ? ["draws and scores of the models that are trained"] : []),
    ...verifiers,
  ];
}

const roleByKind: Readonly<Record<Extract<VerifierSettings, { endpoint: string }>["kind"], string>> = {
  perplexity: "weak verifier",
  judge: "judge",
  reward: "reward model",
};
