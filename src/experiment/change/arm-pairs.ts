// Which arm of one experiment is which of another: ids are made of what differs between arms, so one that changed may
// be called otherwise, and one that is called otherwise need not have changed.

import { renderCanonical } from "../../keys/canonical.ts";
import type { ResolvedArm } from "../experiment.ts";

export type Arm = ResolvedArm<unknown>;

/** Arms are paired by what they are, then by id, then by position, in the order of the later ones. */
export function pairArms(before: readonly Arm[], after: readonly Arm[]): readonly (readonly [Arm, Arm])[] {
  const free = new Set(before);
  const oldByArm = new Map<Arm, Arm>();
  const pairBy = (render: (arm: Arm, index: number) => string): void => {
    const oldByText = new Map(before.flatMap((arm, index) => (free.has(arm) ? [[render(arm, index), arm]] : [])));
    for (const [index, arm] of after.entries()) {
      const old = oldByArm.has(arm) ? undefined : oldByText.get(render(arm, index));
      if (old !== undefined && free.delete(old)) oldByArm.set(arm, old);
    }
  };
  pairBy(({ generations, settings }) => renderCanonical({ generations, settings: settings as never }));
  pairBy(({ id }) => id);
  // An arm that changed alone may be called otherwise for it; it stands where it stood.
  pairBy((_, index) => String(index));
  return after.flatMap((arm) => {
    const old = oldByArm.get(arm);
    return old === undefined ? [] : [[old, arm] as const];
  });
}
