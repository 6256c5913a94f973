// What is said of models that changed, beside one another and beside an endpoint that failed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { renderError } from "../../../src/cli/failure.ts";
import { ProviderError } from "../../../src/errors.ts";
import { ChangedModelError, joinChanges } from "../../../src/providers/proving/change.ts";

const change = (name: string, rowCount: number, usd: number): ChangedModelError =>
  new ChangedModelError("m is another", { where: `endpoint ${name}`, again: { rowCount, usd } });

test("a change alone is told as it is; several are a line each, and what taking all of them costs", () => {
  const alone = change("a", 1, 0);
  assert.equal(joinChanges([alone]), alone);
  assert.match(
    alone.next ?? "",
    /--accept-changes: finished stages stay as they are, 1 unfinished row is asked for again$/,
  );
  assert.equal(
    renderError(joinChanges([change("a", 2, 0.25), change("b", 0, 0), change("c", 1, 0.5)])),
    `endpoint a: m is another; where it is taken, 2 unfinished rows are asked for again, for which 0.25 USD were paid
endpoint b: m is another; where it is taken, nothing is asked for again
endpoint c: m is another; where it is taken, 1 unfinished row is asked for again, for which 0.5 USD were paid
  serve the models that were asked before, or take those that are there with refeed resume <run> --accept-changes: finished stages stay as they are, 3 unfinished rows are asked for again, for which 0.75 USD were paid
`,
  );
});

test("an endpoint that failed beside them is told first, with its own way out", () => {
  const joined = joinChanges(
    [change("a", 0, 0)],
    new ProviderError("nobody listens", { where: "endpoint b", next: "start it" }),
  );
  assert.equal(joined.exitCode, 3);
  assert.deepEqual(renderError(joined).split("\n").slice(0, 2), [
    "endpoint b: nobody listens; start it",
    "endpoint a: m is another; where it is taken, nothing is asked for again",
  ]);
});
