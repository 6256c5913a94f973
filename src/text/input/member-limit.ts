// Refuses objects of very many members before they are built: a million keys in 12 MB cost four seconds and half a gigabyte.

import { computeJsonScan } from "./json-scan.ts";

/** Members that the outermost object of a line may have. The widest tables in use have some thousand columns. */
export const mostMembers = 10_000;

/** True for an object of more members than that; looks closely only where the text could hold so many. */
export function hasManyMembers(text: string): boolean {
  let colonCount = 0;
  for (let at = text.indexOf(":"); at >= 0 && colonCount <= mostMembers; at = text.indexOf(":", at + 1))
    colonCount += 1;
  return colonCount > mostMembers && computeJsonScan(text, mostMembers + 1).members.length > mostMembers;
}
