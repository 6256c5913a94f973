// Where a hub's answers may send us: which hosts are of this machine or of a network behind it. A redirect is an answer of
// somebody else's, and never a reason to ask this machine's own services.

import { isLinkLocal, isNear } from "../../text/network/host-range.ts";

/** True for loopback and for addresses that no public name leads to; `URL` has made one form of all spellings before. */
export function isPrivateHost(hostname: string): boolean {
  if (hostname === "localhost" || hostname.endsWith(".localhost") || hostname.endsWith(".internal")) return true;
  return isNear(hostname) || isLinkLocal(hostname);
}
