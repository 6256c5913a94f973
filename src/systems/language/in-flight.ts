// Writes under way together, up to a limit of rows: work goes on while the disk syncs, and memory stays bounded.

export interface InFlight {
  /** Nothing where there is room for more; else resolves when there is. Throws the failure of an earlier write. */
  add(write: Promise<void>, rowCount: number): Promise<void> | undefined;
  /** Resolves when everything is written. */
  settle(): Promise<void>;
}

export function createInFlight(limit: number): InFlight {
  let rowCount = 0;
  let failure: { readonly error: unknown } | undefined;
  let wake = (): void => undefined;
  const waitBelow = async (most: number): Promise<void> => {
    while (rowCount >= most && !failure) await new Promise<void>((resolve) => (wake = resolve));
    if (failure) throw failure.error;
  };
  return {
    add(write, count) {
      rowCount += count;
      const end = (): void => {
        rowCount -= count;
        wake();
      };
      write.then(end, (error: unknown) => {
        failure ??= { error };
        end();
      });
      return rowCount >= limit || failure ? waitBelow(limit) : undefined;
    },
    settle: () => waitBelow(1),
  };
}
