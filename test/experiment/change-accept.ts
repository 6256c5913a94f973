// What every field of sample.accept changes: what a text must be and how many are wanted, but not how many may be drawn.

import type { ChangeRow } from "./change-table.ts";

const drawn = ["model.trainer=scripted", "sample.accept={ rows: 10, candidates: 100 }"];
const whole = 'sample.accept={ rows: 10, candidates: 100, begin: "a: ", part: " b: " }';
const unprompted = ["model.trainer=scripted", "evaluate.metrics=[loss]", whole];
const acceptance = "AB evaluate:acceptance 0";

/** Another way to train and to ask. */
const everything = [
  "ABL train 0-2",
  "ABL evaluate:* 0-2",
  "AB sample:candidates 0-1",
  "B verify:perplexity 0-1",
  "AB select 0-1",
  "AB assemble 1-2",
  "B train:weak 0",
];

/** `candidates` is everything that comes of other candidates. */
export function createAcceptRows(candidates: readonly string[]): readonly ChangeRow[] {
  const row = (path: string, to: string, change: Partial<ChangeRow> = {}): ChangeRow => ({
    system: "language",
    path,
    to,
    with: drawn,
    stale: [...candidates, acceptance],
    ...change,
  });
  const refused = { stale: [] };
  return [
    row("sample.accept", "{ rows: 10, candidates: 100 }", {
      with: drawn.slice(0, 1),
      stale: candidates,
      added: ["AB evaluate:acceptance 0-1"],
    }),
    row("sample.accept.rows", "12"),
    row("sample.accept.candidates", "120", { stale: [] }),
    row("sample.accept.candidates", "9", { ...refused, refused: /9 candidates cannot make 10 rows/ }),
    row("sample.accept.begin", '"a: "'),
    row("sample.accept.part", '" b: "'),
    row("sample.accept.begin", '"x b: "', {
      with: [...drawn.slice(0, 1), whole],
      ...refused,
      refused: /must hold once/,
    }),
    row("prompt", "none", { with: unprompted, stale: everything }),
  ];
}
