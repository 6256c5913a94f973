// How text classification endpoints are asked and what they answer: Hugging Face's inference endpoints and TEI
// (`inputs`), vLLM's /classify and Hugging Face style servers behind other paths. It reads; nobody is asked here.

import type { Json } from "../../keys/canonical.ts";
import { isRecord } from "../wire/complaint.ts";

export interface ClassifierShape {
  /** Below the endpoint's address. */
  readonly path: string;
  createBody(text: string, model: string): Readonly<Record<string, Json>>;
}

/** By the end of the address: it tells which server is meant. */
export function findShape(url: string): ClassifierShape {
  const { pathname } = new URL(url);
  if (/\/classify\/?$/.test(pathname)) return { path: "", createBody: createVllmBody };
  if (/\/v1\/?$/.test(pathname)) return { path: "/classify", createBody: createVllmBody };
  // TEI's own route takes no parameters, but the same inputs.
  if (/\/predict\/?$/.test(pathname)) return { path: "", createBody: (inputs) => ({ inputs, truncate: true }) };
  return { path: "", createBody: createInputsBody };
}

/** Every label's score; a reply without one, or with a number that is none, is null. */
export function parseLabels(value: unknown): Readonly<Record<string, number>> | null {
  const row = unwrap(value);
  if (isRecord(row) && Array.isArray(row.probs)) return parseProbabilities(row);
  if (!Array.isArray(row) || row.length === 0) return null;
  const scores: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const entry of row as readonly unknown[]) {
    if (!isRecord(entry) || typeof entry.label !== "string" || !isNumber(entry.score)) return null;
    // Twice the same label, and nobody knows which is meant.
    if (entry.label in scores) return null;
    scores[entry.label] = entry.score;
  }
  return { ...scores };
}

function createInputsBody(text: string): Readonly<Record<string, Json>> {
  // A pipeline of transformers cuts what is too long instead of failing; all labels, not the best alone.
  return { inputs: text, parameters: { top_k: null, truncation: true } };
}

function createVllmBody(text: string, model: string): Readonly<Record<string, Json>> {
  return { model, input: text };
}

/** Out of the lists and envelopes around the one row that was asked for. */
function unwrap(value: unknown): unknown {
  if (isRecord(value) && Array.isArray(value.data)) return value.data.length === 1 ? value.data[0] : null;
  if (Array.isArray(value) && value.length === 1 && Array.isArray(value[0])) return value[0];
  return value;
}

/**
 * vLLM names the winner alone and tells everybody's probability: all are called by their place, LABEL_0 and on, or a
 * label would have a score only where it wins.
 */
function parseProbabilities({ probs }: Readonly<Record<string, unknown>>): Readonly<Record<string, number>> | null {
  if (!Array.isArray(probs) || probs.length === 0 || !probs.every(isNumber)) return null;
  return Object.fromEntries(probs.map((score, at) => [`LABEL_${at}`, score]));
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
