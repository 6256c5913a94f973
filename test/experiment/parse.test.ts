import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { ConfigError } from "../../src/errors.ts";
import { templateNames } from "../../src/experiment/arms/systems.ts";
import { judgePrompts } from "../../src/experiment/arms/verifiers.ts";
import type { LanguageExperiment } from "../../src/experiment/experiment.ts";
import { type ParseOptions, parseExperiment } from "../../src/experiment/parse.ts";
import { renderCanonical } from "../../src/keys/canonical.ts";
import fc from "../helpers/properties.ts";

const fixtures = new URL("../fixtures/config/", import.meta.url);
const names = readdirSync(fixtures).flatMap((file) => (file.endsWith(".yaml") ? [file.slice(0, -5)] : []));

function listProblems(text: string, options?: ParseOptions): string {
  try {
    parseExperiment(text, options);
    return "accepted\n";
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ where, what, next }) => `${where}: ${what}${next ? `; ${next}` : ""}\n`).join("");
  }
}

test("there are bad experiments to refuse", () => assert.equal(names.length, 47));

for (const name of names) {
  test(`refused, word for word: ${name}.yaml`, () => {
    const text = readFileSync(new URL(`${name}.yaml`, fixtures), "utf8");
    const told = readFileSync(new URL(`${name}.txt`, fixtures), "utf8");
    assert.equal(listProblems(text, { file: `${name}.yaml` }), told);
    assert.equal(Object.getPrototypeOf({}).polluted, undefined);
  });
}

const example = `
schema: 1
name: example
system: language
dataset: { name: newswire, train: 2000, test: 300 }
prompt: article
model: { trainer: embedded, base: embedded:newswire, start: base, first: {}, params: {epochs: 1} }
generations: 3
real: 12.5%
sample: { candidates: 1, temperature: 1, maxTokens: 16 }
verifiers: { weak: { kind: perplexity, model: { trainer: embedded, real: 25% } } }
arms:
  - { corpus: [replace, accumulate], verifier: none }
  - { corpus: replace, verifier: [oracle, weak, self, random], select.keep: 25% }
lines: { full: { real: 100%, generations: 0 } }
seeds: [0, 1]
evaluate: { metrics: [rouge1, rouge2, rougeL, loss, diversity], decode: greedy }
budget: {}
scales: { tiny: { dataset.train: 200 } }
gates: []
`;

const params = { epochs: 1, steps: null, batch: 8, learningRate: 0.008, warmup: 10 };

test("the example of the documentation, in full", () => {
  const experiment = parseExperiment(example, { file: "folder/example.yaml" }) as LanguageExperiment;
  assert.deepEqual(
    experiment.arms.map(({ id, generations, isLine }) => [id, generations, isLine]),
    [
      ["replace-none-100", 3, false],
      ["accumulate-none-100", 3, false],
      ["replace-oracle-25", 3, false],
      ["replace-weak-25", 3, false],
      ["replace-self-25", 3, false],
      ["replace-random-25", 3, false],
      ["full", 0, true],
    ],
  );
  assert.deepEqual(experiment.arms[3], {
    id: "replace-weak-25",
    generations: 3,
    isLine: false,
    fields: { corpus: "replace", verifier: "weak", keep: 0.25, real: 0.125, generations: 3 },
    settings: {
      real: 0.125,
      start: "base",
      teacher: null,
      params,
      firstParams: params,
      sample: { candidates: 1, temperature: 1, topP: null, topK: null, maxTokens: 16, stop: [] },
      corpus: { kind: "replace" },
      verifier: "weak",
      alsoScore: [],
      selection: { best: null, threshold: null, keep: 0.25 },
      markers: "reject",
      decode: { temperature: 0, topP: null, topK: null, maxTokens: 16, stop: [] },
      metrics: ["rouge1", "rouge2", "rougeL", "loss", "diversity"],
    },
  });
  assert.deepEqual(experiment.language, {
    dataset: { kind: "newswire", train: 2000, test: 300 },
    prompt: "article",
    trainer: "embedded",
    base: "embedded:newswire",
    script: null,
    endpoint: null,
    endpoints: {},
    verifiers: {
      oracle: { kind: "oracle", metric: "rouge1", stem: false },
      self: { kind: "self" },
      random: { kind: "random" },
      weak: { kind: "perplexity", model: { real: 0.25, params } },
    },
  });
  assert.deepEqual([experiment.name, experiment.folder, experiment.seeds], ["example", "folder", [0, 1]]);
  assert.equal(experiment.source, example);
});

test("an experiment is JSON, and nothing of it is left to a default", () => {
  for (const text of [example, "system: gaussian", "dataset: { file: a.jsonl }\nscore: all\nverifier: oracle"]) {
    const experiment = parseExperiment(text);
    assert.deepEqual(JSON.parse(renderCanonical(experiment)), experiment);
  }
});

const minimal = "dataset: { name: newswire }\n";
const settings = (text: string, sets: readonly string[] = []) =>
  (parseExperiment(minimal + text, { sets }) as LanguageExperiment).arms[0]!.settings;

test("what a file leaves out is as documented", () => {
  const { arms, seeds, keepModels, workers, gates, language, name } = parseExperiment(minimal) as LanguageExperiment;
  assert.deepEqual([seeds, keepModels, workers, gates, name], [[0], "all", null, [], "experiment"]);
  assert.deepEqual(language.verifiers, {});
  assert.deepEqual(
    arms.map(({ id, generations, fields }) => ({ id, generations, fields })),
    [{ id: "replace", generations: 3, fields: {} }],
  );
  assert.deepEqual(arms[0]?.settings.selection, { best: null, threshold: null, keep: 1 });
  assert.deepEqual(parseExperiment("system: gaussian").arms[0]?.settings, {
    dimensions: 1,
    samples: 100,
    covariance: "mle",
    draws: "statistics",
    corpus: { kind: "replace" },
    metrics: ["traceRatio", "meanError", "determinantRatio", "wasserstein"],
  });
});

test("shares are the decimals they are written as", () => {
  const percent = fc.tuple(fc.integer({ min: 0, max: 99 }), fc.nat(99_999)).filter(([whole, part]) => whole + part > 0);
  fc.assert(
    fc.property(percent, ([whole, part]) => {
      const digits = String(part).padStart(5, "0");
      const { real } = settings(`real: ${whole}.${digits}%\n`);
      assert.equal(real, Number(`0.${String(whole).padStart(2, "0")}${digits}`));
    }),
    { numRuns: 50 },
  );
  assert.deepEqual(
    ["100%", "1", "0.125", "7 %", "0.5%"].map((share) => settings(`real: ${share}\n`).real),
    [1, 1, 0.125, 0.07, 0.005],
  );
});

test("epochs and steps displace each other; the first generation and auxiliary models inherit", () => {
  const text =
    "model: { params: { epochs: 3, batch: 4 }, first: { params: { steps: 50 } } }\nverifier: weak\n" +
    "verifiers: { weak: { kind: perplexity, model: { real: 50%, params: { warmup: 0 } } } }\n";
  const experiment = parseExperiment(minimal + text) as LanguageExperiment;
  const { params: every, firstParams } = experiment.arms[0]!.settings;
  assert.deepEqual(every, { ...params, epochs: 3, batch: 4 });
  assert.deepEqual(firstParams, { ...params, epochs: null, steps: 50, batch: 4 });
  assert.deepEqual(experiment.language.verifiers.weak, {
    kind: "perplexity",
    model: { real: 0.5, params: { ...params, epochs: null, steps: 50, batch: 4, warmup: 0 } },
  });
});

test("score: all scores by every verifier there is, decode takes any decoding, and an oracle may be declared anew", () => {
  const text = "verifiers: { oracle: { kind: oracle, metric: rougeLsum, stem: true } }\nscore: all\nverifier: self\n";
  const experiment = parseExperiment(minimal + text) as LanguageExperiment;
  assert.deepEqual(experiment.arms[0]?.settings.alsoScore, ["oracle", "self", "random"]);
  assert.deepEqual(experiment.language.verifiers.oracle, { kind: "oracle", metric: "rougeLsum", stem: true });
  const decode = (value: string) =>
    settings("sample: { temperature: 0.7, topK: 5, maxTokens: 8 }\n", [`evaluate.decode=${value}`]).decode;
  assert.deepEqual(decode("greedy"), { temperature: 0, topP: null, topK: null, maxTokens: 8, stop: [] });
  assert.deepEqual(decode("sample"), { temperature: 0.7, topP: null, topK: 5, maxTokens: 8, stop: [] });
  assert.deepEqual(decode("{temperature: 1, topP: 0.9}"), {
    temperature: 1,
    topP: 0.9,
    topK: null,
    maxTokens: 8,
    stop: [],
  });
});

test("policies with their options, alone and as alternatives", () => {
  const text =
    "arms:\n  - corpus: [accumulate-doubling, { policy: mix, share: 10% }, { policy: mix, share: 20% }]\n" +
    "  - { corpus: accumulate-subsample, corpus.replacement: [true, false], corpus.budget: [null, 500] }\n";
  const { arms } = parseExperiment(minimal + text) as LanguageExperiment;
  assert.deepEqual(
    arms.map(({ id, settings: { corpus } }) => [id, corpus]),
    [
      ["accumulate-doubling", { kind: "accumulate-doubling" }],
      ["mix-10", { kind: "mix", share: 0.1 }],
      ["mix-20", { kind: "mix", share: 0.2 }],
      ["accumulate-subsample-replacement", { kind: "accumulate-subsample", budget: null, replacement: true }],
      ["accumulate-subsample-500-replacement", { kind: "accumulate-subsample", budget: 500, replacement: true }],
      ["accumulate-subsample-no-replacement", { kind: "accumulate-subsample", budget: null, replacement: false }],
      ["accumulate-subsample-500-no-replacement", { kind: "accumulate-subsample", budget: 500, replacement: false }],
    ],
  );
  assert.deepEqual(arms[0]?.fields, { corpus: "accumulate-doubling", budget: null, replacement: null, share: null });
});

test("any path that an arm may change makes its own arms, ids and fields", () => {
  const paths: Readonly<Record<string, readonly [values: string, name: string, ids: readonly string[]]>> = {
    real: ["[12.5%, 50%]", "real", ["12.5", "50"]],
    generations: ["[0, 5]", "generations", ["0", "5"]],
    "sample.temperature": ["[0.5, 1]", "temperature", ["0.5", "1"]],
    "sample.topP": ["[null, 0.9]", "topP", ["arm", "0.9"]],
    "model.start": ["[base, previous]", "start", ["base", "previous"]],
    "model.params.steps": ["[10, 20]", "steps", ["10", "20"]],
    "model.first.params.batch": ["[8, 16]", "first.batch", ["arm", "16"]],
    "evaluate.decode": ["[greedy, sample]", "decode", ["greedy", "sample"]],
    score: ["[needed, all]", "score", ["needed", "all"]],
  };
  for (const [path, [values, name, ids]] of Object.entries(paths)) {
    const { arms } = parseExperiment(`${minimal}arms: { ${path}: ${values} }\n`);
    assert.deepEqual(
      arms.map(({ id }) => id),
      ids,
      path,
    );
    assert.deepEqual(Object.keys(arms[0]!.fields), [name], path);
  }
});

test("gates name arms and lines that there are, and keep their place", () => {
  const gates = `gates:\n  - { metric: rouge1, arm: full, generation: 0, op: ">=", value: 0.5 }\n`;
  const experiment = parseExperiment(`${minimal}lines: { full: { generations: 0 } }\n${gates}`, { file: "x.yaml" });
  assert.deepEqual(experiment.gates, [
    { metric: "rouge1", arm: "full", generation: 0, op: ">=", value: 0.5, where: "x.yaml:4:5" },
  ]);
});

test("--set reaches the resolved arms, and its problems are its own", () => {
  const experiment = parseExperiment(example, {
    sets: ["scale=tiny", "seeds={count: 3, first: 7}", "sample.topK=5", "arms={verifier: self}"],
  });
  assert.deepEqual([experiment.seeds, experiment.sets.length], [[7, 8, 9], 4]);
  assert.deepEqual((experiment as LanguageExperiment).language.dataset, { kind: "newswire", train: 200, test: 300 });
  assert.equal(
    listProblems(example, { file: "x.yaml", sets: ["select.keep=25%", "generatons=2", "seeds=no"] }),
    "--set select.keep: the verifier none gives no scores to choose by: keeping 25 % under it would be random under another name; set verifier: random, or keep 100%\n" +
      "--set generatons: unknown key generatons; did you mean generations?\n" +
      '--set seeds: seeds must be a list or a mapping, found "no"\n',
  );
});

test("two thousand arms are read in time", () => {
  const list = (count: number): string => `[${Array.from({ length: count }, (_, index) => index + 1).join(", ")}]`;
  const text = `${minimal}arms: { sample.topK: ${list(100)}, model.params.warmup: ${list(20)} }\n`;
  const start = process.cpuUsage();
  const { arms } = parseExperiment(text);
  const { user, system } = process.cpuUsage(start);
  assert.equal(arms.length, 2000);
  assert.equal(new Set(arms.map(({ id }) => id)).size, 2000);
  assert.ok(user + system < 4e6, `took ${(user + system) / 1e6} s of CPU`);
});

const told = (text: string, sets: readonly string[] = []) =>
  listProblems(minimal + text, { file: "x.yaml", sets }).trim();

test("a seed listed twice is one trial counted twice", () => {
  const again = "the seed 0 is listed more than once; list every seed once";
  assert.equal(told("seeds: [0, 0, 0]\n"), `x.yaml:2:12: ${again}`);
  assert.equal(told("", ["seeds=[1, 0, 0]"]), `--set seeds: ${again}`);
  assert.equal(listProblems("system: gaussian\nseeds: [0, 0]\n", { file: "x.yaml" }), `x.yaml:2:12: ${again}\n`);
});

test("a line has no arm's name", () => {
  const arms = "arms: { corpus: [replace, accumulate] }\n";
  assert.equal(
    told(`${arms}lines: { replace: { generations: 0 } }\n`),
    "x.yaml:3:10: the line replace has the name of an arm; give the line another name",
  );
  assert.equal(told(`${arms}lines: { replace-2: { generations: 0 } }\n`), "accepted");
});

test("empty lists say so, and an arm that differs in nothing it may differ in is told that alone", () => {
  const empty = "must not be an empty list; list one at least";
  assert.equal(told("arms: []\nseeds: []\n"), `x.yaml:2:7: arms ${empty}\nx.yaml:3:8: seeds ${empty}`);
  const held = "holds for the whole run: arms cannot differ in it";
  assert.equal(told("arms: { seeds: [[0], [1]] }\n"), `x.yaml:2:9: seeds ${held}`);
  assert.equal(told("arms: { dataset.train: [20, 30] }\n"), `x.yaml:2:9: dataset ${held}`);
});

test("a prompt of the package is known by name before any file is opened", () => {
  const files = readdirSync(new URL("../../prompts/", import.meta.url)).filter((file) => file.endsWith(".jinja"));
  assert.deepEqual(
    files.map((file) => file.slice(0, -".jinja".length)).sort(),
    [...templateNames, ...judgePrompts].sort(),
  );
  assert.equal(
    told("prompt: artcle\n"),
    'x.yaml:2:9: there is no prompt "artcle" in the package; did you mean article?',
  );
  assert.equal(told("prompt: ./artcle\n"), "accepted");
});

test("mistakes in the whole file hide no mistake in its gates", () => {
  const wrong =
    "corpus: acumulate\nverifier: wek\nselect: { keeep: 3 }\nprompt: artcle\nmodel: { params: { epochs: 1, steps: 2 } }\n";
  const gates = 'gates:\n  - { metric: rogue1, arm: nope, generation: 9, op: ">", value: 1 }\n';
  const count = (text: string): number => told(text).split("\n").length;
  const found = told(`${wrong}arms: { real: [10%, 20%] }\n${gates}`).split("\n");
  assert.equal(found.length, 7);
  assert.deepEqual(found.slice(5), [
    'x.yaml:9:15: "rogue1" is not measured; did you mean rouge1?',
    'x.yaml:9:28: there is no arm "nope"; the arms are 10, 20',
  ]);
  // One arm is called by its policy, which is what is wrong here: its id is not known.
  assert.equal(count(wrong + gates), 6);
  assert.match(told(`${wrong}arms: { real: [10%, 20%] }\n${gates.replace("nope", '"10"')}`), /10 has no generation 9/);
});

test("a judge's prompt that a flag gives is meant from where the command is given, one in the file from the file", () => {
  const text = `dataset: { name: newswire }
endpoints: { one: { url: "http://127.0.0.1:1/v1", model: m } }
verifiers: { judge: { kind: judge, endpoint: one, prompt: ./own.jinja } }
arms: { verifier: judge }
`;
  const read = (sets: readonly string[]): unknown => {
    const experiment = parseExperiment(text, { file: "/there/x.yaml", setFolder: "/here", sets });
    const judge = experiment.system === "language" ? experiment.language.verifiers.judge : undefined;
    return judge?.kind === "judge" ? judge.prompt : undefined;
  };
  assert.equal(read([]), "./own.jinja");
  assert.equal(read(["verifiers.judge.prompt=./own.jinja"]), "/here/own.jinja");
  assert.equal(read(["verifiers.judge.prompt=judge-rubric"]), "judge-rubric");
});

test("an address is told what is wrong with it, and nothing that is not", () => {
  const read = (url: string): string => {
    const endpoints = `{ t: { url: ${JSON.stringify(url)}, model: m } }`;
    const text = `dataset: { name: newswire }\nendpoints: ${endpoints}\nmodel: { first: { endpoint: t } }\n`;
    try {
      parseExperiment(text, { file: "x.yaml" });
      return "";
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.problems.length, 1, JSON.stringify(error.problems));
      return error.problems[0]!.what;
    }
  };
  const noScheme = "endpoints.t.url must begin with http:// or https://, as http://127.0.0.1:8000/v1 does";
  assert.equal(read("localhost:8000"), noScheme);
  assert.equal(read("ftp://host/v1"), noScheme);
  assert.match(read("http://host/v1?key=1"), /^endpoints\.t\.url must be an address such as/);
  assert.match(read("http://me:pw@host/v1"), /looks like a key|must not hold a user or a password/);
  assert.match(read("http://me@host/v1"), /must not hold a user or a password/);
  assert.equal(read("http://host/v1"), "");
});

test("what no batch can serve is refused with the file, each at its place", () => {
  const read = (more: string): readonly string[] => {
    const text = `dataset: { name: newswire }\nendpoints: { t: { mode: batch, ${more} } }\nmodel: { first: { endpoint: t } }\n`;
    try {
      parseExperiment(text, { file: "x.yaml" });
      return [];
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.problems.map(({ where, what, next }) => `${where.split(":").slice(1).join(":")} ${what}; ${next}`);
    }
  };
  const url = "url: http://127.0.0.1:1/v1, model: m";
  assert.deepEqual(read(url), []);
  assert.deepEqual(read("url: [http://127.0.0.1:1/v1], model: m"), []);
  assert.deepEqual(read(`${url}, ask: completions`), ["2:75 batches hold chats alone; set ask: chat, or mode: live"]);
  assert.deepEqual(read("url: [http://127.0.0.1:1/v1, http://127.0.0.1:2/v1], model: m"), [
    "2:25 a batch is handed in at one address, and 2 are named; name one url, or set mode: live",
  ]);
  assert.deepEqual(read("provider: huggingface, model: m"), [
    "2:42 batches are handed in by OpenAI's routes alone; set mode: live, or provider: openai",
  ]);
  // By whatever stands where the model's own are: both are told.
  assert.deepEqual(read("url: serve").slice(0, 1), [
    "2:25 a run serves its own models no batches; set mode: live, or name a url",
  ]);
});
