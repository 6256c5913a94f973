// Whether the model that was found is the one that the run asked, and what becomes of it where it is not: the run stops, or
// the model is taken and whatever is unfinished of the former one is begun anew. It knows no server and no stage.

import type { EndpointRecords } from "../../domain/records.ts";
import { type Problem, ProviderError, StoreError } from "../../errors.ts";
import type { EndpointSettings } from "../endpoint.ts";
import { type Evidence, type Fingerprint, type NamedFingerprint, parseEvidence, renderEvidence } from "./evidence.ts";
import { findChange } from "./fingerprint.ts";

export interface ChangeParts {
  readonly settings: EndpointSettings;
  readonly records: EndpointRecords;
  /** A changed model is taken as it is, and remembered from now on. */
  readonly acceptsChange: boolean;
}

export type Before = Evidence | "damaged" | undefined;

/** What an earlier process found. Damaged, it is an error, unless whatever is there is to be taken. */
export function readBefore({ settings, records, acceptsChange }: ChangeParts): Before {
  try {
    return parseEvidence(records.read(settings.name));
  } catch (error) {
    if (acceptsChange && error instanceof StoreError) return "damaged";
    throw error;
  }
}

/** What a model of that name is told by, in this run; undefined where it was never asked, or nobody knows any more. */
export function findKnown(before: Before, name: string): Fingerprint | undefined {
  return listKnown(before).find(({ model }) => model === name)?.fingerprint;
}

const listKnown = (before: Before): readonly NamedFingerprint[] =>
  before === undefined || before === "damaged" ? [] : [before, ...(before.former ?? [])];

interface Findings {
  readonly before: Before;
  readonly found: Evidence;
}

/** Resolves with what is held against later, once that is on disk; throws ChangedModelError for a change that is not taken. */
export async function keep(parts: ChangeParts, { before, found }: Findings): Promise<Evidence> {
  const { settings, records } = parts;
  const { evidence, isAnother } = compare(parts, { before, found });
  const endpoint = settings.name;
  // What cannot be held against anything may be another model than any that was asked there.
  if (before === "damaged") await records.replace({ endpoint, model: null }, renderEvidence(evidence));
  else if (isAnother) await records.replace({ endpoint, model: found.model }, renderEvidence(evidence));
  else await records.write(endpoint, renderEvidence(evidence));
  return evidence;
}

/** What is held against later is what was found first: a model that drifts little by little has changed all the same. */
function compare(parts: ChangeParts, { before, found }: Findings) {
  const old = findKnown(before, found.model);
  // A name that goes back to a former model is held against that one.
  const former = listKnown(before)
    .filter(({ model, fingerprint }) => model !== found.model && fingerprint.kind === "canaries")
    .map(({ model, fingerprint }) => ({ model, fingerprint }));
  const evidence: Evidence = former.length === 0 ? found : { ...found, former };
  if (old?.kind !== "canaries" || found.fingerprint.kind !== "canaries") return { evidence, isAnother: false };
  const change = findChange(old.canaries, found.fingerprint.canaries);
  if (change === null) return { evidence: { ...evidence, fingerprint: old }, isAnother: false };
  if (parts.acceptsChange) return { evidence, isAnother: true };
  throw new ChangedModelError(`${found.model} is no longer the model that this run asked: it ${change}`, {
    where: `endpoint ${parts.settings.name}`,
    again: countAgain(parts, found.model),
  });
}

/** Rows of unfinished stages, and what was paid for them. */
interface Again {
  readonly rowCount: number;
  readonly usd: number;
}

/** Another model answers by the name than the run asked. */
export class ChangedModelError extends ProviderError {
  /** What is asked for again where it is taken. */
  readonly again: Again;

  constructor(what: string, { where, again }: { readonly where: string; readonly again: Again }) {
    const next = `serve the model that was asked before, or take the one that is there ${adviseTaking(again)}`;
    super(what, { where, next });
    this.again = again;
  }
}

/** All that were found at once, as one error, each with what taking it comes to: whoever takes one takes all of them. */
export function joinChanges(changes: readonly ChangedModelError[], other?: ProviderError): ProviderError {
  const [first] = changes;
  if (first !== undefined && changes.length === 1 && other === undefined) return first;
  const told: readonly Problem[] = changes.map(({ where = "", what, again }) => {
    return { where, what: `${what}; where it is taken, ${renderAgain(again)}` };
  });
  const rest = other === undefined ? [] : [{ where: other.where ?? "", what: other.what, next: other.next }];
  const problems = [...rest, ...told];
  const again = {
    rowCount: changes.reduce((sum, change) => sum + change.again.rowCount, 0),
    usd: changes.reduce((sum, change) => sum + change.again.usd, 0),
  };
  const each = "serve the models that were asked before, or take those that are there";
  return new ProviderError(problems.map(({ where, what }) => `${where}: ${what}`).join("; "), {
    next: `${each} ${adviseTaking(again)}`,
    problems,
  });
}

/** What taking another model comes to: no stage is made of two. */
function adviseTaking(again: Again): string {
  return `with refeed resume <run> --accept-changes: finished stages stay as they are, ${renderAgain(again)}`;
}

function renderAgain({ rowCount, usd }: Again): string {
  const rows =
    rowCount === 0 ? "nothing is" : rowCount === 1 ? "1 unfinished row is" : `${rowCount} unfinished rows are`;
  const paid = usd > 0 ? `, for which ${Number(usd.toFixed(6))} USD were paid` : "";
  return `${rows} asked for again${paid}`;
}

function countAgain({ settings, records }: ChangeParts, model: string): Again {
  const unfinished = records.listUnfinished({ endpoint: settings.name, model });
  return {
    rowCount: unfinished.reduce((sum, { rowCount }) => sum + rowCount, 0),
    usd: unfinished.reduce((sum, { usd }) => sum + usd, 0),
  };
}
