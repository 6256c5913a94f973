import assert from "node:assert/strict";
import { test } from "node:test";
import { renderCsvNumber, renderCsvRow } from "../../../src/report/tables/csv.ts";
import { payloads } from "../../helpers/payloads.ts";
import fc from "../../helpers/properties.ts";

test("numbers read back as they were, infinities and gaps included", () => {
  assert.equal(
    renderCsvRow([0.1 + 0.2, -0.5, 1e-7, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null, Number.NaN]),
    "0.30000000000000004,-0.5,1e-7,inf,-inf,,\n",
  );
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.equal(Number(renderCsvNumber(value)) + 0, value + 0);
    }),
  );
});

test("text is quoted by RFC 4180", () => {
  assert.equal(
    renderCsvRow(["plain", 'say "x"', "a,b", "a\nb", " padded", true]),
    'plain,"say ""x""","a,b","a\nb"," padded",true\n',
  );
});

test("no text is a formula when a spreadsheet opens it", () => {
  const formulas = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "  =1", "\uff1d1", "\u0000=1"];
  for (const text of formulas) {
    const [cell] = readCells(renderCsvRow([text]));
    assert.ok(cell!.startsWith("'"), text);
    assert.equal(cell!.slice(1), text);
  }
});

test("every payload is one cell of one row and comes back whole", () => {
  for (const payload of [...payloads, "'", "''quoted", "'=1"]) {
    const cells = readCells(renderCsvRow([payload, 1, payload]));
    assert.equal(cells.length, 3);
    assert.equal(cells[1], "1");
    const text = payload.toWellFormed();
    // What docs/outputs.md tells programs: one leading apostrophe is taken away, and the text is what it was.
    assert.equal(cells[0]!.replace(/^'/, ""), text);
    assert.equal(cells[2], cells[0]);
    assert.doesNotMatch(cells[0]!, /^\s*[=+\-@\uFF1D]/);
  }
});

/** One row by RFC 4180, read by a reader of the test's own. */
function readCells(row: string): string[] {
  assert.ok(row.endsWith("\n"));
  const cell = /(?:"((?:[^"]|"")*)"|([^",\n\r]*))(,|\n$)/y;
  const cells: string[] = [];
  while (cell.lastIndex < row.length) {
    const match = cell.exec(row);
    assert.ok(match, `not a row: ${row}`);
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
  }
  return cells;
}
