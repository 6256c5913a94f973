// What an endpoint lists: which models it serves, by which digests, and which server it calls itself.

import type { GivenShape } from "../endpoint.ts";
import { readList, readText } from "../given/reading.ts";
import { type GivenWay, givenWays } from "../given/ways.ts";
import type { ListedModel } from "./evidence.ts";

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
