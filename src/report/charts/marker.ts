// Which colour, shape and dash stands for which arm, the same in every figure of a report: colour for what the arm is
// (policy, verifier), shape and dash for how much it keeps. It knows arms by their differing fields alone.

import type { ArmRecord } from "../../domain/record.ts";
import { renderCanonical } from "../../keys/canonical.ts";
import { renderVisibleLine } from "../../text/visible.ts";
import { palette } from "./palette.ts";

export interface Marker {
  readonly color: string;
  readonly shape: string;
  readonly dash: readonly number[];
  /** What the arm shares with others of its colour: `replace oracle`. */
  readonly family: string;
  /** One shape for all arms of the family, where only families are told apart. */
  readonly familyShape: string;
}

const shapes = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"] as const;
const dashes = [
  [1, 0],
  [7, 3],
  [2, 2.5],
  [9, 3, 2, 3],
  [4, 2],
  [1, 3],
] as const;
/** Fields that say how much is kept, not by whom. */
const amounts = new Set(["keep", "best", "threshold", "budget", "share"]);

/** Reference lines are left out: they are drawn as rules. */
export function createMarkers(arms: readonly ArmRecord[]): ReadonlyMap<string, Marker> {
  const drawn = arms.filter((arm) => !arm.isLine);
  const families = new Map<string, string[]>();
  // A field in which reference lines alone differ says nothing of the arms.
  const paths = new Set(drawn.flatMap((arm) => Object.keys(arm.fields)));
  const telling = [...paths].filter(
    (path) => !amounts.has(path.split(".").at(-1)!) && new Set(drawn.map((arm) => renderField(arm, path))).size > 1,
  );
  const renderFamily = (arm: ArmRecord): string => {
    // That there is no verifier goes without saying.
    const values = telling
      .map((path) => renderField(arm, path))
      .filter((value) => value !== "none" && value !== "null");
    return renderVisibleLine(values.length > 0 ? values.join(" ") : arm.id);
  };
  for (const arm of drawn) {
    const family = renderFamily(arm);
    families.set(family, [...(families.get(family) ?? []), arm.id]);
  }
  const byFamily = families.size <= palette.series.length;
  const names = [...families.keys()];
  return new Map(
    drawn.map((arm, index) => {
      const family = renderFamily(arm);
      const hue = byFamily ? names.indexOf(family) : index % palette.series.length;
      const form = byFamily ? families.get(family)!.indexOf(arm.id) : Math.floor(index / palette.series.length);
      const color = palette.series[hue]!;
      // With one arm a family, shapes repeat what colours say, for those who cannot tell the colours apart.
      const shape = shapes[(byFamily && families.size === drawn.length ? hue : form) % shapes.length]!;
      const familyShape = shapes[names.indexOf(family) % shapes.length]!;
      return [arm.id, { color, shape, dash: dashes[form % dashes.length]!, family, familyShape }];
    }),
  );
}

function renderField(arm: ArmRecord, path: string): string {
  const value = arm.fields[path] ?? null;
  return typeof value === "string" ? value : renderCanonical(value);
}
