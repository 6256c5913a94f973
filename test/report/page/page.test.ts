import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { RunRecord } from "../../../src/domain/record.ts";
import { createMarkers } from "../../../src/report/charts/marker.ts";
import { renderPage } from "../../../src/report/page/page.ts";
import { computeSummary } from "../../../src/report/summary.ts";
import { createFakeRecord, createGaussianRecord, newswireArms } from "../../helpers/fake-record.ts";
import { readElements, readText } from "../../helpers/markup.ts";
import { payloads } from "../../helpers/payloads.ts";

const render = (record: RunRecord): string =>
  renderPage({
    record,
    summary: computeSummary(record),
    examples: record.examples(10),
    markers: createMarkers(record.arms),
    figures: [],
    moreFigures: [],
    files: ["metrics.csv"],
  });

test("a reader is told what happened to each arm, with numbers and verdicts", () => {
  const text = readText(render(createFakeRecord())).replace(/\s+/g, " ");
  assert.match(text, /A language model was trained on real data \(generation 0\)\. Then, 3 times in a row,/);
  assert.match(text, /4 conditions, called arms, and each was repeated with 3 random seeds/);
  assert.match(text, /One more model was trained for reference\./);
  assert.match(
    text,
    /Ended worse than it began: replace, replace-random-25\. Ended better than it began: replace-oracle-25\. No clear change: accumulate\./,
  );
  assert.match(text, /replace ?0\.565 \u2192 0\.452 \(\u221220 %\)change \u22120\.\d+ to \u22120\.\d+\u25bc worse/);
  assert.match(text, /against the arm replace/);
  assert.match(text, /full \(reference line\)/);
});

test("the page stands alone: no script, no address, and a policy that allows its own style alone", () => {
  const page = render(createFakeRecord());
  const elements = readElements(page);
  const allowed =
    "!doctype html head meta title style body main header section h1 h2 h3 p bdi br strong span div table thead tbody tr th td details summary dl dt dd a pre svg path";
  for (const { name, attributes } of elements) {
    assert.ok(allowed.split(" ").includes(name), name);
    for (const key of Object.keys(attributes)) assert.doesNotMatch(key, /^on|^style$|^src/);
  }
  assert.deepEqual(
    elements.filter(({ name }) => name === "a").map(({ attributes }) => attributes.href),
    ["metrics.csv"],
  );
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)![1]!;
  assert.doesNotMatch(style, /url\(|@import|https?:/);
  const digest = createHash("sha256").update(style).digest("base64");
  const policy = elements.find(({ attributes }) => attributes["http-equiv"] === "Content-Security-Policy")!;
  assert.equal(
    policy.attributes.content,
    `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`,
  );
});

test("ten texts stand side by side, an arm a row, a generation a column", () => {
  const page = render(createFakeRecord());
  assert.equal(page.match(/class="example"/g)!.length, 10);
  const [first] = page.split('class="example"').slice(1);
  assert.equal(first!.match(/<th scope="row">/g)!.length, 5);
  assert.match(readText(first!), /accumulate board closes closes closes pier 0/);
  assert.match(readText(first!), /the harbour board of port 0/);
});

test("many generations show seven columns, the first and the last among them; long texts are cut with a word", () => {
  const record = createFakeRecord({
    generations: 20,
    items: 3,
    dress: (text) => (text.startsWith("on monday") ? text.repeat(100) : text),
  });
  const text = readText(render(record));
  assert.match(text, /Generations 0, 3, 7, 10, 13, 17, 20 of 21 are shown\./);
  assert.match(text, /\(cut at 4000 of 10\d\d\d characters\)/);
});

test("a system without texts has no section of texts; a run without measurements still has its page", () => {
  const gaussian = readText(render(createGaussianRecord({ seeds: 8, generations: 2 })));
  assert.doesNotMatch(gaussian, /What the models wrote/);
  assert.match(gaussian, /0 to 7 \(8 seeds\)/);
  assert.match(gaussian, /the same seeds before and after/);
  const empty = readText(render({ ...createFakeRecord(), measurements: () => [], examples: () => [] }));
  assert.match(empty, /Nothing has been measured after generation 0 yet\./);
});

test("no text of any field becomes an element or an attribute of the page", () => {
  const shape = (page: string) =>
    readElements(page).map(({ name, attributes }) => ({ name, keys: Object.keys(attributes) }));
  // A plain text that differs by position keeps arms apart as the payloads do.
  const small = { items: 2, seeds: 1, generations: 1 };
  const expected = shape(render(createFakeRecord({ ...small, dress: (text) => `dressed ${text}` })));
  assert.ok(payloads.length >= 150);
  for (const payload of payloads) {
    const page = render(createFakeRecord({ ...small, dress: (text) => payload + text }));
    assert.deepEqual(shape(page), expected, payload);
  }
});

const renderPlain = (record: RunRecord): string => readText(render(record)).replace(/\s+/g, " ");

test("an unfinished run says so before anything else, and tells nothing as done that is not", () => {
  const record = createFakeRecord();
  const words = {
    failed: "failed",
    interrupted: "was interrupted",
    running: "is not finished",
    new: "is not finished",
  };
  for (const [state, how] of Object.entries(words)) {
    const text = renderPlain({ ...record, state: state as RunRecord["state"], progress: { done: 7, planned: 12 } });
    assert.match(
      text,
      new RegExp(`newswire This report is partial: the run ${how}, and 7 of its 12 stages are done\\.`),
    );
    assert.match(text, /Then, 3 times in a row, a new model is to be trained on data/);
    assert.match(text, /So far worse than it began/);
    assert.doesNotMatch(text, /was trained|were trained|was repeated|Ended/);
  }
  assert.match(renderPlain({ ...record, progress: { done: 11, planned: 12 } }), /This report is partial/);
  assert.doesNotMatch(renderPlain(record), /partial|So far/);
});

test("percent and means of a change are of the seeds that both ends have", () => {
  const record = createFakeRecord({ seeds: 2, generations: 1, arms: [{ id: "replace", fields: {}, slope: 0 }] });
  const values = new Map([
    ["0/0", 1],
    ["0/1", 2],
    ["1/0", 3],
  ]);
  const text = renderPlain({
    ...record,
    state: "interrupted",
    *measurements() {
      for (const one of record.measurements()) {
        const value = values.get(`${one.seed}/${one.generation}`);
        if (one.metric === "loss" && value !== undefined) yield { ...one, value, items: null, low: null, high: null };
      }
    },
  });
  assert.match(text, /1 \u2192 2 \(\+100 %\)/);
  assert.match(text, /Only seeds that were measured both before and after count\./);
});

test("a difference is printed only where the two models shown are of one generation", () => {
  const record = createFakeRecord();
  const shorter = {
    ...record,
    *measurements() {
      for (const one of record.measurements()) if (one.arm !== "replace" || one.generation === 0) yield one;
    },
  };
  const rows = (one: RunRecord): string[] => {
    const [, section] = render(one).split("<h2>Arms compared</h2>");
    return section!.split("<tr>").map((row) => readText(row).replace(/\s+/g, " "));
  };
  const verdict = /better|worse|unclear/;
  assert.ok(rows(record).some((row) => row.startsWith("accumulate") && verdict.test(row)));
  assert.ok(!rows(shorter).some((row) => row.startsWith("accumulate") && verdict.test(row)));
});

test("one test text gives a number as it is, no interval, and no verdict", () => {
  const record = createFakeRecord({ items: 1, seeds: 1, generations: 1 });
  const text = renderPlain({
    ...record,
    *measurements() {
      for (const one of record.measurements()) {
        if (one.metric !== "rouge1") continue;
        const value = one.generation === 0 ? 0.5 : 0.2353;
        yield { ...one, value, low: value, high: value, items: Float64Array.of(value) };
      }
    },
  });
  assert.match(text, /0\.5000 \u2192 0\.2353 \(\u221253 %\)change no interval\u25cf unclear/);
  assert.doesNotMatch(text, /\u25bc worse|\u25b2 better/);
});

test("one of a thing is not told as many, nor none as a number", () => {
  const [arm] = newswireArms;
  const one = createFakeRecord({ arms: [arm!], seeds: 1, generations: 0 });
  const text = renderPlain({ ...one, examples: () => one.examples(1) });
  assert.match(
    text,
    /No model was trained on what it wrote\. The loop was run under 1 condition, called an arm, with 1 random seed\./,
  );
  assert.match(text, / 1 text of the test split, seed 0: what each arm's model of each generation made of it\./);
  assert.match(
    renderPlain(createFakeRecord({ arms: [arm!], generations: 1 })),
    /Then, once,.* called an arm, and it was repeated with 3/,
  );
  assert.match(renderPlain(createFakeRecord({ seeds: 1 })), /called arms, each with 1 random seed\./);
});

test("a ratio to real data is called higher or lower, never better", () => {
  const text = renderPlain(createGaussianRecord({ seeds: 8, generations: 2 }));
  assert.match(text, /Trace ratio \(1 is real data; below 1 spread is lost\): Spread/);
});

test("a hosted model that wrote without a prompt is held against no model that answers, nor shown beside articles", () => {
  const [arm] = newswireArms;
  const record = createFakeRecord({ arms: [arm!], generations: 1 });
  const teachers = [{ arm: "replace", endpoint: "base", model: "base-70b" }];
  const examples = (one: RunRecord) => one.examples(2);
  const plain = (one: RunRecord): string => renderPlain({ ...one, examples: () => examples(record) });
  assert.match(plain({ ...record, teachers }), /Ended worse than it began: replace/);

  const apart = plain({ ...record, teachers, unprompted: "teachers" });
  assert.match(apart, /The hosted model wrote whole texts without a prompt; models that are trained on them read/);
  assert.match(apart, /No change is told of replace:/);
  assert.doesNotMatch(apart, /than it began/);
  const [, wrote = ""] = apart.split("What the models wrote");
  const [answers = "", free = ""] = wrote.split("Written without a prompt");
  const outputs = examples(record).map(({ generation, outputs: [output] }) => ({ generation, text: output!.text }));
  for (const { generation, text } of outputs) {
    assert.equal(answers.includes(text), generation === 1, text);
    assert.equal(free.includes(text), generation === 0, text);
  }
  assert.doesNotMatch(free, /The article:|Reference summary:|of the test split/);

  // Where every model writes whole texts they are alike.
  const all = plain({ ...record, unprompted: "all" });
  assert.match(all, /Ended worse than it began: replace/);
  assert.doesNotMatch(all, /Reference summary:/);
});

test("a hosted model is not called one that was trained, and a record that says nothing of it reads as before", () => {
  const record = createFakeRecord({ generations: 1 });
  const own = record.arms.filter(({ isLine }) => !isLine).map(({ id }) => id);
  const begin = (arms: readonly string[], endpoint = "teacher") =>
    arms.map((arm) => ({ arm, endpoint, model: `${endpoint}-70b` }));
  const hosted = renderPlain({ ...record, teachers: begin(own) });
  assert.match(hosted, /Generation 0 is the hosted model teacher-70b \(endpoint teacher\) as it stands: this run/);
  assert.match(hosted, /Then, once, a new model was trained on data/);
  assert.doesNotMatch(hosted, /trained on real data/);

  const two = renderPlain({ ...record, teachers: [...begin(own.slice(0, 2)), ...begin(own.slice(2), "other")] });
  assert.match(
    two,
    /Generation 0 of replace, accumulate is the hosted model teacher-70b \(endpoint teacher\) as it stands\./,
  );
  assert.match(two, /Generation 0 of replace-oracle-25, replace-random-25 is the hosted model other-70b/);
  assert.doesNotMatch(two, /trained on real data/);

  const both = renderPlain({ ...record, teachers: begin(own.slice(0, 1)) });
  assert.match(both, /trained on real data \(generation 0\)\. Generation 0 of replace is the hosted model teacher-70b/);
  // A reference line is no arm, and was not trained either.
  const line = renderPlain({ ...record, teachers: begin(["full"]) });
  assert.match(line, /A language model was trained on real data/);
  assert.doesNotMatch(line, /trained for reference/);
});
