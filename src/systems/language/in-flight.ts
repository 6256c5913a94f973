// Writes under way together, up to a limit of rows: work goes on while the disk syncs, and memory stays bounded.

export interface InFlight {
  /** Resolves when there is room for more; rejects with the failure of an earlier write. */
  add(write: Promise<void>, rowCount: number): Promise<void>;
  /** Resolves when everything is written. */
  settle(): Promise<void>;
}

export function createInFlight(limit: number): InFlight {
  const open: { readonly write: Promise<void>; readonly rowCount: number }[] = [];
  let openCount = 0;
  const awaitOldest = async (): Promise<void> => {
    const oldest = open.shift();
    openCount -= oldest?.rowCount ?? 0;
    await oldest?.write;
  };
  return {
    async add(write, rowCount) {
      // Its failure is met by whoever awaits it, and counts as unhandled until then.
      write.catch(() => undefined);
      open.push({ write, rowCount });
      openCount += rowCount;
      while (openCount >= limit) await awaitOldest();
    },
    async settle() {
      while (open.length > 0) await awaitOldest();
    },
  };
}
