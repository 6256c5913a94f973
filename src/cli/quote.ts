// Paths in commands that are printed to be copied.

import { renderVisibleLine } from "../text/visible.ts";

/** As a shell takes it for one argument; what a terminal would not show is written as escapes. */
export function quote(path: string): string {
  if (/^[\w./-]+$/.test(path)) return path;
  if (renderVisibleLine(path) === path) return `'${path.replaceAll("'", "'\\''")}'`;
  const bytes = [...Buffer.from(path)].map((byte) => {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c;
    return isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  });
  return `$'${bytes.join("")}'`;
}
