// Where a hub's answers may send us: which hosts are of this machine or of a network behind it. A redirect is an answer of
// somebody else's, and never a reason to ask this machine's own services.

import { lookup } from "node:dns/promises";
import { isLinkLocal, isNear } from "../../text/network/host-range.ts";

/** True for loopback and for addresses that no public name leads to; `URL` has made one form of all spellings before. */
export function isPrivateHost(hostname: string): boolean {
  if (hostname === "localhost" || hostname.endsWith(".localhost") || hostname.endsWith(".internal")) return true;
  return isNear(hostname) || isLinkLocal(hostname);
}

/** The same for what a name leads to as well. One that nobody here can look up is left to whoever connects, a proxy perhaps. */
export async function leadsInside(hostname: string, lookUp = lookUpAll): Promise<boolean> {
  if (isPrivateHost(hostname)) return true;
  const addresses = await lookUp(hostname).catch(() => []);
  return addresses.some(isPrivateHost);
}

async function lookUpAll(hostname: string): Promise<readonly string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address);
}
