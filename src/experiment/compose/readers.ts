// Verifiers that read texts, as an experiment declares them: a hosted judge, a hosted reward model, a program of the
// user's. Everything that can change a score stands in their parameters.

import type { Row } from "../../domain/rows.ts";
import { ConfigError, VerifierError } from "../../errors.ts";
import type { Json } from "../../keys/canonical.ts";
import { createRunner } from "../../launchers/runner.ts";
import type { NamedVerifier } from "../../systems/language/settings.ts";
import { createJudgeTemplate, createRewardTemplate } from "../../systems/language/template.ts";
import { createCommandVerifier } from "../../verifiers/command.ts";
import { createJudge } from "../../verifiers/judge/judge.ts";
import { createRewardVerifier } from "../../verifiers/reward.ts";
import type { CommandSettings, JudgeSettings, RewardSettings } from "../experiment.ts";
import type { Endpoints, Hosting } from "../hosted/endpoints.ts";
import { type CommandFile, readCommandFiles, type VerifierMaterial } from "../verifier-files.ts";

export interface ReaderParts {
  readonly endpoints: Endpoints;
  /** The prompt of a row, as candidates were sampled from it. */
  readonly render: (row: Row) => string;
  readonly materials: Readonly<Record<string, VerifierMaterial>>;
  /** null where nothing is started or asked. */
  readonly hosting: Hosting | null;
  /** What the paths of a command are relative to. */
  readonly folder: string;
}

const plain = { auxiliary: null, isSeeded: false };

export function createHostedJudge(name: string, settings: JudgeSettings, parts: ReaderParts): NamedVerifier {
  const { endpoint, mode, reference: hasReference, canaries: canaryCount } = settings;
  const prompt = parts.materials[name]?.prompt;
  if (!prompt) throw new TypeError(`the judge ${name} needs its prompt`);
  const template = createJudgeTemplate(prompt.text, prompt.name, { mode, hasReference });
  const chat = parts.endpoints.chat(endpoint);
  return { ...plain, ...createJudge({ ...settings, chat, template, hasReference, canaryCount }) };
}

export function createReward(
  { kind, endpoint, label, text }: RewardSettings,
  { endpoints, render }: ReaderParts,
): NamedVerifier {
  const classifier = endpoints.classifier(endpoint);
  const template = createRewardTemplate(text, "text");
  return {
    ...plain,
    verifier: createRewardVerifier({
      classifier,
      label,
      render: (row, completion) => template.render({ prompt: render(row), article: row.article, completion }),
    }),
    parameters: { kind, endpoint: classifier.identity, classifier: classifier.version, label, text },
  };
}

/** Bytes of one answer of a program. */
const lineBytes = 1 << 20;

export function createCommand(name: string, settings: CommandSettings, parts: ReaderParts): NamedVerifier {
  const { kind, command, version, reference, window, programs, idleMs } = settings;
  const { hosting, folder } = parts;
  const files = parts.materials[name]?.files ?? [];
  const environment = hosting === null ? {} : readEnvironment(name, settings, hosting);
  const verifier = createCommandVerifier({
    runner: createRunner(),
    async prepare() {
      await checkFiles(name, { command, files, folder });
      return { argv: command as [string, ...string[]], folder, environment, idleMs, lineBytes };
    },
    render: parts.render,
    hasReference: reference,
    window,
    programCount: programs,
  });
  return { ...plain, verifier, parameters: { kind, command, version, reference, files } as unknown as Json };
}

/** What a program may need to find its way; keys are none of it. */
const ordinary = ["PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ"];

function readEnvironment(name: string, { env }: CommandSettings, { readSecret }: Hosting): Record<string, string> {
  const values = [...ordinary, ...env].map((variable) => [variable, readSecret?.(variable)] as const);
  const missing = env.filter((variable) => readSecret?.(variable) === undefined);
  if (missing.length > 0) {
    throw new ConfigError(
      missing.map((variable) => ({
        where: `verifiers.${name}.env`,
        what: `the environment variable ${variable} is not set`,
        next: `export ${variable} and start again`,
      })),
    );
  }
  return Object.fromEntries(values.flatMap(([variable, value]) => (value === undefined ? [] : [[variable, value]])));
}

interface Recorded {
  readonly command: readonly string[];
  readonly files: readonly CommandFile[];
  readonly folder: string;
}

/** A run that goes on by its record must not be scored by another program than it records. */
async function checkFiles(name: string, { command, files, folder }: Recorded): Promise<void> {
  const found = new Map((await readCommandFiles(command, folder)).map((file) => [file.name, file.sha256]));
  const changed = files.find((file) => found.get(file.name) !== file.sha256);
  if (changed === undefined) return;
  const isThere = found.has(changed.name);
  throw new VerifierError(
    `${changed.name} ${isThere ? "is another file than" : "is not there as"} when the run was recorded`,
    {
      where: `verifiers.${name}.command`,
      next: isThere
        ? "put it back, or run the experiment again to see what the change comes to"
        : "put it back and resume",
    },
  );
}
