// What every field of the endpoints key changes: who is asked is part of a key, how and at what price is not.

import type { ChangeRow } from "./change-table.ts";

interface Stales {
  /** Everything that comes of another model of generation 0. */
  readonly teacher: readonly string[];
  /** Everything that comes of other scores of the weak verifier. */
  readonly weak: readonly string[];
}

const teacher = ["endpoints={ teacher: { url: http://127.0.0.1:1/v1, model: m } }", "model.first.endpoint=teacher"];
const routed = ["endpoints={ teacher: { provider: huggingface, model: m } }", "model.first.endpoint=teacher"];
const weak = [
  "endpoints={ scorer: { url: http://127.0.0.1:1/v1, model: m } }",
  "verifiers.weak.model={ endpoint: scorer }",
];

const row = (path: string, to: string, change: Partial<ChangeRow> = {}): ChangeRow => ({
  system: "language",
  path: `endpoints.*${path}`,
  at: `endpoints.teacher${path}`,
  with: teacher,
  to,
  ...change,
});

export function createEndpointRows(stale: Stales): readonly ChangeRow[] {
  const told = { stale: stale.teacher };
  const scored = (path: string, to: string, change: Partial<ChangeRow> = {}): ChangeRow =>
    row(path, to, { at: `endpoints.scorer${path}`, with: weak, ...change });
  return [
    row("", "{ url: http://127.0.0.1:2/v1, model: other }", told),
    { system: "language", path: "endpoints", to: "{ idle: { url: http://127.0.0.1:1/v1 } }" },
    row(".provider", "huggingface", told),
    row(".provider", "openai", { with: routed, refused: /has no url/ }),
    row(".url", "http://127.0.0.1:2/v1"),
    row(".url", "[http://127.0.0.1:2/v1, http://127.0.0.1:3/v1]"),
    row(".url", "serve", { refused: /serves this run's own models/ }),
    row(".model", "other", told),
    row(".revision", "abc", told),
    row(".names", "[m-2026-01-01]"),
    row(".names", "[m]", {
      ...{ at: "endpoints.own.names", with: ["endpoints={ own: { url: serve } }", "model.endpoint=own"] },
      refused: /answer each by its own name/,
    }),
    row(".route", "together", { ...told, with: routed }),
    row(".route", "together", { refused: /only huggingface routes/ }),
    row(".key", "MY_KEY"),
    row(".ask", "completions", told),
    row(".ask", "chat", {
      ...told,
      with: [
        "endpoints={ teacher: { url: http://127.0.0.1:1/v1, model: m, ask: completions } }",
        "model.first.endpoint=teacher",
      ],
    }),
    row(".system", "be brief", told),
    row(".before", "Summarise", told),
    row(".after", "Summary", told),
    row(".join", "x", { stale: ["A evaluate:loss 0", "B evaluate:loss 0", "L evaluate:loss 0"] }),
    scored(".join", "x", { stale: stale.weak }),
    scored(".model", "other", { stale: stale.weak }),
    row(".params", "{ min_p: 0.1 }", told),
    ...["model", "messages", "prompt", "n", "stream"].map((member) =>
      row(".params", `{ ${member}: 1 }`, { refused: /decides what is asked and read/ }),
    ),
    row(".params.*", "0.1", { ...told, at: "endpoints.teacher.params.min_p" }),
    ...["auto", "vllm", "sglang", "tgi", "llama-cpp", "together", "refeed"].map((shape) => scored(".given", shape)),
    row(".given", "none", { refused: /scores no given texts/ }),
    scored(".given", "none", { refused: /scores no given texts/ }),
    row(".given", "none", { with: [...teacher, "evaluate.metrics=[rouge1]"] }),
    ...["auto", "n", "single"].map((draws) => row(".draws", draws)),
    row(".stream", "true"),
    ...["required", "optional"].map((finish) => row(".finish", finish)),
    ...["live", "batch"].map((mode) => row(".mode", mode)),
    row(".price", "{ input: 1 }"),
    ...["input", "output", "request"].map((price) => row(`.price.${price}`, "1")),
    row(".limits", "{ tries: 2 }"),
    ...["concurrency", "requests", "tokens", "firstByteMs", "idleMs", "totalMs", "waitMs", "tries"].map((limit) =>
      row(`.limits.${limit}`, "7"),
    ),
    row(".limits.answerBytes", "4096"),
    row(".limits.concurrency", "1", {
      with: [
        "endpoints={ teacher: { url: [http://127.0.0.1:2/v1, http://127.0.0.1:3/v1], model: m } }",
        "model.first.endpoint=teacher",
      ],
      refused: /2 servers cannot share 1 request in flight/,
    }),
    { system: "language", path: "model.first.endpoint", with: teacher.slice(0, 1), to: "teacher", ...told },
    { system: "language", path: "model.first.endpoint", with: teacher, to: "null", ...told },
    { system: "language", path: "model.first.endpoint", to: "teacher", refused: /there is no endpoint "teacher"/ },
    { system: "language", path: "model.endpoint", with: ["endpoints={ own: { url: serve } }"], to: "own" },
    { system: "language", path: "model.endpoint", with: teacher, to: "teacher", refused: /serves m, not the model of/ },
    {
      system: "language",
      path: "verifiers.*.model.endpoint",
      at: "verifiers.weak.model.endpoint",
      with: weak.slice(0, 1),
      to: "scorer",
      stale: stale.weak,
      dropped: ["B assemble:weak 0", "B train:weak 0"],
    },
  ];
}
