// A path as it is shown: from where somebody stands if it lies below, whole if it lies elsewhere.

import { relative, sep } from "node:path";

/** Both paths are absolute; the folder itself is `.`. */
export function renderPath(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  return inside === ".." || inside.startsWith(`..${sep}`) ? path : inside || ".";
}
