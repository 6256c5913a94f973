// How each turn of a language experiment asks for its stages. Pure: parameters in, descriptions out, nothing runs.
// What stands in `parameters` is everything that can change the output, explicit nulls included.

import type { Split } from "../../domain/rows.ts";
import type { Description, Stage, Turn } from "../../domain/stage.ts";
import type { System } from "../../domain/system.ts";
import type { Json } from "../../keys/canonical.ts";
import { markerVersion } from "../../text/markers/chat-markers.ts";
import { acceptVersion } from "./accept.ts";
import { countReal } from "./assemble.ts";
import type { AuxiliaryModel, Decoding, LanguageParts, LanguageSettings } from "./settings.ts";
import { findForm, findProviders, findTeacher, findTrainedForm, teacherVersion } from "./teacher.ts";

type LanguageTurn = Turn<LanguageSettings>;

/** Raised by hand when the same parameters would give another output; sampler, scorer and trainer bring their own. */
const version = { assemble: 1, select: 2, selectSeveral: 3, evaluate: 1, verify: 1 };

export type DescribeStages = Omit<System<LanguageSettings>, "name" | "version" | "grain" | "perform">;

export function createDescriptions(parts: LanguageParts): DescribeStages {
  const describeReal = (turn: LanguageTurn, real: number): Description => ({
    kind: "assemble",
    version: version.assemble,
    // The whole split needs no draw: every seed shares it.
    parameters: { policy: "real", dataset: parts.dataset.train.digest, real, seed: real === 1 ? null : turn.seed },
    inputs: [],
    turn,
  });

  const describeTraining = (
    turn: LanguageTurn,
    params: Json,
    inputs: readonly (Stage | Description)[],
  ): Description => ({
    kind: "train",
    version: parts.trainer.version,
    parameters: {
      base: parts.trainer.base,
      template: findTrainedForm(parts).digest,
      params,
      breakMarkers: turn.arm.settings.markers === "keep" ? null : markerVersion,
      seed: turn.seed,
      generation: turn.generation,
    },
    inputs,
    turn,
  });

  const describeAuxiliary = (turn: LanguageTurn, { real, params }: AuxiliaryModel): Description => {
    const first = { ...turn, generation: 0 };
    return describeTraining(first, params, [describeReal(first, real)]);
  };

  const describeSampling = (turn: LanguageTurn, model: Stage, request: SamplingRequest): Description => {
    const { temperature, topP, topK, maxTokens, stop } = request.decoding;
    // Where the most probable token is taken each time, nothing is drawn and nothing truncated.
    const draw = temperature === 0 ? { topP: null, topK: null, seed: null } : { topP, topK, seed: turn.seed };
    return {
      kind: "sample",
      version: findProviders(parts, turn).sampler.version,
      parameters: {
        split: request.split,
        dataset: parts.dataset[request.split].digest,
        template: findForm(parts, turn).digest,
        draws: request.draws,
        temperature,
        maxTokens: findTeacher(parts, turn) ? maxTokens : Math.min(maxTokens, parts.mostTokens ?? maxTokens),
        // Keys are older than this option: without it they are what they were.
        ...(stop.length > 0 && { stop }),
        ...(request.accept && { accept: request.accept }),
        ...draw,
      },
      inputs: [model],
      turn,
    };
  };

  const describeMetric = (turn: LanguageTurn, model: Stage, name: string): Description => {
    const metric = parts.metrics[name];
    const basis = metric?.metrics[0]?.basis ?? "none";
    const { decode, sample } = turn.arm.settings;
    const join = basis === "gold" ? (findTeacher(parts, turn)?.join ?? "") : "";
    const answers = { split: "test", draws: 1, decoding: basis === "samples" ? sample : decode } as const;
    return {
      kind: "evaluate",
      version: version.evaluate,
      parameters: {
        metric: name,
        basis,
        implementation: metric?.version ?? null,
        scorer: basis === "gold" ? findProviders(parts, turn).scorer.version : null,
        // What a model was trained on is read off the model itself.
        dataset: basis === "none" ? null : parts.dataset.test.digest,
        template: basis === "none" ? null : findForm(parts, turn).digest,
        ...(join !== "" && { join }),
      },
      inputs: basis === "gold" || basis === "none" ? [model] : [describeSampling(turn, model, answers)],
      turn,
    };
  };

  const describeCandidates = (turn: LanguageTurn, model: Stage): Description => {
    const { sample, corpus, real, selection, markers } = turn.arm.settings;
    if (sample.accept) {
      const { rows, begin, part } = sample.accept;
      const rejectMarkers = markers === "reject" ? markerVersion : null;
      const accept = { version: acceptVersion, rows, begin, part, rejectMarkers };
      return describeSampling(turn, model, { split: "train", draws: null, decoding: sample, accept });
    }
    const promptCount = parts.dataset.train.rowCount;
    const realCount = countReal(real, promptCount);
    const doubled = { realCount, promptCount, generation: turn.generation, selection };
    const draws = corpus.kind === "accumulate-doubling" ? parts.computeDraws(doubled) : sample.candidates;
    return describeSampling(turn, model, { split: "train", draws, decoding: sample });
  };

  /** Read off the candidates themselves; the last model writes none. */
  const describeAcceptance = (turn: LanguageTurn, model: Stage): Description => ({
    kind: "evaluate",
    version: version.evaluate,
    parameters: { metric: "acceptance", basis: "candidates" },
    inputs: [describeCandidates(turn, model)],
    turn,
  });

  return {
    assemble(turn, kept) {
      const real = describeReal(turn, turn.arm.settings.real);
      if (turn.generation === 0) return real;
      const { corpus } = turn.arm.settings;
      const isDrawn = corpus.kind === "accumulate-subsample" || corpus.kind === "mix";
      return {
        kind: "assemble",
        version: version.assemble,
        parameters: { policy: { ...corpus }, seed: isDrawn ? turn.seed : null },
        inputs: [real, ...kept],
        turn,
      };
    },

    train(turn, corpus, previous) {
      const teacher = findTeacher(parts, turn);
      if (teacher) {
        const parameters = { endpoint: teacher.identity };
        return { kind: "train", version: teacherVersion, parameters, inputs: [], turn };
      }
      const { start, params, firstParams } = turn.arm.settings;
      // What a teacher is made of lies elsewhere: the first model after it starts from the base.
      const isOwn = previous && !findTeacher(parts, { ...turn, generation: turn.generation - 1 });
      const inputs = start === "previous" && isOwn ? [corpus, previous] : [corpus];
      return describeTraining(turn, turn.generation === 0 ? firstParams : params, inputs);
    },

    sample: describeCandidates,

    verify(turn, candidates) {
      const { verifier, alsoScore } = turn.arm.settings;
      const names = verifier === null ? alsoScore : [verifier, ...alsoScore.filter((name) => name !== verifier)];
      return names.map((name) => {
        const named = parts.verifiers[name] as LanguageParts["verifiers"][string];
        const auxiliary = named.auxiliary ? [describeAuxiliary(turn, named.auxiliary)] : [];
        return {
          kind: "verify",
          version: version.verify,
          parameters: {
            verifier: named.parameters,
            implementation: named.verifier.version,
            template: findTrainedForm(parts).digest,
            seed: named.isSeeded ? turn.seed : null,
          },
          inputs: [candidates, ...auxiliary],
          turn,
        };
      });
    },

    select(turn, candidates, scores) {
      const { selection, verifier, markers, sample } = turn.arm.settings;
      return {
        kind: "select",
        // Of several best draws a prompt a share was once one of the prompts.
        version: (selection.best ?? 1) > 1 ? version.selectSeveral : version.select,
        parameters: {
          ...selection,
          rejectMarkers: markers === "reject" ? markerVersion : null,
          ...(sample.accept && { accept: sample.accept.rows }),
        },
        inputs: verifier === null ? [candidates] : [candidates, scores[0] as Stage],
        turn,
      };
    },

    /** What a model was trained on is always measured: without it no two arms can be compared. */
    evaluate(turn, model) {
      const measured = [...turn.arm.settings.metrics, "training"].map((name) => describeMetric(turn, model, name));
      const { sample } = turn.arm.settings;
      return sample.accept && turn.generation < turn.arm.generations
        ? [...measured, describeAcceptance(turn, model)]
        : measured;
    },
  };
}

interface SamplingRequest {
  readonly split: Split;
  /** null where that follows from what is accepted. */
  readonly draws: number | null;
  readonly decoding: Decoding;
  readonly accept?: Json;
}
