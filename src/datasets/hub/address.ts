// What a data set on a hub is called: `hub:owner/name`, a configuration, a revision; and where of it what is kept here.
// Names come from a user or from the hub itself: none becomes a part of a path before it has been looked at.

import { join } from "node:path";
import { UsageError } from "../../errors.ts";

export const publicEndpoint = "https://huggingface.co";

/** The repository's `owner/name` from `hub:owner/name`. Throws UsageError. */
export function parseHubName(text: string): string {
  const name = text.replace(/^hub:/, "");
  if (isHubName(name)) return name;
  throw new UsageError(`${JSON.stringify(text)} is no data set of a hub`, {
    next: "write hub:owner/name, for example hub:csebuetnlp/xlsum",
  });
}

/** Letters, digits, dots, dashes and underscores, as the hub has them; neither part is all dots. */
export function isHubName(name: string): boolean {
  return name.length <= 200 && /^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(name) && !name.includes("..");
}

/** A split's name may stand in a file's name. */
export function isSplitName(name: string): boolean {
  return name.length <= 64 && /^\w+([.-]\w+)*$/.test(name);
}

/** The folder that holds every revision of a configuration. */
export function computeConfigFolder(root: string, repository: string, config: string): string {
  return join(root, "hub", repository.replace("/", "--"), renderConfig(config));
}

/** One folder for one name: escaped as in an address, and never a folder that has a meaning of its own. */
export function renderConfig(config: string): string {
  const escaped = encodeURIComponent(config);
  return /^\.+$/.test(escaped) ? escaped.replaceAll(".", "%2E") : escaped;
}

/** The address of a file's bytes; every part of the path is escaped. */
export function computeFileAddress(
  endpoint: string,
  { repository, revision, path }: { readonly repository: string; readonly revision: string; readonly path: string },
): string {
  const encode = (text: string): string => text.split("/").map(encodeURIComponent).join("/");
  return `${endpoint}/datasets/${repository}/resolve/${encodeURIComponent(revision)}/${encode(path)}`;
}

/** The command that makes a data set that is asked for be there. */
export function renderPullCommand(
  repository: string,
  {
    config,
    revision,
    splits = [],
    to,
  }: {
    readonly config?: string | undefined;
    readonly revision?: string | undefined;
    readonly splits?: readonly string[];
    readonly to?: string | undefined;
  },
): string {
  return [
    `refeed datasets pull hub:${repository}`,
    ...(config === undefined ? [] : [`--config ${quote(config)}`]),
    ...(revision === undefined ? [] : [`--revision ${quote(revision)}`]),
    ...splits.map((split) => `--split ${quote(split)}`),
    ...(to === undefined ? [] : [`--to ${quote(to)}`]),
  ].join(" ");
}

/** For a shell, where it is needed. */
function quote(word: string): string {
  return /^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
