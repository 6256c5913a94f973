import assert from "node:assert/strict";
import { test } from "node:test";
import { renderPath } from "../../../src/text/input/shown-path.ts";

test("what lies below is shown from there, everything else whole", () => {
  const shown = ["/a/b/c/d", "/a/b/..c", "/a/b", "/a", "/a/bc", "/x/y"].map((path) => renderPath(path, "/a/b"));
  assert.deepEqual(shown, ["c/d", "..c", ".", "/a", "/a/bc", "/x/y"]);
});
