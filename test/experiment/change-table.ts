// What every field of an experiment file changes: one row a field, and one for every value of a field with choices.
// Places are "arms kind:detail generations"; A is the first arm and B the second, of which B is verified by a weak model.

import { lintNames } from "../../src/evaluation/lint/checks.ts";
import { createAcceptRows } from "./change-accept.ts";
import { createEndpointRows } from "./change-endpoints.ts";
import { createVerifierRows } from "./change-verifiers.ts";

export interface ChangeRow {
  readonly system: "language" | "gaussian";
  /** As the schema has it: `*` for a name of the user's, `[]` for an item of a list. */
  readonly path: string;
  /** Where the value is put, if not at the path itself. */
  readonly at?: string;
  /** What holds before and after. */
  readonly with?: readonly string[];
  /** The new value, YAML. */
  readonly to: string;
  /** Finished stages whose key is another one now. Exactly these. */
  readonly stale?: readonly string[];
  readonly added?: readonly string[];
  readonly dropped?: readonly string[];
  /** Why the field cannot take another value while everything else stays. */
  readonly refused?: RegExp;
}

export const bases = {
  language: `dataset: { name: newswire, train: 40, test: 12 }
generations: 2
real: 50%
verifiers:
  weak: { kind: perplexity, model: { real: 25% } }
  sharp: { kind: oracle, metric: rouge2 }
arms:
  - { verifier: none }
  - { verifier: weak, select.keep: 50% }
evaluate: { metrics: [rouge1, loss, diversity] }
scales: { tiny: { dataset.train: 20 } }
lines: { full: { real: 100%, generations: 0 } }
`,
  gaussian: `system: { kind: gaussian }
generations: 2
arms: { corpus: [replace, accumulate] }
scales: { tiny: { generations: 1 } }
lines: { start: { generations: 0 } }
`,
} as const;

type Places = readonly string[];

/** Models and what is measured of them. */
const models = (arms: string, generations: string): Places =>
  ["train", "evaluate:*", "sample:answers", "sample:samples"].map((kind) => `${arms} ${kind} ${generations}`);
const scores = (arms: string, generations: string): Places =>
  arms.includes("B") ? [`B verify:perplexity ${generations}`] : [];
/** Everything that comes of another selection at generation 0, and so on up the loop. */
const fromTrain1 = (arms: string): Places => [
  ...models(arms, "1-2"),
  `${arms} sample:candidates 1`,
  ...scores(arms, "1"),
  `${arms} select 1`,
  `${arms} assemble 2`,
];
const fromSelect0 = (arms: string): Places => [`${arms} select 0`, `${arms} assemble 1`, ...fromTrain1(arms)];
const fromVerify0 = (arms: string): Places => [...scores(arms, "0"), ...fromSelect0(arms)];
const fromCandidates0 = (arms: string): Places => [`${arms} sample:candidates 0`, ...fromVerify0(arms)];
const fromTrain0 = (arms: string): Places => [...models(arms, "0"), ...fromCandidates0(arms)];
const fromReal = (arms: string): Places => [`${arms} assemble:real 0-2`, ...fromTrain0(arms)];
/** The line is trained once, on all real rows. */
const lineFromTrain: Places = models("L", "0");
const line: Places = ["L assemble:real 0", ...lineFromTrain];
const weak: Places = ["B assemble:weak 0", "B train:weak 0"];
/** Whatever a model is trained by, the real rows of generation 0 are the same. */
const allTraining: Places = [...fromTrain0("AB"), ...lineFromTrain, "B train:weak 0"];
const answers: Places = [
  "AB sample:answers 0-2",
  "AB evaluate:rouge1 0-2",
  "L sample:answers 0",
  "L evaluate:rouge1 0",
];
const samples: Places = [
  "AB sample:samples 0-2",
  "AB evaluate:diversity 0-2",
  "L sample:samples 0",
  "L evaluate:diversity 0",
];
const everything: Places = [...fromReal("AB"), ...line, ...weak];
const trials: Places = ["AB trial 2", "L trial 0"];

const language = (path: string, to: string, row: Partial<ChangeRow> = {}): ChangeRow => ({
  system: "language",
  path,
  to,
  ...row,
});
const gaussian = (path: string, to: string, row: Partial<ChangeRow> = {}): ChangeRow => ({
  system: "gaussian",
  path,
  to,
  ...row,
});
/** A row for both systems that changes no stage of either. */
const neither = (path: string, to: string, row: Partial<ChangeRow> = {}): readonly ChangeRow[] => [
  language(path, to, row),
  gaussian(path, to, row),
];

const gate = {
  language: ['gates=[{ metric: rouge1, arm: none-100, generation: 0, op: ">", value: 0 }]'],
  gaussian: ['gates=[{ metric: traceRatio, arm: replace, generation: 0, op: ">", value: 0 }]'],
} as const;
const gated = (system: "language" | "gaussian", key: string, to: string): ChangeRow => ({
  system,
  path: `gates[].${key}`,
  at: `gates.0.${key}`,
  with: key === "op" && to === '">"' ? [gate[system][0].replace(">", "<")] : gate[system],
  to,
});

const scripted = ["model.trainer=scripted"];
/** What a script answers is part of its base model; what it costs and how calls fail changes no output. */
const scriptRows: readonly ChangeRow[] = [
  language("model.script", "{ words: 3 }", { with: scripted, stale: allTraining }),
  language("model.script.words", "3", { with: scripted, stale: allTraining }),
  language("model.script.logProbabilities", "false", { with: scripted, stale: allTraining }),
  language("model.script.dialogue", "0.5", { with: scripted, stale: allTraining }),
  language("model.script.folder", "./books", { with: scripted }),
  language("model.script.price", "0.1", { with: scripted }),
  language("model.script.delayMs", "5", { with: scripted }),
  language("model.script.width", "2", { with: scripted }),
  language("model.script.answers", "{ refused: 0.1 }", { with: scripted, stale: allTraining }),
  ...["refused", "truncated", "empty"].map((fault) =>
    language(`model.script.answers.${fault}`, "0.1", { with: scripted, stale: allTraining }),
  ),
  language("model.script.calls", "{ busy: 0.1 }", { with: scripted }),
  ...["busy", "lost", "rejected"].map((fault) => language(`model.script.calls.${fault}`, "0.1", { with: scripted })),
];

const frame: readonly ChangeRow[] = [
  ...neither("schema", "1"),
  ...neither("schema", "2", { refused: /must be 1/ }),
  ...neither("name", "other"),
  ...neither("workers", "3"),
  language("keepModels", "all", { with: ["keepModels=last"] }),
  language("keepModels", "last"),
  language("keepModels", "none"),
  ...neither("budget", "{ usd: 1 }"),
  ...["usd", "requests", "tokens"].flatMap((unit) => neither(`budget.${unit}`, "7")),
  ...neither("scales", "{ other: { generations: 7 } }"),
  ...neither("scales.*.*", "0", { at: "scales.tiny.generations" }),
  ...neither("scales.*", "{ generations: 0 }", { at: "scales.tiny" }),
  language("gates", "[]", { with: gate.language }),
  gaussian("gates", "[]", { with: gate.gaussian }),
  gated("language", "metric", "loss"),
  gated("gaussian", "metric", "meanError"),
  gated("language", "arm", "full"),
  gated("gaussian", "arm", "accumulate"),
  ...(["language", "gaussian"] as const).flatMap((system) => [
    gated(system, "generation", "1"),
    ...["<", "<=", ">", ">="].map((op) => gated(system, "op", `"${op}"`)),
    gated(system, "value", "0.5"),
  ]),
  language("generations", "3", {
    added: [
      "AB assemble:real 3",
      "AB assemble 3",
      "AB train 3",
      "AB evaluate:* 3",
      "AB sample:answers 3",
      "AB sample:samples 3",
      "AB sample:candidates 2",
      "B verify:perplexity 2",
      "AB select 2",
    ],
  }),
  gaussian("generations", "3", { added: ["AB trial 3"], dropped: ["AB trial 2"] }),
  language("arms", "[{ verifier: none }]", { dropped: [...fromReal("B"), ...weak] }),
  gaussian("arms", "{ corpus: [replace] }", { dropped: ["B trial 2"] }),
  language("arms.*", "25%", { at: "arms.1.select.keep", stale: fromSelect0("B") }),
  language("arms[].*", "self", { at: "arms.0.verifier", added: ["A verify:self 0-1"], stale: fromSelect0("A") }),
  gaussian("arms[].*", "mix", { at: "arms.0.corpus", with: ["arms=[{}]"], refused: /corpus.share is missing/ }),
  gaussian("arms.*", "[replace, other]", { at: "arms.corpus", refused: /must be one of replace/ }),
  language("lines", "{}", { dropped: line }),
  gaussian("lines", "{}", { dropped: ["L trial 0"] }),
  language("lines.*", "{ real: 75%, generations: 0 }", { at: "lines.full", stale: line }),
  language("lines.*.*", "75%", { at: "lines.full.real", stale: line }),
  gaussian("lines.*.*", "1", { at: "lines.start.generations", added: ["L trial 1"], dropped: ["L trial 0"] }),
  gaussian("lines.*", "{ generations: 1 }", { at: "lines.start", added: ["L trial 1"], dropped: ["L trial 0"] }),
];

// Trials stand by the position of their seed.
const everySeeded: Places = everything.filter((place) => place !== "L assemble:real 0");
const oracleScores: Places = ["B verify:oracle 0-1"];
const oneMore = { with: ["seeds=[0]"] } as const;

const seeds: readonly ChangeRow[] = [
  language("seeds", "[1]", { ...oneMore, stale: everySeeded }),
  gaussian("seeds", "[1]", { ...oneMore, stale: trials }),
  language("seeds.count", "1", { with: ["seeds={count: 1, first: 0}"] }),
  gaussian("seeds.count", "1", { with: ["seeds={count: 1, first: 0}"] }),
  language("seeds.first", "1", { with: ["seeds={count: 1, first: 0}"], stale: everySeeded }),
  gaussian("seeds.first", "1", { with: ["seeds={count: 1, first: 0}"], stale: trials }),
];

const file = ["dataset={file: rows.jsonl}"];
const hub = ["dataset={hub: org/rows}"];
const dataset: readonly ChangeRow[] = [
  // The same rows from elsewhere are the same rows.
  language("dataset", "{ file: copy.jsonl }", { with: file }),
  language("dataset.name", "newswire"),
  language("dataset.train", "41", { stale: [...fromReal("AB"), ...line, ...weak] }),
  language("dataset.train", "20", { with: [...file, "dataset.train=30"], stale: everything }),
  language("dataset.test", "13", { stale: [...answers, ...samples, "ABL evaluate:loss 0-2"] }),
  language("dataset.test", "3", {
    with: [...file, "dataset.test=4"],
    stale: [...answers, ...samples, "ABL evaluate:loss 0-2"],
  }),
  language("dataset.file", "copy.jsonl", { with: file }),
  language("dataset.file", "other.jsonl", { with: file, stale: everything }),
  language("dataset.fields", "{ article: summary, summary: article }", { with: file, stale: everything }),
  language("dataset.fields.article", "title", { with: file, stale: everything }),
  language("dataset.fields.summary", "title", { with: file, stale: everything }),
  language("dataset.fields.id", "title", { with: file, stale: everything }),
  language("dataset.split", "{ test: 40% }", { with: file, stale: everything }),
  language("dataset.split.test", "40%", { with: file, stale: everything }),
  language("dataset.split.seed", "1", { with: file, stale: everything }),
  // Rows that all stay are the same rows, whatever was asked of them.
  ...["{ empty: drop }", "{ longer: drop }"].map((to) => language("dataset.filter", to, { with: file })),
  language("dataset.filter.empty", "drop", { with: file }),
  language("dataset.filter.empty", "refuse", { with: [...file, "dataset.filter.empty=drop"] }),
  language("dataset.filter.longer", "drop", { with: file }),
  language("dataset.filter.longer", "keep", { with: [...file, "dataset.filter.longer=drop"] }),
  ...["article", "summary"].flatMap((text) => {
    const [some, all] = text === "article" ? ["13", "3"] : ["6", "2"];
    return [
      language(`dataset.filter.${text}`, `{ minCharacters: ${some} }`, { with: file, stale: everything }),
      language(`dataset.filter.${text}.minCharacters`, some, { with: file, stale: everything }),
      language(`dataset.filter.${text}.maxCharacters`, some, { with: file, stale: [] }),
      language(`dataset.filter.${text}.minWords`, all, { with: file }),
      language(`dataset.filter.${text}.maxWords`, all, { with: file }),
    ];
  }),
  language("dataset.dedupe", "{ exact: row }", { with: file }),
  language("dataset.dedupe.exact", "article", { with: file }),
  language("dataset.dedupe.exact", "none", { with: [...file, "dataset.dedupe.exact=row"] }),
  language("dataset.dedupe.exact", "row", { with: file }),
  language("dataset.dedupe.near", "90%", { with: file }),
  language("dataset.dedupe.words", "2", { with: file }),
  language("dataset.decontaminate", "{ words: 3 }", { with: file }),
  language("dataset.decontaminate.words", "4", { with: [...file, "dataset.decontaminate={ words: 3 }"] }),
  language("dataset.decontaminate.overlap", "50%", { with: [...file, "dataset.decontaminate={ words: 3 }"] }),
  // So are those of another hub's data set.
  language("dataset.hub", "org/copy", { with: hub }),
  language("dataset.config", "two", { with: ["dataset={hub: org/two, config: one}"], stale: everything }),
  language("dataset.revision", "bbbbbbbbb", {
    with: ["dataset={hub: org/old, revision: aaaaaaaaa}"],
    stale: everything,
  }),
  language("dataset.folder", "elsewhere", { with: hub }),
  language("dataset.splits", "{ train: test, test: train }", { with: hub, stale: everything }),
  language("dataset.splits.train", "dev", { with: hub, stale: everything }),
  language("dataset.splits.test", "dev", { with: hub, stale: [...answers, ...samples, "ABL evaluate:loss 0-2"] }),
];

const training = ["batch", "learningRate", "warmup"] as const;
const model: readonly ChangeRow[] = [
  language("system", "gaussian", { refused: /dataset is no key of a gaussian experiment/ }),
  language("system", "language"),
  language("system", "{ kind: language }"),
  language("system.kind", "gaussian", { refused: /dataset is no key of a gaussian experiment/ }),
  language("system.kind", "language"),
  language("prompt", "summary", { stale: allTraining }),
  language("prompt", "./same.jinja"),
  language("prompt", "./other.jinja", { stale: allTraining }),
  language("model", "{ start: previous }", { stale: fromTrain1("AB") }),
  language("model.trainer", "embedded"),
  language("model.trainer", "scripted", { stale: allTraining }),
  language("model.trainer", "other", { refused: /model.trainer must be one of embedded/ }),
  language("model.base", "embedded:newswire"),
  language("model.base", "scripted", { with: ["model.trainer=scripted"] }),
  language("model.base", "other", { refused: /model.base must be one of embedded:newswire/ }),
  ...scriptRows,
  language("model.start", "previous", { stale: fromTrain1("AB") }),
  language("model.start", "base", { with: ["model.start=previous"], stale: fromTrain1("AB") }),
  language("model.params", "{ batch: 4 }", { stale: allTraining }),
  language("model.params.epochs", "2", { stale: allTraining }),
  language("model.params.steps", "5", { stale: allTraining }),
  language("model.params.batch", "4", { stale: allTraining }),
  language("model.params.learningRate", "0.001", { stale: allTraining }),
  language("model.params.warmup", "2", { stale: allTraining }),
  // What generation 0 has of its own is not touched by what holds for the others.
  ...training.map((name) =>
    language(`model.params.${name}`, "0.5".slice(name === "learningRate" ? 0 : 2), {
      with: [`model.first.params.${name}=1`],
      stale: fromTrain1("AB"),
    }),
  ),
  language("model.first", "{ params: { batch: 4 } }", { stale: allTraining }),
  language("model.first.params", "{ batch: 4 }", { stale: allTraining }),
  language("model.first.params.epochs", "2", { stale: allTraining }),
  language("model.first.params.steps", "5", { stale: allTraining }),
  language("model.first.params.batch", "4", { stale: allTraining }),
  language("model.first.params.learningRate", "0.001", { stale: allTraining }),
  language("model.first.params.warmup", "2", { stale: allTraining }),
];

const onlyWeak = ["verifiers={ weak: { kind: perplexity, model: { real: 25% } } }"];
const otherScores: Places = [
  ...["oracle", "self", "random"].map((kind) => `AB verify:${kind} 0-1`),
  ...["A verify:perplexity 0-1", "A assemble:weak 0", "A train:weak 0"],
];
const weakModel: Places = ["B train:weak 0", ...fromVerify0("B")];
const atLeast = ["effective", "accepted", "acceptance"];
/** What is told of candidates is told of the same ones, whatever the limit. */
const lint: readonly ChangeRow[] = [
  language("lint", "{ empty: { max: 1%, fatal: true } }"),
  ...lintNames.flatMap((name) => {
    const bound = atLeast.includes(name) ? "min" : "max";
    return [
      language(`lint.${name}`, `{ ${bound}: 1 }`),
      language(`lint.${name}.${bound}`, "1"),
      language(`lint.${name}.fatal`, "true"),
    ];
  }),
  language("lint", "{ empty: { max: 0 } }", { at: "arms.0.lint", refused: /lint holds for the whole run/ }),
];

const loop: readonly ChangeRow[] = [
  // Which candidates are kept, and with what text; the real rows of a corpus are told apart from the texts trained on.
  language("markers", "keep", { stale: allTraining }),
  language("markers", "reject", { with: ["markers=keep"], stale: allTraining }),
  language("markers", "escape", { stale: fromSelect0("AB") }),
  language("real", "75%", { stale: fromReal("AB") }),
  language("sample", "{ temperature: 0.5 }", { stale: [...samples, ...fromCandidates0("AB")] }),
  // Each prompt's answer to the test is one, however many candidates there are.
  language("sample.candidates", "2", { stale: fromCandidates0("AB") }),
  language("sample.temperature", "0.5", { stale: [...samples, ...fromCandidates0("AB")] }),
  // Nothing is truncated where nothing is drawn.
  language("sample.topP", "0.9", { with: ["sample.temperature=0"] }),
  language("sample.topK", "5", { with: ["sample.temperature=0"] }),
  // Doubling draws as many candidates as it needs.
  language("sample.candidates", "2", { with: ["corpus=accumulate-doubling"] }),
  language("sample.topP", "0.9", { stale: [...samples, ...fromCandidates0("AB")] }),
  language("sample.topK", "5", { stale: [...samples, ...fromCandidates0("AB")] }),
  // Answers are cut where candidates are, or two texts of one model could not be compared.
  language("sample.stop", '["."]', {
    with: scripted,
    stale: [...samples, ...answers, ...fromCandidates0("AB")],
  }),
  language("sample.stop", '["!"]', {
    with: [...scripted, "sample.stop=['.']"],
    stale: [...samples, ...answers, ...fromCandidates0("AB")],
  }),
  language("sample.maxTokens", "17", { refused: /the embedded model writes 16 at most/ }),
  language("sample.maxTokens", "8", { stale: [...samples, ...answers, ...fromCandidates0("AB")] }),
  language("verifiers", "{ weak: { kind: perplexity, model: { real: 75% } } }", {
    stale: ["B assemble:weak 0", ...weakModel],
  }),
  language("verifiers.*", "{ kind: oracle }", {
    at: "verifiers.weak",
    added: oracleScores,
    dropped: ["B verify:perplexity 0-1", ...weak],
    stale: fromSelect0("B").filter((place) => !place.includes("verify")),
  }),
  language("verifiers.*", "{ kind: oracle, metric: rouge1 }", { at: "verifiers.unused" }),
  language("verifiers.*.kind", "perplexity", {
    at: "verifiers.sharp.kind",
    refused: /verifiers.sharp.model is missing/,
  }),
  language("verifiers.*.kind", "oracle", { at: "verifiers.weak.kind", refused: /unknown key verifiers.weak.model/ }),
  ...["rouge1", "rouge2", "rougeL", "rougeLsum"].map((metric) =>
    language("verifiers.*.metric", metric, {
      at: "verifiers.sharp.metric",
      with: ["arms.1.verifier=sharp", `verifiers.sharp.metric=${metric === "rouge1" ? "rouge2" : "rouge1"}`],
      stale: [...oracleScores, ...fromSelect0("B").map(byOracle)],
    }),
  ),
  // A verifier that no arm uses changes nothing.
  language("verifiers.*.metric", "rouge1", { at: "verifiers.sharp.metric" }),
  language("verifiers.*.stem", "true", {
    at: "verifiers.sharp.stem",
    with: ["arms.1.verifier=sharp"],
    stale: [...oracleScores, ...fromSelect0("B").map(byOracle)],
  }),
  language("verifiers.*.model", "{ real: 75% }", {
    at: "verifiers.weak.model",
    stale: ["B assemble:weak 0", ...weakModel],
  }),
  language("verifiers.*.model.trainer", "embedded", { at: "verifiers.weak.model.trainer" }),
  language("verifiers.*.model.trainer", "scripted", {
    at: "verifiers.weak.model.trainer",
    with: ["model.trainer=scripted"],
  }),
  language("verifiers.*.model.trainer", "other", {
    at: "verifiers.weak.model.trainer",
    refused: /must be one of embedded/,
  }),
  language("verifiers.*.model.real", "75%", {
    at: "verifiers.weak.model.real",
    stale: ["B assemble:weak 0", ...weakModel],
  }),
  ...[
    ["", "{ batch: 4 }"],
    [".epochs", "2"],
    [".steps", "5"],
    [".batch", "4"],
    [".learningRate", "0.001"],
    [".warmup", "2"],
  ].map(([name, to]) =>
    language(`verifiers.*.model.params${name}`, to as string, {
      at: `verifiers.weak.model.params${name}`,
      stale: weakModel,
    }),
  ),
  language("verifier", "self", {
    at: "arms.1.verifier",
    dropped: ["B verify:perplexity 0-1", ...weak],
    added: ["B verify:self 0-1"],
    stale: fromSelect0("B").filter((place) => !place.includes("verify")),
  }),
  language("verifier", "missing", { at: "arms.1.verifier", refused: /there is no verifier "missing"/ }),
  language("select", "{ keep: 25% }", {
    at: "arms.1.select",
    with: ["arms.1={ verifier: weak }"],
    stale: fromSelect0("B"),
  }),
  language("select.best", "1", { at: "arms.1.select.best", stale: fromSelect0("B") }),
  language("select.threshold", "-2", { at: "arms.1.select.threshold", stale: fromSelect0("B") }),
  language("select.keep", "25%", { at: "arms.1.select.keep", stale: fromSelect0("B") }),
  // Scores for analysis: nothing that is selected depends on them.
  language("score", "all", { with: onlyWeak, added: otherScores }),
  language("score", "needed", { with: [...onlyWeak, "score=all"], dropped: otherScores }),
];

const verified = createVerifierRows((kind) =>
  fromVerify0("B").map((place) => place.replace("verify:perplexity", `verify:${kind}`)),
);

function byOracle(place: string): string {
  return place.replace("verify:perplexity", "verify:oracle");
}

/** Without a list of policies the policy of the whole file holds. */
const single = ["arms={}"];
const subsample = ["corpus={ policy: accumulate-subsample }"];
const mix = ["corpus={ policy: mix, share: 10% }"];
/** The corpus of generation 1 and all that comes of it; a policy is not what generation 0 is trained on. */
const fromCorpus1: Places = ["AB assemble 1", ...fromTrain1("AB")];
const corpus: readonly ChangeRow[] = [
  language("corpus", "accumulate", { stale: fromCorpus1 }),
  language("corpus.policy", "replace", { with: ["corpus=accumulate"], stale: fromCorpus1 }),
  language("corpus.policy", "accumulate", { stale: fromCorpus1 }),
  language("corpus.policy", "accumulate-doubling", { stale: fromCorpus1 }),
  language("corpus.policy", "accumulate-subsample", { stale: fromCorpus1 }),
  language("corpus.policy", "mix", { refused: /corpus.share is missing/ }),
  language("corpus", "{ policy: mix, share: 10% }", { stale: fromCorpus1 }),
  language("corpus.budget", "5", { with: subsample, stale: fromCorpus1 }),
  language("corpus.budget", "5", {
    with: ["corpus=replace"],
    refused: /corpus.budget is an option of accumulate-subsample/,
  }),
  language("corpus.replacement", "true", { with: subsample, stale: fromCorpus1 }),
  language("corpus.share", "20%", { with: mix, stale: fromCorpus1 }),
  gaussian("corpus", "accumulate-doubling", { at: "arms.corpus", dropped: ["B trial 2"], stale: ["A trial 2"] }),
  ...["accumulate", "accumulate-doubling", "accumulate-subsample"].map((policy) =>
    gaussian("corpus.policy", policy, { with: single, stale: ["A trial 2", "L trial 0"] }),
  ),
  gaussian("corpus.policy", "replace", { with: [...single, "corpus=accumulate"], stale: ["A trial 2", "L trial 0"] }),
  gaussian("corpus.policy", "mix", { with: single, refused: /corpus.share is missing/ }),
  gaussian("corpus.budget", "5", { with: [...single, ...subsample], stale: ["A trial 2", "L trial 0"] }),
  gaussian("corpus.replacement", "true", { with: [...single, ...subsample], stale: ["A trial 2", "L trial 0"] }),
  gaussian("corpus.share", "20%", { with: [...single, ...mix], stale: ["A trial 2", "L trial 0"] }),
];

const evaluate: readonly ChangeRow[] = [
  language("evaluate", "{ metrics: [rouge1, loss, diversity], decode: sample }", { stale: answers }),
  ...["rouge2", "rougeL", "rougeLsum"].map((metric) =>
    // Another metric on the same answers samples nothing again.
    language("evaluate.metrics", `[rouge1, loss, diversity, ${metric}]`, {
      added: [`AB evaluate:${metric} 0-2`, `L evaluate:${metric} 0`],
    }),
  ),
  language("evaluate.metrics", "[diversity, rouge1, loss]"),
  language("evaluate.metrics", "[rouge1, loss]", {
    dropped: samples,
  }),
  language("evaluate.decode", "sample", { stale: answers }),
  language("evaluate.decode", "greedy", { with: ["evaluate.decode=sample"], stale: answers }),
  language("evaluate.decode", "{ temperature: 0.3 }", { stale: answers }),
  ...[
    ["temperature", "0.7"],
    ["topP", "0.9"],
    ["topK", "5"],
  ].map(([name, to]) =>
    language(`evaluate.decode.${name}`, to as string, {
      with: ["evaluate.decode={ temperature: 0.5 }"],
      stale: answers,
    }),
  ),
  gaussian("evaluate", "{ metrics: [traceRatio] }", { stale: trials }),
  ...["traceRatio", "meanError", "determinantRatio", "wasserstein", "sigma"].map((metric) =>
    gaussian("evaluate.metrics", `[${metric}]`, { stale: trials }),
  ),
  gaussian("evaluate.metrics", "[wasserstein, determinantRatio, meanError, traceRatio]"),
];

/** A trial in memory is one stage: whatever it depends on makes all of it stale. */
const simulation: readonly ChangeRow[] = [
  gaussian("system", "{ kind: gaussian, samples: 50 }", { stale: trials }),
  gaussian("system", "language", { refused: /dataset is missing/ }),
  gaussian("system", "gaussian"),
  gaussian("system.kind", "language", { refused: /dataset is missing/ }),
  gaussian("system.kind", "gaussian"),
  gaussian("system.dimensions", "2", { stale: trials }),
  gaussian("system.samples", "50", { stale: trials }),
  gaussian("system.covariance", "unbiased", { stale: trials }),
  gaussian("system.covariance", "mle", { with: ["system.covariance=unbiased"], stale: trials }),
  gaussian("system.draws", "rows", { stale: trials }),
  gaussian("system.draws", "statistics", { with: ["system.draws=rows"], stale: trials }),
];

export const changeTable: readonly ChangeRow[] = [
  ...frame,
  ...seeds,
  ...dataset,
  ...model,
  ...createAcceptRows(fromCandidates0("AB")),
  ...createEndpointRows({ teacher: [...fromTrain0("AB"), ...lineFromTrain], weak: fromVerify0("B") }),
  ...loop,
  ...verified,
  ...lint,
  ...corpus,
  ...evaluate,
  ...simulation,
];

/** What a run is made of beside its file, and the stages that another one of it makes stale. */
export const partTable = {
  "base model": { stale: allTraining },
  "trainer version": { stale: allTraining },
  "sampler version": {
    stale: [...samples, ...answers, ...fromCandidates0("AB")],
  },
  "scorer version": { stale: ["ABL evaluate:loss 0-2"] },
  "prompt template": { stale: allTraining },
  "train rows": { stale: everything },
  "test rows": { stale: [...answers, ...samples, "ABL evaluate:loss 0-2"] },
  "verifier version": { stale: fromVerify0("B") },
  "verifier parameters": { stale: fromVerify0("B") },
  "metric version": { stale: ["ABL evaluate:rouge1 0-2"] },
} as const satisfies Readonly<Record<string, { readonly stale: Places }>>;
