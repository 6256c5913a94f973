// The models behind a text. A row has as many synthetic ancestors as models wrote, one after the other, on the longest
// way from real data to it: none if it is real, else one more than anything that went into its writer.

import type { Connection } from "../database.ts";
import type { Dress } from "./asked.ts";
import type { CorpusParts } from "./corpus-parts.ts";
import { createDamage, type Place, type StageGraph, type StageNode, shorten } from "./stage-graph.ts";

/** Rows of a corpus with one number of synthetic ancestors. */
export interface DepthCount {
  readonly depth: number;
  readonly rows: number;
}

/** What a corpus is made of. */
export interface CorpusStory {
  readonly stage: string;
  readonly state: string;
  readonly rows: number;
  readonly real: number;
  /** Rows by the model that wrote them, the newest first. */
  readonly written: readonly { readonly model: string; readonly generation: number; readonly rows: number }[];
  readonly depths: readonly DepthCount[];
}

/** A model that stands behind a text. */
export interface ModelStory {
  readonly stage: string;
  readonly state: string;
  readonly generation: number;
  readonly seed: number;
  /** Digest of the base model; the name of a hosted teacher. */
  readonly base: string;
  /** The endpoint that a hosted teacher was asked at, as far as it can change an answer; null for any other model. */
  readonly endpoint: TeacherParameters["endpoint"] | null;
  /** The model it was started from; null: the base model. */
  readonly start: string | null;
  /** Digest of its parameters and whether the file is still there; null before it is trained. */
  readonly artifact: { readonly sha256: string; readonly state: string } | null;
  readonly steps: number | null;
  readonly loss: number | null;
  /** null for a model that this run has not trained. */
  readonly corpus: CorpusStory | null;
  /** Everyone who trains this model. */
  readonly places: readonly Place[];
}

interface TrainParameters {
  readonly base: string;
  readonly generation: number;
  readonly seed: number;
}

/** What a teacher has instead: it is generation 0, and the same under every seed. */
interface TeacherParameters {
  readonly endpoint: Dress & { readonly model: string | null };
}

/** A model that nothing of this run has trained: a hosted teacher. */
const isFixed = ({ inputs }: StageNode): boolean => inputs.length === 0;

export function createAncestry(connection: Connection, graph: StageGraph, parts: CorpusParts) {
  const findArtifact = connection.prepare<[number], { sha256: string; state: string }>(
    "SELECT a.sha256, a.state FROM model m JOIN artifact a ON a.sha256 = m.artifact_sha256 WHERE m.stage_id = ?",
  );
  const depthById = new Map<number, number | "open">();

  /** The model that wrote what a selection chose from. */
  const writerOf = (selection: StageNode): StageNode => graph.inputOf(graph.inputOf(selection, 0), 0);

  /** The models whose parameters or texts made this one; null among them: real data. */
  const parentsOf = (model: StageNode): readonly (StageNode | null)[] => {
    if (isFixed(model)) return [];
    const sources = [...parts.countSources(graph.inputOf(model, 0)).keys()];
    const writers = sources.map((selection) => selection && writerOf(selection));
    return model.inputs.length > 1 ? [...writers, graph.inputOf(model, 1)] : writers;
  };

  const depthOfModel = (model: StageNode): number => {
    // A stack of our own: a run may have more generations than calls can nest.
    const stack = [model];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const known = depthById.get(top.id);
      const missing = typeof known === "number" ? [] : parentsOf(top).filter((one) => one && !isKnown(one));
      if (missing.length === 0) {
        if (typeof known !== "number") depthById.set(top.id, computeDepth(top));
        stack.pop();
        continue;
      }
      if (known === "open") throw createDamage(`model ${shorten(model.key)} is its own ancestor`, connection);
      depthById.set(top.id, "open");
      stack.push(...(missing as StageNode[]));
    }
    return depthById.get(model.id) as number;
  };

  const isKnown = ({ id }: StageNode): boolean => typeof depthById.get(id) === "number";

  /** Synthetic ancestors of all that went into a model, once those of its parents are known. */
  const computeDepth = (model: StageNode): number => {
    if (isFixed(model)) return 0;
    const start = model.inputs.length > 1 ? depthOfModel(graph.inputOf(model, 1)) : 0;
    return countDepths(graph.inputOf(model, 0)).reduce((most, { depth }) => Math.max(most, depth), start);
  };

  /** 0 for a real row (no selection kept it). */
  const depthOf = (selection: StageNode | null): number =>
    selection === null ? 0 : 1 + depthOfModel(writerOf(selection));

  /** A corpus by number of synthetic ancestors, ascending. */
  const countDepths = (corpus: StageNode): readonly DepthCount[] => {
    const rowsByDepth = new Map<number, number>();
    for (const [selection, rows] of parts.countSources(corpus)) {
      const depth = depthOf(selection);
      rowsByDepth.set(depth, (rowsByDepth.get(depth) ?? 0) + rows);
    }
    return [...rowsByDepth].map(([depth, rows]) => ({ depth, rows })).sort((a, b) => a.depth - b.depth);
  };

  const generationOf = (model: StageNode): number =>
    isFixed(model) ? 0 : graph.read<TrainParameters, unknown>(model).parameters.generation;

  const readCorpus = (corpus: StageNode): CorpusStory => {
    const sources = parts.countSources(corpus);
    const rowsByWriter = new Map<StageNode, number>();
    for (const [selection, rows] of sources) {
      if (selection === null) continue;
      const writer = writerOf(selection);
      rowsByWriter.set(writer, (rowsByWriter.get(writer) ?? 0) + rows);
    }
    const written = [...rowsByWriter].map(([model, rows]) => ({
      model: model.key,
      generation: generationOf(model),
      rows,
    }));
    return {
      stage: corpus.key,
      state: corpus.state,
      rows: parts.rowCount(corpus),
      real: sources.get(null) ?? 0,
      written: written.sort((a, b) => b.generation - a.generation),
      depths: countDepths(corpus),
    };
  };

  const readModel = (model: StageNode): ModelStory => {
    const { parameters, value } = graph.read<
      TrainParameters | TeacherParameters,
      { readonly steps: number; readonly loss: number | null }
    >(model);
    const places = graph.placesOf(model);
    const described =
      "endpoint" in parameters
        ? {
            generation: 0,
            seed: places[0]?.seed ?? 0,
            base: parameters.endpoint.model ?? "",
            endpoint: parameters.endpoint,
          }
        : { generation: parameters.generation, seed: parameters.seed, base: parameters.base, endpoint: null };
    return {
      stage: model.key,
      state: model.state,
      ...described,
      start: model.inputs[1] ?? null,
      artifact: findArtifact.get(model.id) ?? null,
      steps: value?.steps ?? null,
      loss: value?.loss ?? null,
      corpus: isFixed(model) ? null : readCorpus(graph.inputOf(model, 0)),
      places,
    };
  };

  return {
    countDepths,
    /** Synthetic ancestors of what a model writes. */
    depthOfText: (writer: StageNode): number => 1 + depthOfModel(writer),
    readCorpus,
    /** A model and all its ancestors, the newest first. */
    readModels(model: StageNode): readonly ModelStory[] {
      const seen = new Set([model]);
      // A set is walked in the order of adding, also by what is added on the way.
      for (const one of seen) for (const parent of parentsOf(one)) if (parent) seen.add(parent);
      return [...seen].map(readModel).sort((a, b) => b.generation - a.generation);
    },
  };
}
