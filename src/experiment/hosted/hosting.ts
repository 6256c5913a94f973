// What whoever asks outside is lent: keys, time, the evidence of earlier processes. Types only.

import type { Clock } from "../../domain/context.ts";
import type { EndpointRecords, PatienceRecords } from "../../domain/records.ts";
import type { Uses } from "../../providers/proving/proof-cost.ts";
import type { ServedAddress } from "../../providers/served/server.ts";

/** What the world lends to whoever asks outside. */
export interface Hosting {
  /** The value of an environment variable; without it there is none. */
  readonly readSecret?: (name: string) => string | undefined;
  readonly clock: Clock;
  readonly records: EndpointRecords & PatienceRecords;
  /** Told of the servers of an endpoint that it goes without from now on; of none where all are there again. */
  readonly onLeftOut?: (endpoint: string, urls: readonly string[]) => void;
  /** True where a model that is no longer what it was is taken as it is. */
  readonly acceptsChange: boolean;
}

/** With what an endpoint of the run itself needs. */
export interface OwnHosting extends Hosting {
  /** Serves the run's own models on loopback. */
  readonly serveOwn: () => Promise<ServedAddress>;
  /** What the experiment asks of an endpoint. */
  readonly findUses: (name: string) => Uses;
}
