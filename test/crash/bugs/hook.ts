// Plants a bug: loaded with --import, it changes one source file of the product while that is loaded. The files on the
// disk stay as they are and the product knows no switch. REFEED_BUG names the bug, REFEED_GRAIN=fine makes a small run
// come in as many pieces as a large one; without either nothing is changed.

import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { bugs } from "./all.ts";
import { type Edit, fineGrain, plant } from "./plant.ts";

const { REFEED_BUG: name, REFEED_GRAIN: grain } = process.env;
const bug = bugs.find((each) => each.name === name);
if (name && !bug) throw new Error(`no bug is named ${name}`);
const edits: readonly Edit[] = [...(grain === "fine" ? fineGrain : []), ...(bug?.edits ?? [])];
const root = fileURLToPath(new URL("../../../src/", import.meta.url));

if (edits.length > 0) {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.startsWith("file:")) return loaded;
      const path = fileURLToPath(url);
      const own = edits.filter(({ file }) => path === root + file);
      if (own.length === 0) return loaded;
      return { ...loaded, source: own.reduce(plant, String(loaded.source)) };
    },
  });
}
