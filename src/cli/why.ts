// refeed why: the whole ancestry of a training example, by its place in a corpus, by its own key, or by what it says.

import { basename, relative } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { UsageError } from "../errors.ts";
import { type Lineage, readLineage } from "../store/lineage/lineage.ts";
import type { FoundExample } from "../store/lineage/text-search.ts";
import type { Environment } from "./environment.ts";
import { findRun } from "./find-run.ts";
import { quote } from "./quote.ts";
import { createNames, isExampleName, type Names } from "./why-names.ts";
import { type Forms, readShownPrompt } from "./why-prompt.ts";
import { renderCorpus, renderExample, renderFound, renderOverview } from "./why-text.ts";

interface WhyFlags {
  readonly find?: string;
  readonly limit: number;
  readonly json?: true;
}

export function createWhyCommand(environment: Environment): Command {
  return new Command("why")
    .description("Show where a training example comes from: model, prompt, draw, scores, decision, and every ancestor.")
    .argument("[run]", "the run's folder (default: the latest below runs/)")
    .argument("[example]", "<arm>/<seed>/<generation>/<row>, or <stage>:<candidate>; without it: what there is")
    .option("--find <text>", "list examples that contain a text, whatever its case")
    .option("--limit <count>", "how many to list", parseCount, 10)
    .option("--json", "one JSON object")
    .action(async (run: string | undefined, example: string | undefined, flags: WhyFlags) => {
      if (flags.find !== undefined && example !== undefined) {
        throw new UsageError("--find lists examples; it goes with a run alone", { where: JSON.stringify(example) });
      }
      if (flags.find === "") throw new UsageError("names no text", { where: "--find" });
      const asked = await findAsked(run, example, environment);
      const shown = relative(environment.cwd, asked.directory) || ".";
      // Loaded for whoever asks: it brings the template language along.
      const forms = await import("../systems/language/template.ts");
      const text = readLineage(asked.directory, (lineage) => {
        if (lineage.turns.length === 0) throw createNoExamples(shown);
        const command = `${environment.command} why ${quote(shown)}`;
        return tell(lineage, {
          ...flags,
          example: asked.example,
          run: basename(asked.directory),
          command,
          forms,
        });
      });
      environment.stdout.write(text);
    });
}

/** One argument may be either: what is no run and reads like an example is one of the latest run. */
async function findAsked(run: string | undefined, example: string | undefined, environment: Environment) {
  try {
    return { directory: await findRun(run, environment), example };
  } catch (error) {
    if (!(error instanceof UsageError) || example !== undefined || run === undefined || !isExampleName(run))
      throw error;
    return { directory: await findRun(undefined, environment), example: run };
  }
}

function createNoExamples(run: string): UsageError {
  return new UsageError(
    "keeps no examples: its system simulates every trial as a whole and stores measurements alone",
    {
      where: run,
      next: "ask for a run of a language experiment, see refeed list",
    },
  );
}

interface Asked extends WhyFlags {
  readonly forms: Forms;
  readonly run: string;
  readonly example: string | undefined;
  /** What to type for more. */
  readonly command: string;
}

function tell(lineage: Lineage, asked: Asked): string {
  const names = createNames(lineage);
  const { run, command } = asked;
  const finish = (value: object, render: () => string): string =>
    asked.json ? `${JSON.stringify({ run, ...value })}\n` : render();
  if (asked.find !== undefined) {
    const found = take(lineage.search(asked.find), asked.limit);
    const examples = found.items.map((item) => ({ name: nameFound(item, names), ...item }));
    return finish({ find: asked.find, examples, hasMore: found.hasMore }, () => renderFound(examples, found.hasMore));
  }
  if (asked.example === undefined) {
    const overview = readOverview(lineage, names);
    return finish(overview, () => renderOverview({ ...overview, command, limit: asked.limit }));
  }
  const name = names.read(asked.example);
  if (name.kind === "corpus") {
    const story = { name: asked.example, ...lineage.readCorpus(name.turn) };
    return finish(story, () => renderCorpus(story, command));
  }
  const shown = readShownPrompt(name.story, lineage.asked, asked.forms);
  const story = { name: asked.example, ...name.story, ...shown };
  return finish(story, () => renderExample(story, names));
}

/** Every corpus, and a few examples to begin with. */
function readOverview(lineage: Lineage, names: Names) {
  const corpora = lineage.turns.map((turn) => {
    const { state, rows, real, depths } = lineage.readCorpus(turn).corpus;
    const { arm, seed, generation } = turn;
    return { arm, seed, generation, state, rows, real, depths };
  });
  const examples: string[] = [];
  const last = corpora.findLast(({ rows }) => rows > 0);
  if (last) examples.push(`${last.arm}/${last.seed}/${last.generation}/${last.rows - 1}`);
  const rejected = lineage.findRejected();
  if (rejected) examples.push(names.nameCandidate(rejected.stage, rejected.id));
  return { corpora, examples };
}

/** What can be asked for next: a row by its place, else a candidate by its key. */
function nameFound(found: FoundExample, names: Names): string | null {
  if (found.kind === "synthetic") return names.nameCandidate(found.stage, found.id);
  return found.use && names.nameUse(found.use);
}

function take<Item>(
  items: Iterable<Item>,
  limit: number,
): { readonly items: readonly Item[]; readonly hasMore: boolean } {
  const taken: Item[] = [];
  for (const item of items) {
    if (taken.length === limit) return { items: taken, hasMore: true };
    taken.push(item);
  }
  return { items: taken, hasMore: false };
}

function parseCount(value: string): number {
  if (!/^[1-9]\d{0,6}$/.test(value)) throw new InvalidArgumentError("It must be a whole number from 1.");
  return Number(value);
}
