// What an endpoint lists: which models it serves, by which digests, and which server it calls itself; and what it does
// about a name that is none of them.

import { ProviderError } from "../../errors.ts";
import { renderVisibleLine } from "../../text/visible.ts";
import type { GivenShape } from "../endpoint.ts";
import { readList, readText } from "../given/reading.ts";
import { type GivenWay, givenWays } from "../given/ways.ts";
import { createLimit, finish } from "../openai/body.ts";
import { routeOf } from "../openai/talk.ts";
import type { ListedModel } from "./evidence.ts";
import type { Prober } from "./prober.ts";

/** The entries of a reply of /models; null where it holds none that could be read. Together answers with the bare list. */
export function readModels(reply: unknown): readonly ListedModel[] | null {
  const entries = readList(reply, "data") ?? readList(reply);
  if (entries === null) return null;
  return entries.flatMap((entry) => {
    const id = readText(entry, "id");
    if (id === null) return [];
    const owner = readText(entry, "owned_by") ?? (Array.isArray(reply) ? "together" : null);
    return [{ id, lineage: readText(entry, "lineage") ?? id, digest: readText(entry, "digest"), owner }];
  });
}

/** Whether a list names a model. Tags and routes follow a name after a colon: `llama3` is served as `llama3:latest`. */
export function hasModel(listed: readonly ListedModel[], model: string): boolean {
  return listed.some(({ id }) => id === model || id.startsWith(`${model}:`) || model.startsWith(`${id}:`));
}

const mostNames = 5;
const longestName = 100;

/** `tiny, small and 3 more`: names are a server's words, and shown as such. */
export function renderListed(listed: readonly ListedModel[]): string {
  const names = listed.slice(0, mostNames).map(({ id }) => {
    const name = renderVisibleLine(id);
    return name.length <= longestName ? name : `${name.slice(0, longestName)}...`;
  });
  return names.join(", ") + (listed.length > names.length ? ` and ${listed.length - names.length} more` : "");
}

const shapeByOwner: Readonly<Record<string, GivenShape>> = {
  vllm: "vllm",
  sglang: "sglang",
  refeed: "refeed",
  together: "together",
  // What llama-cpp-python writes there.
  me: "llama-cpp",
};

/** Of servers that do not say who they are: most speak like one of these, and none takes harm from being asked. */
const unknownShapes: readonly GivenShape[] = ["llama-cpp", "sglang", "tgi"];

/** The ways to try, the likeliest first. */
export function findWays(
  given: GivenShape | "auto" | "none",
  listed: readonly ListedModel[] | null,
): readonly GivenWay[] {
  if (given === "none") return [];
  const owner = listed?.[0]?.owner ?? "";
  const told = shapeByOwner[owner];
  const shapes = given !== "auto" ? [given] : told ? [told] : unknownShapes;
  return shapes.flatMap((shape) => givenWays.filter((way) => way.shape === shape));
}

/**
 * A server whose list does not hold the name may serve it all the same, and a server may answer by any name with the one
 * model it has. Whoever answers by a name that nobody has is of the second kind.
 */
export async function checkName(
  { settings, model, ask }: Prober,
  listed: readonly ListedModel[] | null,
): Promise<void> {
  if (listed === null || listed.length === 0 || hasModel(listed, model)) return;
  const name = "refeed-names-no-model";
  const asked = settings.ask === "chat" ? { messages: [{ role: "user", content: "One" }] } : { prompt: "One" };
  const body = finish(settings, { model: name, ...asked, ...createLimit(settings, 1) });
  const reply = await ask({ name: "any-name", path: routeOf(settings), body, tokenCount: 1, isOther: true });
  if (reply.kind === "untold") return;
  throw new ProviderError(`it serves ${renderListed(listed)}, not ${model}, and answers by whatever name it is asked`, {
    where: `endpoint ${settings.name}`,
    next: `set model to what it serves: model: ${listed[0]?.id}`,
  });
}

/** Not one text came back: what it said of the route that is asked tells why, in its own words. */
export function createTextlessError(
  { settings, model, untold }: Prober,
  listed: readonly ListedModel[] | null,
): ProviderError {
  const asked = untold.filter(({ path }) => path === routeOf(settings));
  const { reason, next } = [...untold, ...asked].at(-1) ?? { reason: "its answers hold no text", next: undefined };
  const where = `endpoint ${settings.name}`;
  const said = reason.replace(/\.+$/, "");
  if (listed === null || listed.length === 0 || hasModel(listed, model)) {
    const advice = next ?? "check the endpoint's url, model and ask";
    return new ProviderError(`it writes nothing as ${model}: ${reason}`, { where, next: advice });
  }
  return new ProviderError(`it does not answer as ${model}: ${said}; it serves ${renderListed(listed)}`, {
    where,
    next: `set endpoints.${settings.name}.model to one that it serves, or its url to a server of ${model}`,
  });
}
