// The lineage of an example as text for people. Whatever a model or a dataset said stays on its line and is obeyed by
// no terminal; long texts are cut, --json has them whole.

import type { Json } from "../keys/canonical.ts";
import { renderNumber } from "../report/numbers.ts";
import { renderTextTable } from "../report/tables/text-table.ts";
import type { CorpusStory, ModelStory } from "../store/lineage/ancestry.ts";
import type { DecisionStory, ScoreStory } from "../store/lineage/examples.ts";
import { type ExampleStory, namedUses } from "../store/lineage/lineage.ts";
import { type Place, renderPlace } from "../store/lineage/stage-graph.ts";
import type { FoundExample } from "../store/lineage/text-search.ts";
import { renderCommand } from "../text/input/shown-command.ts";
import { renderVisibleLine } from "../text/visible.ts";
import { type Names, nameUse } from "./why-names.ts";
import type { ShownPrompt } from "./why-prompt.ts";

type Named<Story> = Story & { readonly name: string };

const longestText = 400;
const listedPlaces = 3;

export function renderExample(story: Named<ExampleStory> & ShownPrompt, names: Names): string {
  const { candidate, models, row } = story;
  const asked: [string, string][] = [
    ...(story.system === null ? [] : [["system", story.system] satisfies [string, string]]),
    ...(story.prompt === null || story.prompt === row.article
      ? []
      : [["as asked", story.prompt === "" ? "(nothing: an empty prompt)" : story.prompt] satisfies [string, string]]),
  ];
  const facts: [string, string][] = candidate
    ? [
        ["prompt", `row ${row.position} of the ${row.split} split, ${row.id}`],
        ["article", candidate.article ?? row.article],
        ...asked,
        ["written", candidate.completion === "" ? "(nothing)" : candidate.completion],
        ["by", `model ${models[0]?.generation} (${shorten(models[0]?.stage)}), ${renderDraw(candidate)}`],
        ["candidate", `${names.nameCandidate(candidate.stage, candidate.id)}, ${renderAttempt(candidate.attempt)}`],
        // The row's reference says nothing of an article that is another one.
        ...(candidate.article === null ? [["real", row.summary] satisfies [string, string]] : []),
      ]
    : [
        ["row", `${row.position} of the ${row.split} split, ${row.id}`],
        ["article", row.article],
        ...asked,
        ["real", row.summary],
      ];
  const width = Math.max(...facts.map(([label]) => label.length));
  const lines = facts.map(([label, text]) => `${label.padEnd(width)}  ${renderCut(text)}`);
  return [
    `${renderVisibleLine(story.name)}: ${renderHeadline(story)}`,
    "",
    ...lines,
    ...(candidate ? ["", ...renderJudgement(story)] : []),
    ...(story.uses.length > 0 ? ["", renderUses(story)] : []),
    ...(models.length > 0 ? ["", "behind it, the newest first", renderModels(models)] : []),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

/** What it is, in one sentence. */
function renderHeadline({ place, depth, candidate, row, decisions, uses }: ExampleStory): string {
  const ancestors = depth === 0 ? "real, no synthetic ancestor" : `synthetic, ${count(depth, "synthetic ancestor")}`;
  if (place) return `row ${place.row} of the ${place.rows} that model ${place.generation} is trained on; ${ancestors}`;
  if (candidate && row.split !== "train") return `an answer to the ${row.split} split, for measuring; ${ancestors}`;
  if (uses.length > 0) return `kept and trained on; ${ancestors}`;
  if (decisions.some(({ rank }) => rank !== null)) return `kept, in no corpus; ${ancestors}`;
  if (decisions.length === 0 || decisions.every(({ reason }) => reason === null))
    return `not selected from yet; ${ancestors}`;
  return `rejected, never trained on; ${ancestors}`;
}

function renderDraw(candidate: NonNullable<ExampleStory["candidate"]>): string {
  const { draw, finish, reason, tokens, logProbability, sampling } = candidate;
  const { temperature } = (sampling ?? {}) as { readonly temperature?: Json };
  const drawn = `draw ${draw}${temperature === undefined ? "" : ` at temperature ${JSON.stringify(temperature)}`}`;
  const parts = [drawn, `finish ${finish}${reason === null ? "" : ` (${reason})`}`, count(tokens, "token")];
  if (logProbability !== null) parts.push(`log-probability ${renderNumber(logProbability)}`);
  return parts.join(", ");
}

function renderAttempt({
  key,
  state,
  rows,
  tries,
  repeats,
  usd,
  possiblyPaidUsd,
}: NonNullable<ExampleStory["candidate"]>["attempt"]): string {
  const more = possiblyPaidUsd > 0 ? ` (at most ${possiblyPaidUsd} USD more)` : "";
  const twice = repeats > 0 ? `, ${repeats} possibly paid twice${more}` : "";
  return `attempt ${key}: ${state}, ${count(rows, "candidate")}, ${count(tries, "try", "tries")}, ${usd} USD${twice}`;
}

/** Scores and decisions. */
function renderJudgement({ scores, decisions, selection }: ExampleStory): readonly string[] {
  const scored = scores.map((score) => [
    renderVerifier(score),
    renderScore(score),
    score.reason ?? "",
    score.model === null ? "" : `under model ${shorten(score.model)}`,
  ]);
  const decided = decisions.map((decision) => [
    renderPlaces(decision.places),
    decision.rank !== null ? "kept" : decision.reason === null ? "not yet" : "rejected",
    decision.reason ?? "",
    decision.rank === null ? "" : `${decision.rank} of ${decision.kept}`,
    decision.candidates === null ? "" : String(decision.candidates),
    renderBasis(decision, scores),
    decision.stage === selection ? "brought it here" : "",
  ]);
  return [
    ...(scored.length > 0 ? [renderTextTable(["verifier", "score", "reason", ""], scored)] : ["scores: none"]),
    ...(decided.length > 0
      ? [renderTextTable(["selection for", "decision", "reason", "rank from 0", "candidates", "by", ""], decided)]
      : ["selection: none"]),
  ];
}

function renderUses({ uses }: ExampleStory): string {
  const named = uses.map(nameUse).map(renderVisibleLine).join(", ");
  return `trained on as ${named}${uses.length === namedUses ? ", .." : ""}`;
}

/** What tells verifiers apart for a reader; all that can change a score is in --json. */
const toldFields = ["metric", "stem", "mode", "against", "label"] as const;

/** `oracle (metric rouge1, stem false)`, `pairs: judge (endpoint mine, mode pairwise, against draws)`. */
function renderVerifier({ names, verifier }: Pick<ScoreStory, "names" | "verifier">): string {
  const { kind = "verifier", endpoint, command, ...rest } = (verifier ?? {}) as VerifierFields;
  const details = [
    ...(endpoint?.name === undefined ? [] : [`endpoint ${endpoint.name}`]),
    ...toldFields.flatMap((field) => ((rest[field] ?? null) === null ? [] : [`${field} ${String(rest[field])}`])),
    ...(command === undefined ? [] : [renderCommand(command)]),
  ];
  const name = names.length === 0 || names.join() === kind ? kind : `${names.join(", ")}: ${kind}`;
  return `${name}${details.length > 0 ? ` (${details.join(", ")})` : ""}`;
}

interface VerifierFields extends Partial<Readonly<Record<(typeof toldFields)[number], unknown>>> {
  readonly kind?: string;
  readonly endpoint?: { readonly name?: string };
  readonly command?: readonly string[];
}

function renderScore({ isScored, score }: ScoreStory): string {
  if (!isScored) return "not yet";
  return score === null ? "unscorable" : renderNumber(score);
}

function renderBasis({ scores: key }: DecisionStory, scores: readonly ScoreStory[]): string {
  const score = scores.find(({ stage }) => stage === key);
  if (!score) return "no verifier";
  return score.names.length > 0 ? score.names.join(", ") : renderVerifier(score);
}

function renderModels(models: readonly ModelStory[]): string {
  const rows = models.map(({ generation, stage, state, corpus, base, start, artifact }) => [
    String(generation),
    shorten(stage),
    artifact?.state ?? state,
    start !== null ? `model ${shorten(start)}` : corpus === null ? "hosted as it stands" : `base ${shorten(base)}`,
    corpus === null ? "nothing of this run" : renderSources(corpus),
  ]);
  return renderTextTable(["generation", "model", "file", "from", "trained on"], rows);
}

/** `300 rows: 60 real, 240 by model 0`. */
function renderSources({ rows, real, written, state }: CorpusStory): string {
  if (rows === 0) return state === "done" ? "no rows" : "not assembled yet";
  const parts = [
    ...(real > 0 ? [`${real} real`] : []),
    ...written.map((one) => `${one.rows} by model ${one.generation}`),
  ];
  return `${count(rows, "row")}: ${parts.join(", ")}`;
}

export function renderCorpus(
  { name, corpus, models }: Named<{ readonly corpus: CorpusStory; readonly models: readonly ModelStory[] }>,
  command: string,
): string {
  const depths = corpus.depths.map(({ depth, rows }) => [String(depth), String(rows), renderShare(rows, corpus.rows)]);
  return [
    `${renderVisibleLine(name)}: what model ${models[0]?.generation} is trained on, ${renderSources(corpus)}`,
    "",
    ...(depths.length > 0 ? [renderTextTable(["synthetic ancestors", "rows", "share"], depths)] : []),
    "models, the newest first",
    renderModels(models),
    ...(corpus.rows > 0 ? [`a row of it: ${command} ${renderVisibleLine(name)}/0 (to ${corpus.rows - 1})`, ""] : []),
  ].join("\n");
}

type Overview = {
  readonly corpora: readonly (Place & Pick<CorpusStory, "state" | "rows" | "real">)[];
  readonly examples: readonly string[];
  readonly command: string;
  readonly limit: number;
};

/** How to name an example, the corpora there are, and what to type to begin with. */
export function renderOverview({ corpora, examples, command, limit }: Overview): string {
  const rows = corpora
    .slice(0, limit)
    .map((corpus) => [renderPlace(corpus), String(corpus.rows), String(corpus.real), corpus.state]);
  const rest = corpora.length - rows.length;
  return [
    "Name an example as",
    "  <arm>/<seed>/<generation>/<row>  a row of the corpus that this generation's model is trained on, from 0",
    "  <arm>/<seed>/<generation>        that corpus as a whole",
    "  <stage>:<candidate>              what a model wrote, kept or not: a sample stage's key or its start, and an id",
    '  --find "text"                    examples that contain it, with their names',
    "",
    renderTextTable(["corpus", "rows", "real", "state"], rows) +
      (rest > 0 ? `and ${rest} more; --limit shows them\n` : ""),
    ...examples.map((example) => `${command} ${renderVisibleLine(example)}`),
    "",
  ].join("\n");
}

export function renderFound(
  found: readonly (FoundExample & { readonly name: string | null })[],
  hasMore: boolean,
): string {
  if (found.length === 0) return "no example contains it\n";
  const rows = found.map(({ name, use, prompt, kind, text }) => [
    name ?? "(a prompt only)",
    use ? nameUse(use) : "",
    kind,
    prompt,
    renderCut(text, 100),
  ]);
  return (
    renderTextTable(["example", "trained on as", "", "prompt", "text"], rows) +
    (hasMore ? `the first ${found.length}; --limit shows more\n` : "")
  );
}

function renderPlaces(places: readonly Place[]): string {
  if (places.length === 0) return "nobody any more (stale)";
  const more = places.length - listedPlaces;
  return places.slice(0, listedPlaces).map(renderPlace).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function renderShare(rows: number, total: number): string {
  return `${renderNumber((100 * rows) / total, 1)} %`;
}

/** One line; never cut between the halves of a character beyond the basic plane. */
function renderCut(text: string, longest = longestText): string {
  if (text.length <= longest) return renderVisibleLine(text);
  return renderVisibleLine(`${text.slice(0, longest).toWellFormed()} .. (${text.length - longest} characters more)`);
}

function shorten(key: string | undefined): string {
  return (key ?? "").slice(0, 12);
}

function count(number: number, noun: string, nouns = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : nouns}`;
}
