// A run that serves itself: its own models behind an address of this host, as long as the run lasts.
// The way out of the process and back is the one that any hosted model takes.

import type { Clock } from "../../domain/context.ts";
import type { ServedEngine } from "../../providers/served/engine.ts";
import type { ServedAddress } from "../../providers/served/server.ts";

/** Listens on loopback, on a port that is free. What goes wrong inside is answered with a status and seen by whoever asked. */
export async function startOwnServer(engine: ServedEngine, clock: Clock): Promise<ServedAddress> {
  const { startServer } = await import("../../providers/served/server.ts");
  const options = { host: "127.0.0.1", port: 0, token: null, clock, onFault: () => undefined };
  return startServer(engine, options);
}
