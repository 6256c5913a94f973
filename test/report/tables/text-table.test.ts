import assert from "node:assert/strict";
import { test } from "node:test";
import { renderTextTable } from "../../../src/report/tables/text-table.ts";

test("words stand left, numbers right, and no line ends in blanks", () => {
  assert.equal(
    renderTextTable(
      ["arm", "mean", "verdict"],
      [
        ["replace", "0.5", "worse"],
        ["accumulate", "-12.25", ""],
      ],
    ),
    "arm           mean  verdict\nreplace        0.5  worse\naccumulate  -12.25\n",
  );
});

test("a cell is one line and obeyed by no terminal", () => {
  assert.equal(renderTextTable(["a"], [["x\n\u001b[2J"]]), "a\nx\u240a\u241b[2J\n");
});

test("without rows there is the head alone", () => {
  assert.equal(renderTextTable(["a", "b"], []), "a  b\n");
});
