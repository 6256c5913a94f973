// Who may speak to the server: programs of this host, or whoever holds the token. Web pages may not, whatever name their
// address was given (DNS rebinding) and whichever method they use. No reply carries a CORS header.

import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { isLoopback } from "../../text/network/host-range.ts";
import { Refusal } from "./refusal.ts";

export interface GuardOptions {
  /** The address listened on, as it was asked for. */
  readonly host: string;
  /** null: none is asked for. */
  readonly token: string | null;
}

export type Guard = (headers: IncomingHttpHeaders) => void;

/** Throws Refusal for a request that is not to be answered. */
export function createGuard({ host, token }: GuardOptions): Guard {
  const digest = token === null ? null : computeSecretDigest(token);
  return (headers) => {
    const name = readName(headers.host);
    if (name === undefined || !isOwnName(name, host)) {
      const what = `this server does not answer to the name ${JSON.stringify(headers.host ?? "").slice(0, 80)}`;
      throw new Refusal(what, { status: 403, code: "forbidden_host" });
    }
    const { origin } = headers;
    const site = headers["sec-fetch-site"];
    if (origin !== undefined || (site !== undefined && site !== "none")) {
      throw new Refusal("web pages are not answered", { status: 403, code: "forbidden_origin" });
    }
    if (digest === null) return;
    const [, given] = /^Bearer (.+)$/i.exec(headers.authorization ?? "") ?? [];
    // Digests are of one length and say nothing of the token's.
    if (given !== undefined && timingSafeEqual(computeSecretDigest(given), digest)) return;
    const details = { status: 401, code: "invalid_api_key", headers: { "www-authenticate": "Bearer" } } as const;
    throw new Refusal("this server asks for the token it was started with, as an API key", details);
  };
}

/** The name in a Host header, without its port. */
function readName(header: string | undefined): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header ?? "") ?? [];
  return (bracketed ?? plain)?.toLowerCase();
}

/** An address in digits cannot be rebound; of names, only its own and that of this host are known. */
function isOwnName(name: string, host: string): boolean {
  if (name === host.toLowerCase() || isLoopback(name)) return true;
  return !isLoopback(host) && isIP(name) !== 0;
}

function computeSecretDigest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
