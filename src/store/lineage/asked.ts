// What the run's own record says of how models were asked and how verifiers are called, as far as the record of a stage does
// not say it. Records of older runs say less.

import type { Json } from "../../keys/canonical.ts";
import { computeKey } from "../../keys/digest.ts";
import type { Connection } from "../database.ts";
import { readResolved } from "../witness/resolved.ts";

/** What an endpoint puts around every prompt. */
export interface Dress {
  readonly ask: string;
  readonly system: string | null;
  readonly before: string;
  readonly after: string;
}

/** How a text that is a row begins, and what parts it into two. */
export interface AskedForm {
  readonly begin: string;
  readonly part: string | null;
}

export interface Asked {
  /** The text of the template that prompts are rendered with; null where the record has none. */
  readonly template: string | null;
  /** The forms of texts that were asked for without a prompt. */
  readonly forms: readonly AskedForm[];
  /** What was put around the prompts of a model; null where it was asked by no endpoint. */
  readDress(writer: { readonly endpoint: Dress | null } | undefined): Dress | null;
  /** The experiment's names for a verifier, by its parameters. */
  nameVerifier(parameters: Json): readonly string[];
}

interface Resolved {
  readonly header?: { readonly verifiers?: Readonly<Record<string, string>> };
  readonly materials?: { readonly template?: { readonly text?: string } };
  readonly experiment?: {
    readonly arms?: readonly { readonly settings?: { readonly sample?: { readonly accept?: AskedForm | null } } }[];
    readonly language?: {
      readonly endpoint?: string | null;
      readonly endpoints?: Readonly<Record<string, Dress>>;
    };
  };
}

export function readAsked(connection: Connection): Asked {
  const { header, materials, experiment } = (readResolved(connection) ?? {}) as Resolved;
  const { endpoint = null, endpoints = {} } = experiment?.language ?? {};
  const names = Object.entries(header?.verifiers ?? {});
  return {
    template: materials?.template?.text ?? null,
    forms: (experiment?.arms ?? []).flatMap(({ settings }) => settings?.sample?.accept ?? []),
    readDress: (writer) => writer?.endpoint ?? (endpoint === null ? null : (endpoints[endpoint] ?? null)),
    nameVerifier(parameters) {
      const key = computeKey(parameters);
      return names.filter(([, digest]) => digest === key).map(([name]) => name);
    },
  };
}
