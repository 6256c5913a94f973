// The address of a module that is started as a worker, from sources (.ts) and from the published build (.js) alike:
// the compiler rewrites import paths, but not the string inside `new URL`. It does not look whether the file exists.

/** Computes the address of `name` (relative, without extension) beside `base`, the caller's import.meta.url. */
export function computeModuleAddress(base: string, name: string): URL {
  const extension = new URL(base).pathname.endsWith(".ts") ? ".ts" : ".js";
  return new URL(`${name}${extension}`, base);
}
