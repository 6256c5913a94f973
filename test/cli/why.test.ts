import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Database from "better-sqlite3";
import { createWhyCommand } from "../../src/cli/why.ts";
import { StoreError, UsageError } from "../../src/errors.ts";
import { runRefeed } from "../helpers/command-line.ts";
import { createLanguageArm } from "../helpers/language-run.ts";
import { runPlanned } from "../helpers/planned-run.ts";
import { speakVerb } from "../helpers/verb.ts";

const selection = { best: null, threshold: null, keep: 0.5 };
const arms = [
  createLanguageArm("accumulate", { corpus: { kind: "accumulate" } }),
  createLanguageArm("replace-weak", { verifier: "weak", selection }),
];
const cwd = mkdtempSync(join(tmpdir(), "refeed-why-"));
const speak = (...args: string[]): Promise<string> => speakVerb(createWhyCommand, cwd, args);

before(async () => {
  mkdirSync(join(cwd, "runs"));
  await runPlanned(join(cwd, "runs/scripted"), arms, { prompt: "shorten: {{ article }}" });
});
after(() => rmSync(cwd, { recursive: true }));

interface Told {
  readonly name: string;
  readonly depth: number;
  readonly place: { readonly row: number; readonly rows: number } | null;
  readonly candidate: { readonly stage: string; readonly id: number; readonly completion: string } | null;
  readonly decisions: readonly { readonly rank: number | null; readonly reason: string }[];
  readonly models: readonly { readonly generation: number; readonly corpus: { readonly real: number } }[];
}

async function ask(...args: string[]): Promise<Told> {
  return JSON.parse(await speak("scripted", ...args, "--json")) as Told;
}

test("without an example it lists the corpora and how to name one, and what it lists can be asked for", async () => {
  const text = await speak("scripted");
  assert.match(text, /<arm>\/<seed>\/<generation>\/<row>/);
  assert.match(text, /^accumulate\/0\/2 +108 +12 +done$/m);
  const examples = [...text.matchAll(/^npx refeed why runs\/scripted (\S+)$/gm)].map((match) => match[1]!);
  assert.equal(examples.length, 2);
  assert.match(await speak("scripted", examples[0]!), /^replace-weak\/0\/2\/23: row 23 of the 24 that model 2/);
  assert.match(
    await speak("scripted", examples[1]!),
    /rejected, never trained on; synthetic, 1 synthetic ancestor|kept/,
  );
  assert.match(await speak("scripted", "--limit", "2"), /^and 4 more; --limit shows them$/m);
  const { corpora } = JSON.parse(await speak("--json")) as { corpora: readonly { depths: unknown }[] };
  assert.deepEqual(corpora[2]?.depths, [
    { depth: 0, rows: 12 },
    { depth: 1, rows: 48 },
    { depth: 2, rows: 48 },
  ]);
});

test("a row of a corpus tells its whole ancestry, as text and as JSON", async () => {
  const text = await speak("scripted", "replace-weak/0/2/3");
  assert.match(text, /^replace-weak\/0\/2\/3: row 3 of the 24 that model 2 is trained on; synthetic, 2 synthetic ance/);
  assert.match(text, /^prompt +row \d+ of the train split, train-\d+$/m);
  assert.match(text, /^article +story \d+ tells of/m);
  assert.match(text, /^as asked +shorten: story \d+ tells of/m);
  assert.match(
    text,
    /^by +model 1 \(\w{12}\), draw [01] at temperature 1, finish stop, \d tokens?, log-probability -/m,
  );
  assert.match(text, /^candidate +\w{8}:\d+, attempt train-\d+: done, 2 candidates, 1 try, 0 USD$/m);
  assert.match(text, /^perplexity +-[\d.]+ +under model \w{12}$/m);
  assert.match(text, /^replace-weak\/0\/1 +kept +kept +3 of 24 +48 +perplexity +brought it here$/m);
  assert.match(text, /^ +1 +\w{12} +kept +base \w{12} +24 rows: 24 by model 0$/m);
  assert.match(text, /^ +0 +\w{12} +kept +base \w{12} +12 rows: 12 real$/m);
  const told = await ask("replace-weak/0/2/3");
  assert.deepEqual([told.depth, told.place?.row, told.place?.rows], [2, 3, 24]);
  assert.deepEqual(
    told.models.map(({ generation, corpus }) => [generation, corpus.real]),
    [
      [1, 0],
      [0, 12],
    ],
  );
  // The latest run is meant where none is named.
  assert.equal(await speak("replace-weak/0/2/3"), text);
  // By its own key it is the same example, and knows where it is trained on.
  const { stage, id } = told.candidate!;
  const own = await speak("scripted", `${stage.slice(0, 10)}:${id}`);
  assert.match(own, /: kept and trained on; synthetic, 2 synthetic ancestors$/m);
  assert.match(own, /^trained on as replace-weak\/0\/2\/3$/m);
});

test("a real row has no ancestor; a corpus is told as a whole", async () => {
  const real = await speak("scripted", "accumulate/0/2/5");
  assert.match(real, /^accumulate\/0\/2\/5: row 5 of the 108 .*; real, no synthetic ancestor$/m);
  assert.match(
    real,
    /^trained on as accumulate\/0\/0\/5, replace-weak\/0\/0\/5, accumulate\/0\/1\/5, accumulate\/0\/2\/5$/m,
  );
  assert.doesNotMatch(real, /candidate|model 1/);
  const corpus = await speak("scripted", "accumulate/0/2");
  assert.match(corpus, /what model 2 is trained on, 108 rows: 12 real, 48 by model 1, 48 by model 0/);
  assert.match(corpus, /^ +0 +12 +11.1 %$/m);
  assert.match(corpus, /^ +2 +48 +44.4 %$/m);
});

test("--find lists examples by their text, with names that can be asked for", async () => {
  const { examples, hasMore } = JSON.parse(await speak("scripted", "--find", "DOGS", "--limit", "30", "--json")) as {
    examples: readonly { name: string | null; kind: string; text: string }[];
    hasMore: boolean;
  };
  assert.deepEqual([examples.length, hasMore], [30, true]);
  const written = examples.find(({ kind }) => kind === "synthetic")!;
  assert.equal((await ask(written.name!)).candidate?.completion, written.text);
  assert.equal(examples.filter(({ kind }) => kind === "real").length, 24);
  assert.match(await speak("scripted", "--find", "dogs", "--limit", "3"), /the first 3; --limit shows more\n$/);
  assert.equal(await speak("scripted", "--find", "zebra"), "no example contains it\n");
});

test("a name that fits nothing is told what would", async () => {
  const { candidate } = await ask("replace-weak/0/2/3");
  const stage = candidate!.stage.slice(0, 8);
  const cases: readonly (readonly [readonly string[], RegExp, RegExp])[] = [
    [["scripted", "replace-week/0/2/3"], /no such example/, /did you mean replace-weak\/0\/2\/3\?/],
    [["scripted", "zebra"], /no such example/, /the arms are accumulate, replace-weak$/],
    [["scripted", "accumulate"], /no such example/, /has the seeds 0: accumulate\/0\/2\/0 is a row/],
    [["scripted", "accumulate/7/2/3"], /no such example/, /has the seeds 0:/],
    [["scripted", "accumulate/0/9/3"], /no such example/, /has the generations 0 to 2:/],
    [["scripted", "accumulate/0/2/3/4"], /no such example/, /^name one as <arm>/],
    [["scripted", "accumulate/0/2/108"], /no such row/, /the rows 0 to 107/],
    [["scripted", "accumulate/0/2/-1"], /no such row/, /the rows 0 to 107/],
    [["scripted", `${stage}:48`], /\(done\) has no candidate 48/, /--find/],
    [
      ["scripted", `${stage.slice(0, 7)}${stage.endsWith("0") ? "1" : "0"}:3`],
      /no sample stage begins so/,
      new RegExp(`${stage}:3`),
    ],
    [["scripted", "accumulate/0/2/3", "--find", "dogs"], /it goes with a run alone/, /^$/],
    [["scripted", "--find", ""], /names no text/, /^$/],
    [["zebra"], /no such run/, /scripted/],
    [["zebra", "accumulate/0/2/3"], /no such run/, /scripted/],
  ];
  for (const [args, what, next] of cases) {
    await assert.rejects(
      speak(...args),
      (error: unknown) =>
        error instanceof UsageError && error.exitCode === 2 && what.test(error.what) && next.test(error.next ?? ""),
      args.join(" "),
    );
  }
});

test("a key's start that several stages share is refused, with longer ones", async () => {
  const copy = join(cwd, "runs/twins");
  cpSync(join(cwd, "runs/scripted"), copy, { recursive: true });
  const { stage } = (await ask("replace-weak/0/2/3")).candidate!;
  const twin = `${stage.slice(0, 9)}${stage[9] === "0" ? "1" : "0"}${stage.slice(10)}`;
  const connection = new Database(join(copy, "state.db"));
  connection
    .prepare(
      `INSERT INTO stage (key, kind, version, parameters, inputs, state)
       SELECT ?, kind, version, parameters, inputs, 'new' FROM stage WHERE key = ?`,
    )
    .run(twin, stage);
  connection.close();
  await assert.rejects(
    speak("twins", `${stage.slice(0, 8)}:3`),
    (error: unknown) =>
      error instanceof UsageError &&
      error.what === "2 sample stages begin so" &&
      error.next === `give more: ${stage.slice(0, 10)}, ${twin.slice(0, 10)}`,
  );
  assert.match(await speak("twins", `${stage.slice(0, 10)}:3`), /^candidate +\w{10}:3, /m);
  rmSync(copy, { recursive: true });
});

test("what a model wrote is shown and obeyed by no terminal; a long text is cut, JSON has it whole", async () => {
  const copy = join(cwd, "runs/hostile");
  cpSync(join(cwd, "runs/scripted"), copy, { recursive: true });
  const hostile = `\u001b[31mred\u202eevil\nreplace-weak/0/2/3: forged ${"long ".repeat(200)}`;
  const connection = new Database(join(copy, "state.db"));
  connection.prepare("UPDATE candidate SET completion = ?").run(hostile);
  connection.exec("UPDATE attempt SET try_count = 3, repeat_count = 2, cost_usd = 0.5, unseen_usd = 0.2");
  connection.close();
  const text = await speak("hostile", "replace-weak/0/2/3");
  assert.match(
    text,
    /^written +␛\[31mred⟨U\+202E⟩evil␊replace-weak\/0\/2\/3: forged long .* \.\. \(\d+ characters more\)$/m,
  );
  assert.match(text, /: done, \d candidates, 3 tries, 0\.3 USD, 2 possibly paid twice \(at most 0\.2 USD more\)$/m);
  const found = await speak("hostile", "--find", "evil");
  assert.ok(found.includes("evil") && !["\u001b", "\u202e"].some((control) => found.includes(control)));
  const told = JSON.parse(await speak("hostile", "replace-weak/0/2/3", "--json")) as Told;
  assert.equal(told.candidate?.completion, hostile);
  rmSync(copy, { recursive: true });
});

test("of a run that has only begun, a corpus is not assembled yet; damage is a fault of the storage", async () => {
  await runPlanned(join(cwd, "runs/begun"), [arms[0]!], { halt: { kind: "select", after: 0 } });
  assert.match(await speak("begun"), /^accumulate\/0\/1 +0 +0 +new$/m);
  assert.match(await speak("begun", "accumulate/0/1"), /not assembled yet/);
  await assert.rejects(
    speak("begun", "accumulate/0/1/0"),
    (error: unknown) => error instanceof UsageError && /is not assembled yet \(new\)/.test(error.what),
  );
  const connection = new Database(join(cwd, "runs/begun/state.db"));
  connection.exec("UPDATE stage SET inputs = 'not JSON'");
  connection.close();
  await assert.rejects(
    speak("begun"),
    (error: unknown) => error instanceof StoreError && /the record of stage \w+ is damaged/.test(error.message),
  );
  rmSync(join(cwd, "runs/begun"), { recursive: true });
});

test("the command line: found, refused and damaged, each with its exit code and one line", async () => {
  const found = await runRefeed(["why", "runs/scripted", "accumulate/0/1/12"], { cwd });
  assert.deepEqual([found.code, found.stderr], [0, ""]);
  assert.match(found.stdout, /^accumulate\/0\/1\/12: row 12 of the 60 that model 1 is trained on; synthetic, 1 syn/);
  const refused = await runRefeed(["why", "scripted", "acumulate/0/1/12"], { cwd });
  assert.deepEqual(
    [refused.code, refused.stderr],
    [2, '"acumulate/0/1/12": there is no such example\n  did you mean accumulate/0/1/12?\n'],
  );
  const gaussian = "schema: 1\nname: g\nsystem: { kind: gaussian, dimensions: 1, samples: 10 }\ngenerations: 1\n";
  writeFileSync(join(cwd, "g.yaml"), gaussian);
  assert.equal((await runRefeed(["run", "g.yaml", "--quiet"], { cwd })).code, 0);
  const none = await runRefeed(["why", "g"], { cwd });
  assert.equal(none.code, 2);
  assert.match(
    none.stderr,
    /^runs\/g: keeps no examples: its system simulates.*\n {2}ask for a run of a language .*\n$/,
  );
  mkdirSync(join(cwd, "runs/broken"));
  writeFileSync(join(cwd, "runs/broken/state.db"), "no database ".repeat(500));
  const broken = await runRefeed(["why", "broken", "accumulate/0/1/12"], { cwd });
  assert.equal(broken.code, 5);
  assert.match(broken.stderr, /is damaged or no run database\n/);
});
