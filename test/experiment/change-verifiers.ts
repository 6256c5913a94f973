// What every field of a verifier that reads changes: what it is asked is part of a key, how long it may take is not.

import type { ChangeRow } from "./change-table.ts";

/** Everything that comes of other scores of the second arm's verifier, whatever its kind. */
type Stales = (kind: "judge" | "reward" | "command") => readonly string[];

const endpoints =
  "endpoints={ one: { url: http://127.0.0.1:1/v1, model: m }, two: { url: http://127.0.0.1:2/v1, model: o } }";
const use = "arms.1.verifier=own";
const judge = [endpoints, "verifiers.own={ kind: judge, endpoint: one }", use];
const pairs = [endpoints, "verifiers.own={ kind: judge, endpoint: one, mode: pairwise, against: lead }", use];
const reward = [endpoints, "verifiers.own={ kind: reward, endpoint: one }", use];
const command = ["verifiers.own={ kind: command, command: [node, ./score.js] }", use];

export function createVerifierRows(staleBy: Stales): readonly ChangeRow[] {
  const row =
    (kind: "judge" | "reward" | "command", given: readonly string[]) =>
    (path: string, to: string, change: Partial<ChangeRow> | "nothing" = {}): ChangeRow => ({
      system: "language",
      path: `verifiers.*${path}`,
      at: `verifiers.own${path}`,
      with: given,
      to,
      ...(change === "nothing" || change.refused ? {} : { stale: staleBy(kind) }),
      ...(change === "nothing" ? {} : change),
    });
  const [judged, paired, rewarded, run] = [
    row("judge", judge),
    row("judge", pairs),
    row("reward", reward),
    row("command", command),
  ];
  return [
    judged(".kind", "reward", {
      refused: /unknown key|is missing|must/,
      with: [...judge, "verifiers.own.mode=rubric"],
    }),
    judged(".kind", "judge", "nothing"),
    run(".kind", "command", "nothing"),
    judged(".endpoint", "two"),
    rewarded(".endpoint", "two"),
    judged(".endpoint", "three", { refused: /there is no endpoint "three"/ }),
    judged(".mode", "rubric", "nothing"),
    judged(".mode", "pairwise", { with: [...judge, "sample.candidates=2"] }),
    judged(".mode", "pairwise", { refused: /own compares draws of a prompt, and there is one/ }),
    judged(".prompt", "./question.jinja"),
    judged(".prompt", "./unmarked.jinja", { refused: /never uses verdict/ }),
    judged(".prompt", "article", { refused: /there is no prompt "article" for a judge in the package/ }),
    judged(".criteria", "{ faithful: Says what the article says. }"),
    judged(".criteria.*", "Says it.", { at: "verifiers.own.criteria.faithful" }),
    judged(".criteria.*", "Says it.", {
      at: "verifiers.own.criteria.reason",
      refused: /must be a name of small letters/,
    }),
    judged(".scale", "{ low: 0, high: 5 }"),
    judged(".scale.low", "0"),
    judged(".scale.high", "5"),
    judged(".scale.high", "1", { refused: /the scale ends where it begins/ }),
    paired(".scale", "{ high: 5 }", { refused: /pairs have no scale/ }),
    paired(".against", "lead", "nothing"),
    paired(".against", "reference"),
    paired(".against", "draws", { with: [...pairs, "sample.candidates=2"] }),
    judged(".against", "lead", { refused: /a rubric judges one text at a time/ }),
    judged(".reference", "true"),
    judged(".maxTokens", "300"),
    judged(".canaries", "3"),
    rewarded(".label", "good"),
    rewarded(".text", '"{{ completion }}"'),
    rewarded(".text", '"{{ prompt }}"', { refused: /text never uses completion/ }),
    run(".command", "[node, ./other-score.js]"),
    run(".command", "[node, ./score.js, --strict]"),
    run(".command", '[""]', { refused: /the name of the program is empty/ }),
    run(".version", "2"),
    run(".reference", "true"),
    run(".env", "[MY_KEY]", "nothing"),
    run(".window", "5", "nothing"),
    run(".programs", "2", "nothing"),
    run(".idleMs", "1000", "nothing"),
  ];
}
