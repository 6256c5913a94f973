// The sample stage of an arm that draws until so many rows are accepted: candidate i is draw i / P of prompt i mod P, and
// they are asked for in chunks that follow from what was accepted before them. So an interrupted stage ends with the very
// candidates of one that was not. What a text must be is known to parseText, how many are asked for to computeChunkSize.

import type { Candidate, Prompt } from "../../domain/rows.ts";
import type { CandidateSummary } from "../../domain/shelf.ts";
import { BudgetError, ProviderError } from "../../errors.ts";
import { computeChunkSize } from "../../math/chunk-size.ts";
import { parseText, textFormVersion } from "../../text/input/text-form.ts";
import { hasMarker } from "../../text/markers/chat-markers.ts";
import { createCollector, createRequest, type SampleParameters, withLedger } from "./sample.ts";
import type { Accept, Form, TextForm } from "./settings.ts";
import { findForm, findProviders } from "./teacher.ts";
import type { Work } from "./work.ts";

/** Raised by hand when others would be asked for or accepted. */
export const acceptVersion = 100 * 1 + textFormVersion;

export interface AcceptedSummary extends CandidateSummary {
  readonly acceptance: {
    /** Those beyond the rows that were wanted included. */
    readonly accepted: number;
    readonly candidates: number;
    readonly rate: number;
  };
}

interface AcceptParameters extends Omit<SampleParameters, "draws"> {
  readonly accept: TextForm & { readonly rows: number; readonly rejectMarkers: number | null };
}

/** By candidate: not there yet, of use, or not. */
const [absent, accepted, rejected] = [0, 1, 2] as const;

interface Stage {
  readonly work: Work;
  readonly parameters: AcceptParameters;
  readonly form: Form;
  states: Uint8Array;
}

export async function acceptCandidates(work: Work): Promise<AcceptedSummary> {
  const { context, parts, description } = work;
  const parameters = description.parameters as unknown as AcceptParameters;
  const { rows } = parameters.accept;
  const states = await parts.shelf.readAccepted(context.key);
  const stage = { work, parameters, form: findForm(parts, description.turn), states };
  // What was bought within a larger budget is gone on with.
  const most = Math.max(readBudget(work), states.length);
  let [drawn, succeeded] = [0, 0];
  while (succeeded < rows) {
    const size = computeChunkSize({ drawn, succeeded, wanted: rows, most });
    if (size === 0) throw createExhaustedError({ accepted: succeeded, rows, candidates: drawn, key: context.key });
    const end = drawn + size;
    await drawChunk(stage, { first: drawn, end, succeeded });
    for (; drawn < end; drawn++) if (stage.states[drawn] === accepted) succeeded += 1;
  }
  const summary = await parts.shelf.readSummary(context.key);
  return { ...summary, acceptance: { accepted: succeeded, candidates: drawn, rate: succeeded / drawn } };
}

/** No part of the parameters: with a larger one the stage is gone on with. */
function readBudget({ description }: Work): number {
  return (description.turn.arm.settings.sample.accept as Accept).candidates;
}

interface Chunk {
  readonly first: number;
  readonly end: number;
  /** Before it. */
  readonly succeeded: number;
}

/** Asks for what of a chunk is not there. */
async function drawChunk(stage: Stage, chunk: Chunk): Promise<void> {
  const { work, parameters } = stage;
  const { context, parts, inputs, description } = work;
  const { first, end } = chunk;
  const [source] = inputs;
  if (!source) throw new TypeError("a sample stage needs a model");
  if (stage.states.length < end) stage.states = extend(stage.states, end);
  const { states } = stage;
  const missing = states.subarray(first, end).reduce((count, state) => count + (state === absent ? 1 : 0), 0);
  if (missing === 0) return;

  const model = await parts.shelf.readModel(source.key);
  const request = createRequest({ ...parameters, draws: 1 }, { model, seed: context.key, promptCount: missing });
  const { sampler } = findProviders(parts, description.turn);
  const collected = createCollector(work, { split: parameters.split, draws: null });
  const places = new Map<string, number>();
  const isUnprompted = stage.form === parts.unprompted?.form;
  const asked = sampler.sample(readPrompts(stage, chunk, places), request, withLedger(context, collected.expect));
  let [refused, reached] = [0, chunk.succeeded + countAccepted(states, chunk)];
  for await (const drawn of isUnprompted ? explainRefusal(asked) : asked) {
    const candidate = judge(drawn, parameters.accept);
    const id = takePlace(places, candidate);
    states[id] = isAccepted(candidate) ? accepted : rejected;
    if (candidate.finish === "refused") refused += 1;
    if (states[id] === accepted) reached += 1;
    await collected.add(candidate);
    context.progress.report(Math.min(reached, parameters.accept.rows), parameters.accept.rows);
  }
  await collected.finish();
  if (refused === missing && isUnprompted) throw createRefusedError(missing);
}

function extend(states: Uint8Array, length: number): Uint8Array {
  const extended = new Uint8Array(length);
  extended.set(states);
  return extended;
}

function countAccepted(states: Uint8Array, { first, end }: Chunk): number {
  return states.subarray(first, end).reduce((count, state) => count + (state === accepted ? 1 : 0), 0);
}

/** Every missing candidate as a prompt of its own, with the one draw that it is. */
async function* readPrompts(
  { work: { parts }, parameters: { split }, form, states }: Stage,
  { first, end }: Chunk,
  places: Map<string, number>,
): AsyncGenerator<Prompt> {
  const promptCount = parts.shelf.rowCount(split);
  for (let draw = Math.floor(first / promptCount); draw * promptCount < end; draw++) {
    let id = draw * promptCount;
    for await (const row of parts.shelf.readRows(split)) {
      if (id >= end) break;
      if (id >= first && states[id] === absent) {
        places.set(`${draw}/${row.id}`, id);
        yield { id: row.id, text: form.ask(row), draws: [draw] };
      }
      id += 1;
    }
  }
}

function takePlace(places: Map<string, number>, { promptId, draw }: Candidate): number {
  const name = `${draw}/${promptId}`;
  const id = places.get(name);
  if (id === undefined) throw new ProviderError(`sent draw ${draw} of prompt ${promptId}, which was not asked for`);
  places.delete(name);
  return id;
}

/** A candidate as it is kept: a row read off its text, or the text with the reason why there is none. */
function judge(candidate: Candidate, { rejectMarkers, ...form }: AcceptParameters["accept"]): Candidate {
  if (candidate.finish === "refused" || candidate.reason === "refused") return candidate;
  const read = parseText(candidate.completion, form);
  if (read === null) return { ...candidate, reason: "unparsable" };
  // A row that selection would reject is none of those that were asked for.
  if (rejectMarkers !== null && hasMarker(candidate.completion)) return { ...candidate, reason: "marker" };
  return { ...candidate, completion: read.summary, ...(read.article !== null && { article: read.article }) };
}

/** One that was cut off holds a row all the same. */
function isAccepted({ reason }: Candidate): boolean {
  return reason === null || reason === "truncated";
}

function createExhaustedError(count: {
  readonly accepted: number;
  readonly rows: number;
  readonly candidates: number;
  /** Of the stage. */
  readonly key: string;
}) {
  const show = (value: number): string => value.toLocaleString("en-US");
  const share = Number(((100 * count.accepted) / count.candidates).toPrecision(2));
  const what = `accepted ${show(count.accepted)} of ${show(count.rows)} rows within ${show(count.candidates)} candidates (${share} %)`;
  return new BudgetError(what, {
    where: "sample.accept",
    next:
      count.accepted === 0
        ? `see what was written with refeed why ${count.key.slice(0, 8)}:0, and let sample.accept or the prompt fit it`
        : "raise sample.accept.candidates and run it again: nothing that was drawn is paid for twice",
  });
}

const begin = "give it the token that texts begin with, as `before` of the endpoint";

/** Of texts that were asked for without a prompt. */
function createRefusedError(count: number): ProviderError {
  return new ProviderError(`refused all ${count} requests with an empty prompt`, {
    where: "sample",
    next: `ask a server that completes an empty prompt, or ${begin}`,
  });
}

/** A server that turns the very first request away may do so because nothing stands in it. */
async function* explainRefusal(candidates: AsyncIterable<Candidate>): AsyncGenerator<Candidate> {
  let isAnswered = false;
  try {
    for await (const candidate of candidates) {
      isAnswered = true;
      yield candidate;
    }
  } catch (error) {
    if (isAnswered || !(error instanceof ProviderError)) throw error;
    const { what, where, next } = error;
    throw new ProviderError(`${what} (asked with an empty prompt)`, {
      where,
      next: `${next === undefined ? "" : `${next}; `}if it takes no empty prompt, ${begin}`,
      cause: error,
    });
  }
}
