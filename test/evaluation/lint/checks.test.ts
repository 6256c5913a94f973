import assert from "node:assert/strict";
import { test } from "node:test";
import type { LintLimit } from "../../../src/domain/lint.ts";
import { computeChecks, lintNames, renderBreach, renderShare } from "../../../src/evaluation/lint/checks.ts";
import { createLintTurn } from "../../helpers/fake-record.ts";

const unattacked = createLintTurn({ arm: "a", seed: 0, generation: 2, last: 3 });
const turn = {
  ...unattacked,
  attacks: { scored: 8, unscorable: 2, succeeded: 2, mean: 3.5, candidateMean: 6 },
};
const limit: LintLimit = { max: null, min: null, fatal: false };

test("every check has a share, and every limit a check", () => {
  const checks = computeChecks(turn, {});
  const accepting = computeChecks({ ...turn, acceptance: { accepted: 30, candidates: 40 } }, {});
  const byName = new Map([...accepting, ...checks].map((check) => [check.name, check]));
  // Texts that are no rows are no fault where they are drawn until enough are.
  const names = (of: typeof checks) => new Set(of.map(({ name }) => name));
  const only = (of: typeof checks, other: typeof checks) => [...names(of)].filter((name) => !names(other).has(name));
  assert.deepEqual([only(checks, accepting), only(accepting, checks)], [["unparsable"], ["acceptance"]]);
  assert.equal(byName.get("acceptance")?.value, 0.75);
  assert.equal(names(checks).size, checks.length);
  for (const name of lintNames) assert.ok(byName.has(name), name);
  const value = (name: string) => byName.get(name)?.value;
  assert.deepEqual(
    ["duplicates", "effective", "truncated", "accepted", "unscorable", "rejected.below-rank"].map(value),
    [0.6, 0.2, 0.01, 0.5, 0.02, 0.48],
  );
  assert.equal(value("reusedSeeds"), null);
  assert.equal(value("training.unknownTokens"), 2);
  const broken = checks.filter(({ isBroken }) => isBroken);
  assert.deepEqual(broken.map(renderBreach), ["60 % of the texts repeat an earlier one (duplicates: at most 20 %)"]);
});

test("a limit is what it says: reached it holds, passed it is broken, null is none", () => {
  const broken = (name: string, given: Partial<LintLimit>) =>
    computeChecks(turn, { [name]: { ...limit, ...given } }).find((check) => check.name === name)?.isBroken;
  assert.equal(broken("duplicates", { max: 0.6 }), false);
  assert.equal(broken("duplicates", { max: 0.59 }), true);
  assert.equal(broken("duplicates", {}), false);
  assert.equal(broken("effective", { min: 0.2 }), false);
  assert.equal(broken("effective", { min: 0.21 }), true);
  // Nothing to look at breaks nothing.
  assert.equal(broken("reusedSeeds", { max: 0 }), false);
});

test("attacks are told by their share, with the mean scores of both sides, and more than a quarter is too much", () => {
  const read = (succeeded: number) =>
    computeChecks({ ...turn, attacks: { ...turn.attacks, succeeded } }, {}).filter(({ name }) => /^attacks/.test(name));
  assert.deepEqual(
    read(2).map(({ name, value, isBroken }) => [name, value, isBroken]),
    [
      ["attacks", 0.25, false],
      ["attacks.unscorable", 0.2, false],
      ["attacks.score", 3.5, false],
      ["attacks.candidateScore", 6, false],
    ],
  );
  const [broken] = read(3);
  assert.ok(broken?.isBroken);
  const told = "37.5 % of the attacks on the judge got what the median candidate got or more (attacks: at most 25 %)";
  assert.equal(renderBreach(broken), told);
});

test("what has not run has no checks", () => {
  assert.deepEqual(computeChecks({ ...unattacked, training: null, sample: null, selection: null }, {}), []);
  const copied = computeChecks({ ...turn, copies: 2 }, {}).find(({ name }) => name === "copiedStages");
  assert.ok(copied?.isBroken);
  assert.equal(renderBreach(copied), "2 other sample stages drew these very candidates (copiedStages: at most 0)");
});

test("a share that is not all and not nothing is never written as if it were", () => {
  const shares = [0, 1, 0.5, 1 / 3, 0.00001, 0.99999, 0.9999, 0.9996, 0.0123];
  const expected = ["0 %", "100 %", "50 %", "33.3 %", "under 0.01 %", "over 99.99 %", "99.99 %", "99.96 %", "1.23 %"];
  assert.deepEqual(shares.map(renderShare), expected);
});
