// Where a hub's answers may send us: which hosts are of this machine or of a network behind it. A redirect is an answer of
// somebody else's, and never a reason to ask this machine's own services.

/** True for loopback and for addresses that no public name leads to; `URL` has made one form of all spellings before. */
export function isPrivateHost(hostname: string): boolean {
  if (hostname === "localhost" || hostname.endsWith(".localhost") || hostname.endsWith(".internal")) return true;
  if (hostname.startsWith("[")) return isPrivateSix(hostname.slice(1, -1));
  const parts = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(hostname);
  return parts !== null && isPrivateFour(Number(parts[1]), Number(parts[2]));
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** RFC 6890: this network, private use, carrier-grade, loopback, link-local. */
function isPrivateFour(first: number, second: number): boolean {
  if (first === 0 || first === 10 || first === 127) return true;
  if (first === 100) return second >= 64 && second < 128;
  if (first === 169) return second === 254;
  return first === 172 ? second >= 16 && second < 32 : first === 192 && second === 168;
}

/** Unspecified, loopback, mapped from IPv4, unique local, link-local. */
function isPrivateSix(address: string): boolean {
  const mapped = /^::ffff:([0-9a-f]+):[0-9a-f]+$/.exec(address);
  if (mapped !== null) {
    const word = Number.parseInt(mapped[1]!, 16);
    return isPrivateFour(word >> 8, word & 255);
  }
  return /^(::1?$|f[cd]|fe[89ab])/.test(address);
}
