import assert from "node:assert/strict";
import { test } from "node:test";
import { toPlain } from "../../../src/experiment/document/node.ts";
import { parseFileText } from "../../../src/experiment/document/yaml.ts";
import fc from "../../helpers/properties.ts";
import { yamlBombs } from "../../helpers/yaml-bombs.ts";

const read = (text: string) => {
  const { root, problems } = parseFileText(text, "x.yaml");
  return {
    value: root && JSON.parse(JSON.stringify(toPlain(root))),
    told: problems.map(({ where, what }) => `${where}: ${what}`),
  };
};

test("values are those of YAML 1.2's core schema", () => {
  const text =
    "a: no\nb: 0x1F\nc: 0o17\nd: 010\ne: ~\nf: 1e3\ng: 12.5%\nh: 2026-11-21\ni: .5\nj: True\nk: 'x'\nl: 1:30\n";
  const value = {
    a: "no",
    b: 31,
    c: 15,
    d: 10,
    e: null,
    f: 1000,
    g: "12.5%",
    h: "2026-11-21",
    i: 0.5,
    j: true,
    k: "x",
  };
  assert.deepEqual(read(text), { value: { ...value, l: "1:30" }, told: [] });
});

test("anchors and aliases stand for what they name; a byte order mark and CRLF change no position", () => {
  assert.deepEqual(read("a: &x [1, 2]\nb: *x\n"), { value: { a: [1, 2], b: [1, 2] }, told: [] });
  assert.deepEqual(read("a: &x 1\nb: &x 2\nc: *x\n").value, { a: 1, b: 2, c: 2 });
  assert.deepEqual(read("\ufeffa: 1\r\nb: 1\r\na: 2\r\n").told, ["x.yaml:3:1: the key a is given twice"]);
  assert.deepEqual(read("\ufeffa: *b\n").told, ["x.yaml:1:4: the alias *b has no anchor before it"]);
});

for (const [name, [text, first]] of Object.entries(yamlBombs)) {
  test(`${name}: told in time and in little memory`, () => {
    const memory = process.memoryUsage.rss();
    const start = process.cpuUsage();
    const { told } = read(text);
    const { user, system } = process.cpuUsage(start);
    assert.equal(told[0] ?? "", first);
    assert.ok(user + system < 2e6, `took ${(user + system) / 1e6} s of CPU`);
    assert.ok(process.memoryUsage.rss() - memory < 200e6);
  });
}

test("any text at all is read or refused with a place, never thrown over", () => {
  const pieces = [
    "a",
    ":",
    " ",
    "\n",
    "-",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a ",
    "*a",
    "!t ",
    "'",
    '"',
    "#",
    "|",
    ">",
    "?",
    "%",
    "\t",
    "1",
    "~",
    "<<",
    "\r\n",
    "---\n",
  ];
  let refused = 0;
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (parts) => {
      const { root, problems } = parseFileText(parts.join(""), "x.yaml");
      assert.ok(root !== null || problems.length > 0);
      for (const { where, what } of problems) assert.match(`${where} ${what}`, /^x\.yaml:[1-9]\d*:[1-9]\d* ./);
      if (problems.length > 0) refused += 1;
    }),
    { numRuns: 1500 },
  );
  assert.ok(refused > 500, `${refused} refused`);
});
