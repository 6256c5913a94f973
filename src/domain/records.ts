// What the loop needs remembered: which stages are finished, with what value. A store is one such memory.

import type { Json } from "../keys/canonical.ts";
import type { Description, Stage } from "./stage.ts";

/** A description with its key and the keys and digests of its finished inputs. */
export interface StageRequest {
  readonly key: string;
  readonly description: Description;
  readonly inputs: readonly Stage[];
}

export interface StageRecords {
  /** The finished stage if it can be reused: done, undamaged, and made from inputs with these very digests. */
  read(request: StageRequest): Stage | undefined;
  /** Marks the stage as running; what an earlier torn attempt of it left behind may be gone on with. */
  begin(request: StageRequest): Promise<void>;
  /** Commits the value; the stage returned is what a later read returns. */
  finish(request: StageRequest, value: unknown): Promise<Stage>;
  fail(request: StageRequest, reason: string): Promise<void>;
}

/**
 * What a run remembers of its endpoints: what each can do and which model stands behind it. It is no part of any key:
 * an endpoint is proved again in every process, and held against what was found before.
 */
export interface EndpointRecords {
  /** What was found when it was last proved; undefined where this run has never asked it. */
  read(name: string): Json | undefined;
  /** Replaces what was found before; resolves once it is on disk. */
  write(name: string, evidence: Json): Promise<void>;
  /**
   * The same where another model stands behind the name. In one transaction with it every unfinished stage that asked that
   * model is disowned: whoever begins it next finds no row of it. Call it before any such stage is begun.
   */
  replace(asked: AskedModel, evidence: Json): Promise<void>;
  /** Stages that asked that model and are not finished. */
  listUnfinished(asked: AskedModel): readonly UnfinishedStage[];
}

/** What the servers of endpoints asked for: whoever goes on with the run is to keep to it. */
export interface PatienceRecords {
  /** What that server asked for last; undefined where it never did. */
  readPatience(endpoint: string, url: string): AskedPatience | undefined;
  /** In place of what the server asked for before; resolves once it is on disk. */
  writePatience(endpoint: string, asked: AskedPatience): Promise<void>;
}

/** Not to be asked again for so long, as of that moment by the clock of those days. */
export interface AskedPatience {
  readonly url: string;
  readonly askedMs: number;
  readonly waitMs: number;
  /** What the server said. */
  readonly reason: string;
}

/** A model by the name of its endpoint and the name it is asked by there; null: whichever was asked there. */
export interface AskedModel {
  readonly endpoint: string;
  readonly model: string | null;
}

export interface UnfinishedStage {
  readonly key: string;
  /** The experiment asks for it. */
  readonly isPlanned: boolean;
  /** Rows that it has by now, and what they have cost, US dollars. */
  readonly rowCount: number;
  readonly usd: number;
}
