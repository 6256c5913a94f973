// Paths in commands that are printed to be copied.

/** As a shell takes it for one argument. */
export function quote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
