// The report in a real browser: nothing is asked for, nothing goes wrong, every point is there, and no hostile text of
// any field becomes more than text. Needs Debian's chromium; run with: node --test test/integration/report.integration.ts

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import type { RunRecord } from "../../src/domain/record.ts";
import { writeReport } from "../../src/report/report.ts";
import { createFakeRecord, createGaussianRecord, type FakeArm, newswireArms } from "../helpers/fake-record.ts";
import { payloads } from "../helpers/payloads.ts";

const executablePath = "/usr/bin/chromium";
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const folder = mkdtempSync(join(tmpdir(), "refeed-report-"));
let context: BrowserContext;

before(async () => {
  assert.ok(existsSync(executablePath), "there is no /usr/bin/chromium: apt-get install chromium");
  context = await chromium.launchPersistentContext(join(folder, "profile"), { executablePath, args, offline: true });
});

after(async () => {
  await context?.close();
  rmSync(folder, { recursive: true });
});

/** Writes the report into the folder and returns the address of one of its files. */
async function write(record: RunRecord, name = "index.html"): Promise<string> {
  await writeReport(record, async (file, text) => writeFileSync(join(folder, file), text));
  return pathToFileURL(join(folder, name)).href;
}

interface Visit {
  readonly page: Page;
  /** Requests beyond the page itself, dialogs, console messages and errors: all of it unwanted. */
  readonly unwanted: readonly string[];
}

async function openPage(): Promise<Visit & { open(address: string): Promise<void> }> {
  const page = await context.newPage();
  const unwanted: string[] = [];
  let current = "";
  page.on("request", (request) => void (request.url() !== current && unwanted.push(`request ${request.url()}`)));
  page.on("console", (message) => void unwanted.push(`console ${message.text()}`));
  page.on("pageerror", (error) => void unwanted.push(`error ${error.message}`));
  page.on("popup", () => void unwanted.push("popup"));
  page.on("dialog", (dialog) => {
    unwanted.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  return {
    page,
    unwanted,
    async open(address) {
      current = address;
      await page.goto(address);
    },
  };
}

/** Names of all elements with their attributes' names, in order. */
const shape = `[...document.querySelectorAll("*")].map((one) => one.localName + " " + one.getAttributeNames().join(" "))`;
const countMeans = `[...document.querySelectorAll("svg")].map((svg) => svg.querySelectorAll(".means_marks > path").length)`;

test("offline the page asks for nothing, says nothing, and holds as many points as arms x (generations + 1)", async () => {
  const { page, unwanted, open } = await openPage();
  await open(await write(createFakeRecord({ generations: 4 })));
  const counts = (await page.evaluate(countMeans)) as number[];
  // ROUGE-1 by generation and by rows, loss, then a folded figure; the keys beside arms' names hold no points.
  assert.deepEqual(
    counts.filter((count) => count > 0),
    [4 * 5, 4, 4 * 5, 4 * 5],
  );
  assert.equal(await page.locator("script").count(), 0);
  assert.match((await page.textContent("h1"))!, /^newswire$/);
  await page.locator("details").last().locator("summary").click();
  assert.match((await page.textContent("pre"))!, /schema: 1/);
  assert.deepEqual(unwanted, []);
  await page.close();
});

test("a figure stands alone as a file, with the same points, in light and in dark", async () => {
  const { page, unwanted, open } = await openPage();
  const address = await write(createFakeRecord({ generations: 4 }), "loss-by-generation.svg");
  const grounds: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await open(address);
    assert.deepEqual(await page.evaluate(countMeans), [4 * 5]);
    grounds.push((await page.evaluate(`getComputedStyle(document.querySelector("rect")).fill`)) as string);
  }
  assert.deepEqual(grounds, ["rgb(254, 254, 254)", "rgb(21, 24, 29)"]);
  assert.deepEqual(unwanted, []);
  await page.close();
});

test("no two names beside the lines overlap, and none is cut off", async () => {
  const { page, open } = await openPage();
  const arms = Array.from({ length: 12 }, (_, index) => ({
    id: `replace-oracle-${index}`,
    fields: { corpus: "replace", verifier: `v${index}` },
    slope: 0.001 * index,
  }));
  await open(await write(createFakeRecord({ arms, items: 10, generations: 2 }), "rouge1-by-generation.svg"));
  const boxes = (await page.evaluate(`[...document.querySelectorAll(".names_marks text")].map((one) => {
    const { top, bottom, right } = one.getBoundingClientRect();
    return { top, bottom, right, width: document.querySelector("svg").getBoundingClientRect().right };
  })`)) as { top: number; bottom: number; right: number; width: number }[];
  assert.equal(boxes.length, 12);
  boxes.sort((a, b) => a.top - b.top);
  for (const [index, box] of boxes.entries()) {
    assert.ok(box.right <= box.width, `${box.right} of ${box.width}`);
    if (index > 0) assert.ok(box.top >= boxes[index - 1]!.bottom - 0.5);
  }
  await page.close();
});

test("on paper everything folded is open and the ground is white, whatever the system prefers", async () => {
  const { page, unwanted, open } = await openPage();
  await page.emulateMedia({ colorScheme: "dark", media: "print" });
  await open(await write(createFakeRecord()));
  assert.equal(await page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
  assert.ok((await page.locator("pre").boundingBox())!.height > 20);
  assert.ok((await page.pdf()).length > 10_000);
  assert.deepEqual(unwanted, []);
  await page.close();
});

test("a narrow screen scrolls its tables and not its page; a hundred generations are drawn", async () => {
  const { page, unwanted, open } = await openPage();
  await page.setViewportSize({ width: 380, height: 800 });
  for (const record of [createFakeRecord(), createGaussianRecord()]) {
    await open(await write(record));
    assert.ok(((await page.evaluate("document.documentElement.scrollWidth")) as number) <= 380);
  }
  const counts = (await page.evaluate(countMeans)) as number[];
  assert.deepEqual(
    counts.filter((count) => count > 0),
    [2 * 101, 2 * 101],
  );
  assert.deepEqual(unwanted, []);
  await page.close();
});

/** Every text of a record passes through `dress`: what a file, a flag, a model, a dataset or a database may have put there. */
function createDressedRecord(dress: (text: string) => string, kept: ReadonlySet<string>): RunRecord {
  const [first, second] = newswireArms as readonly [FakeArm, FakeArm];
  const record = createFakeRecord({ items: 2, seeds: 1, generations: 1, arms: [first, second], dress });
  const renamed = (name: string): string => (name === "types" ? dress("own") : name);
  return {
    ...record,
    system: dress(record.system),
    facts: record.facts.map(({ name, value }) => ({ name: dress(name), value: dress(value) })),
    metrics: record.metrics
      .filter(({ name }) => kept.has(name))
      .map((metric) => ({ ...metric, name: renamed(metric.name) })),
    *measurements() {
      for (const each of record.measurements())
        if (kept.has(each.metric)) yield { ...each, metric: renamed(each.metric) };
    },
    examples: (count) =>
      record
        .examples(count)
        .slice(0, 3)
        .map((example) => ({ ...example, id: dress(example.id) })),
  };
}

test("hostile texts in every field: no dialog, no request, no message, no element and no attribute more", async () => {
  const { page, unwanted, open } = await openPage();
  /** The shapes of the page and of its figures as files, whose names follow those of metrics. */
  const look = async (dress: (text: string) => string, kept: ReadonlySet<string>): Promise<readonly unknown[]> => {
    const record = createDressedRecord(dress, kept);
    const files: string[] = [];
    await writeReport(record, async (file, text) => {
      files.push(file);
      writeFileSync(join(folder, file), text);
    });
    // A figure opened as a file is XML, which is stricter: one bad character and there is no picture at all.
    const figures = files.filter((file) => file.endsWith(".svg"));
    assert.ok(figures.length === (kept === all ? 3 : 1) && files.includes("index.html"));
    const shapes: unknown[] = [];
    for (const file of ["index.html", ...figures]) {
      await open(pathToFileURL(join(folder, file)).href);
      shapes.push(await page.evaluate(shape));
    }
    return shapes;
  };
  // A figure of a metric with a name of its own for every payload, which costs most; every figure for some.
  const [all, own] = [new Set(["rouge1", "types", "rows"]), new Set(["types"])];
  const expected = new Map<ReadonlySet<string>, readonly unknown[]>();
  for (const kept of [all, own]) expected.set(kept, await look((text) => `dressed ${text}`, kept));
  assert.ok((expected.get(own)![0] as unknown[]).length > 200);
  assert.ok(payloads.length >= 250 && new Set(payloads).size === payloads.length);
  for (const [index, payload] of payloads.entries()) {
    const kept = index % 10 === 0 ? all : own;
    assert.deepEqual(await look((text) => payload + text, kept), expected.get(kept), payload);
    assert.deepEqual(unwanted, [], payload);
  }
  await page.close();
});

test("the search would see a dialog, a request, a breach of the policy and an element", async () => {
  const { page, unwanted, open } = await openPage();
  const address = await write(createFakeRecord({ items: 2, seeds: 1, generations: 1 }));
  await open(address);
  const clean = (await page.evaluate(shape)) as string[];
  const file = join(folder, "index.html");
  const text = readFileSync(file, "utf8");
  const planted = "<img src=https://example.invalid/x.png><script>alert(1)</script>";
  writeFileSync(file, text.replace("</main>", `${planted}</main>`));
  await open(address);
  assert.equal(((await page.evaluate(shape)) as string[]).length, clean.length + 2);
  // The policy holds what has come in: it is said on the console, and neither loaded nor run.
  assert.ok(
    unwanted.some((each) => /console .*Content Security Policy/.test(each)) &&
      !unwanted.some((each) => each.startsWith("dialog")),
    unwanted.join("\n"),
  );
  writeFileSync(
    file,
    text.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, "").replace("</main>", `${planted}</main>`),
  );
  await open(address);
  assert.ok(
    unwanted.includes("dialog 1") && unwanted.includes("request https://example.invalid/x.png"),
    unwanted.join("\n"),
  );
  await page.close();
});
