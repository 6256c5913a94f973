// What doctor tells of an endpoint that was probed: a line for each thing an experiment may ask of it, and a problem where
// this one does ask and it cannot.

import type { EndpointSettings } from "../providers/endpoint.ts";
import { adviseDraws, describeFewer } from "../providers/proving/checks.ts";
import type { Evidence } from "../providers/proving/evidence.ts";
import { givenAdvice } from "../providers/proving/proof.ts";
import type { TrialQuestion } from "../providers/proving/proof-cost.ts";
import { adviseQuestion } from "../providers/proving/verdicts.ts";
import { createOk, createProblem, createWarning, type Finding } from "../store/inspection/finding.ts";
import { renderVisibleLine } from "../text/visible.ts";
import type { Pace } from "./pace.ts";

/** What the experiment asks of it. */
export interface Needs {
  readonly isSampled: boolean;
  /** Given texts are scored there. */
  readonly isScored: boolean;
  /** Candidates are scored by the log-probabilities they came with. */
  readonly hasSelf: boolean;
  readonly hasStop: boolean;
  readonly draws: number;
  /** What a judge asks there. */
  readonly question?: TrialQuestion;
}

export function* listEndpointFindings(
  { evidence, pace, needs }: { readonly evidence: Evidence; readonly pace: Pace; readonly needs: Needs },
  { name, draws, ask }: Pick<EndpointSettings, "name" | "draws" | "ask">,
): Generator<Finding> {
  const { listed, model, abilities, given } = evidence;
  const named = listed?.some(({ id, lineage }) => id === model || lineage === model);
  const others = (evidence.names ?? []).filter((each) => each !== model);
  const as = others.length === 0 ? "" : `; it answers as ${renderVisibleLine(others.join(", ")).slice(0, 300)}`;
  const count = listed === null ? "it has no list" : `of ${listed.length} that it lists`;
  yield createOk(
    "model",
    (named ? `${model}, ${count}` : `${model} answers; ${count}${listed ? " it is none by that name" : ""}`) + as,
  );
  yield describeDraws(evidence, { name, draws, needs });
  yield describeSwitch("seed", abilities.seed, {
    lack: "seed is ignored: a draw that is asked for again is another draw",
    next: needs.isSampled ? "nothing is to be done: what is recorded is never drawn again" : null,
  });
  yield describeSwitch("stop", abilities.stop, {
    lack: "stop texts are ignored",
    next: needs.hasStop ? "leave sample.stop out, or sample another server" : null,
    isNeeded: needs.hasStop,
  });
  yield describeTerms(evidence, needs);
  if (given.kind === "proved") {
    const { tokenCount, median, high } = given.agreement;
    const measured = `median difference ${show(median)} nats, 95th percentile ${show(high)}, over ${tokenCount} tokens`;
    yield createOk("given texts", `scored and proved as ${given.way}: ${measured}`);
  } else if (given.kind === "unasked") yield createOk("given texts", "whether they are scored was not found out");
  else if (needs.isScored) {
    yield createProblem("given texts", { what: `cannot be scored: ${given.reason}`, next: givenAdvice });
  } else yield createOk("given texts", `cannot be scored, and are not: ${given.reason}`);
  if (evidence.verdict && needs.question) yield describeVerdict(evidence, needs.question, name);
  yield describeTemplate(evidence, ask);
  yield describePace(pace);
}

/** A problem where a run would be refused at its start, and nowhere else. */
function describeDraws(
  { abilities }: Evidence,
  { name, draws, needs }: Pick<EndpointSettings, "name" | "draws"> & { needs: Needs },
): Finding {
  const fewer = describeFewer(abilities);
  if (fewer === null && abilities.n === true) {
    return createOk("draws", "n is heeded: several draws of a prompt in one request");
  }
  const what = fewer ?? "whether n is heeded was not found out";
  if (draws === "n" && fewer !== null && needs.isSampled && needs.draws > 1) {
    return createProblem("draws", { what, next: adviseDraws(name) });
  }
  return createOk("draws", draws === "n" ? what : `${what}: a request for each draw`);
}

function describeSwitch(
  check: string,
  isHeeded: boolean | null,
  { lack, next, isNeeded = false }: { lack: string; next: string | null; isNeeded?: boolean },
): Finding {
  if (isHeeded === true) return createOk(check, "is heeded");
  const what = isHeeded === null ? "whether it is heeded was not found out" : lack;
  if (next === null || isHeeded === null) return createOk(check, what);
  return isNeeded ? createProblem(check, { what, next }) : createWarning(check, { what, next });
}

function describeTerms({ abilities }: Evidence, { hasSelf }: Needs): Finding {
  if (abilities.logProbabilities) return createOk("log-probabilities", "told of what it writes");
  const what = "not told of what it writes";
  if (!hasSelf) return createOk("log-probabilities", what);
  return createProblem("log-probabilities", {
    what,
    next: "a verifier of kind self needs them: choose another verifier",
  });
}

function describeVerdict({ verdict }: Evidence, { field, maxTokens }: TrialQuestion, name: string): Finding {
  if (verdict?.kind === "refused") {
    const what = `what a judge asks is not taken: ${verdict.reason}`;
    return createProblem("verdicts", { what, next: adviseQuestion(verdict, { name, field }) });
  }
  if (verdict?.kind !== "taken") return createOk("verdicts", "whether a judge's questions are taken was not found out");
  if (verdict.isObject) return createOk("verdicts", "a judge's question is answered with one JSON object");
  return createWarning("verdicts", {
    what: "a judge's question is taken and not answered with one JSON object, which is all that is read",
    next: `see what it answers: it may have more to say than ${field} (${maxTokens}), or not heed a schema`,
  });
}

function describeTemplate({ abilities }: Evidence, ask: EndpointSettings["ask"]): Finding {
  const routes = [
    ...(abilities.chat ? ["chats, by the server's own template"] : []),
    ...(abilities.completions ? ["raw completions"] : []),
  ];
  const asked = ask === "chat" ? "chats are asked" : "raw completions are asked";
  return createOk("routes", `${routes.length > 0 ? routes.join(" and ") : "none was found"}; ${asked}`);
}

/** `median 12 ms over 6 requests`. */
export function renderMedian({ latencies }: Pick<Pace, "latencies">): string {
  const sorted = [...latencies].sort((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `median ${show(median)} ms over ${latencies.length} requests`;
}

function describePace({ latencies, writtenCount, writingMs, usd }: Pace): Finding {
  const rate = writingMs > 0 ? `, ${show((1000 * writtenCount) / writingMs)} tokens/s one request at a time` : "";
  const paid = usd > 0 ? `, for ${Number(usd.toFixed(6))} USD` : "";
  return createOk("pace", `${renderMedian({ latencies })}${rate}${paid}`);
}

const show = (value: number): string => String(Number(value.toPrecision(3)));
