import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findSourceChange } from "../../../src/experiment/change/source.ts";
import { prepareExperiment } from "../../../src/experiment/prepare.ts";
import { readExperiment } from "../../../src/experiment/read.ts";
import { computeDigest } from "../../../src/keys/digest.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

test("a prompt beside the experiment counts as part of it; flags are read where they were given", async (context) => {
  const cwd = createTemporaryFolder(context);
  const [file, prompt] = [join(cwd, "mine.yaml"), join(cwd, "mine.jinja")];
  const [old, now] = ["{{ article }}\n", "Shortly: {{ article }}\n"];
  const text = "dataset: { name: newswire, train: 20, test: 5 }\nprompt: ./mine.jinja\n";
  writeFileSync(file, text);
  writeFileSync(prompt, old);
  const { signal } = new AbortController();
  const prepared = await prepareExperiment(await readExperiment("mine.yaml", { cwd, sets: ["real=50%"] }), signal);
  assert.equal(await findSourceChange(prepared), null);

  writeFileSync(prompt, now);
  const change = { field: "prompt.sha256", before: computeDigest(old), after: computeDigest(now) };
  assert.deepEqual(await findSourceChange(prepared), { path: file, differences: [change] });
  writeFileSync(file, text.replace("train: 20", "train: 30"));
  const train = { field: "dataset.train", before: 20, after: 30 };
  assert.deepEqual(await findSourceChange(prepared), { path: file, differences: [train, change] });
  writeFileSync(file, `${text}real: 75%\n`);
  assert.deepEqual((await findSourceChange(prepared))?.differences, [change], "the flag still decides");

  const flagged = await readExperiment(file, { cwd: join(cwd, "sub"), sets: ["prompt=../mine.jinja"] });
  const given = await prepareExperiment(flagged, signal);
  writeFileSync(file, `# the same\n${text}real: 75%\n`);
  assert.equal(await findSourceChange(given), null);
});
