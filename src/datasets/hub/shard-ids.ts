// Ids over the files of a data set: one that has been in another file is told with that file's name.

import { createKnownIds } from "../file/known-ids.ts";
import type { RowIds } from "../file/source.ts";

export interface ShardIds {
  /** The ids of one file; each file is asked for once, and read before the next. */
  open(name: string): RowIds;
}

export function createShardIds(): ShardIds {
  const known = createKnownIds();
  const files: { readonly name: string; readonly before: number }[] = [];
  let last = 0;
  return {
    open(name) {
      const before = last;
      files.push({ name, before });
      return {
        add(id, number) {
          last = before + number;
          const first = known.add(id, last);
          if (first === undefined) return undefined;
          if (first > before) return first - before;
          const other = files.findLast((file) => file.before < first)!;
          return `${first - other.before} of ${other.name}`;
        },
      };
    },
  };
}
