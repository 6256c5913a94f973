// What a run of an experiment reads, writes, starts and asks, told before anything of it runs: the file may be somebody
// else's. It knows what a part of the experiment is, and nothing of how it runs.

import { resolve } from "node:path";
import { type Experiment, type LanguageExperiment, listEndpoints } from "../experiment/experiment.ts";
import { listUnpriced } from "../experiment/schema/endpoints.ts";
import { renderCommand } from "../text/input/shown-command.ts";
import { renderPath } from "../text/input/shown-path.ts";
import { renderVisibleLine } from "../text/visible.ts";

/** Four lines, one more where something is asked outside, and one more for each further command. */
export function renderTouched(experiment: Experiment, { cwd, directory }: { cwd: string; directory: string }): string {
  const show = (path: string): string => renderPath(path, cwd);
  const books = listBooks(experiment);
  const reads = experiment.system === "language" ? listFiles(experiment).map(show) : [];
  return [
    `reads   ${reads.length > 0 ? reads.join(", ") : "no file but the experiment's own"}`,
    `writes  ${[directory, ...books].map(show).join(" and ")}, and nothing outside of ${books.length > 0 ? "them" : "it"}`,
    ...listStarted(experiment),
    ...listAsked(experiment),
  ]
    .map((line) => `${renderVisibleLine(line)}\n`)
    .join("");
}

/** The programs it starts, and what they may see of the environment. */
export function listStarted(experiment: Experiment): readonly string[] {
  const verifiers = experiment.system === "language" ? Object.entries(experiment.language.verifiers) : [];
  const lines = verifiers.flatMap(([name, settings]) => {
    if (settings.kind !== "command") return [];
    const seen = settings.env.length > 0 ? `, which may see ${settings.env.join(", ")}` : "";
    return [`starts  ${renderCommand(settings.command)} (verifier ${name}${seen}) in ${experiment.folder}`];
  });
  return lines.length > 0 ? lines : ["starts  no command"];
}

/** The servers an experiment asks, the variables their keys come from, and what it may spend there. */
function listAsked(experiment: Experiment): readonly string[] {
  const endpoints = listEndpoints(experiment);
  if (endpoints.length === 0) return ["asks    no host"];
  const asked = endpoints.map(({ name, urls, key }) => {
    const servers = urls.length > 0 ? urls.map((url) => new URL(url).host).join(", ") : "this run's own server";
    return `${servers} (endpoint ${name}${key === null ? "" : `, its key from ${key}`})`;
  });
  const { usd, requests, tokens } = experiment.budget;
  const caps = [
    usd === null ? [] : `$${usd}`,
    requests === null ? [] : `${requests} requests`,
    tokens === null ? [] : `${tokens} tokens`,
  ].flat();
  const unknown = experiment.system === "language" ? listUnpriced(experiment.language.endpoints) : [];
  const price = unknown.length === 0 ? "" : `; what ${unknown.join(", ")} costs is not known`;
  return [
    `asks    ${asked.join("; ")}`,
    `spends  ${caps.length > 0 ? `at most ${caps.join(", ")}` : "as much as it takes: no budget is set"}${price}`,
  ];
}

/** Files of the user's; what comes with the package is not told. */
function listFiles({ folder, language: { dataset, prompt, base, verifiers } }: LanguageExperiment): readonly string[] {
  const judged = Object.values(verifiers).flatMap((settings) => (settings.kind === "judge" ? [settings.prompt] : []));
  return [
    ...judged.filter((name) => name.includes("/")).map((name) => resolve(folder, name)),
    ...(dataset.kind === "file" ? [resolve(folder, dataset.file)] : []),
    ...(dataset.kind === "hub" ? [`hub:${dataset.hub} as it was pulled`] : []),
    ...(prompt.includes("/") ? [resolve(folder, prompt)] : []),
    ...(base.startsWith("embedded:") || base === "scripted" ? [] : [resolve(base)]),
  ];
}

/** A scripted provider keeps its books where it is told. */
function listBooks(experiment: Experiment): readonly string[] {
  const script = experiment.system === "language" ? experiment.language.script : null;
  return script?.folder ? [resolve(experiment.folder, script.folder)] : [];
}
