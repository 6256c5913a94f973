// Which part of the network an address belongs to, by RFC 6890: this machine, a network behind it, or what only a host's
// own link and its vendor's metadata service answer to. Names are not looked up here.

import { BlockList, isIP } from "node:net";

const loopback = createRanges(["127.0.0.0/8"], ["::1/128"]);

const near = createRanges(
  ["0.0.0.0/8", "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"],
  ["::/128", "::1/128", "fc00::/7"],
);

const link = createRanges(
  ["169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32"],
  // Link-local, a vendor's metadata, and link-local IPv4 wrapped by NAT64 and 6to4; BlockList unwraps ::ffff: itself.
  ["fe80::/10", "fd00:ec2::/32", "64:ff9b::a9fe:0/112", "2002:a9fe::/32", "::a9fe:0/112"],
);

/** A host as `URL` and headers write it, without the brackets of IPv6. */
export function readHost(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}

/** True for names and addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || isListed(loopback, host);
}

/** True for addresses of this machine and of private networks; false for names. */
export function isNear(host: string): boolean {
  return isListed(near, host);
}

/** True for link-local addresses and those of metadata services; false for names. */
export function isLinkLocal(host: string): boolean {
  return isListed(link, host);
}

function isListed(ranges: BlockList, host: string): boolean {
  const address = readHost(host);
  const version = isIP(address);
  return version !== 0 && ranges.check(address, version === 6 ? "ipv6" : "ipv4");
}

function createRanges(four: readonly string[], six: readonly string[]): BlockList {
  const ranges = new BlockList();
  const split = (range: string): [string, number] => [range.split("/")[0]!, Number(range.split("/")[1])];
  for (const range of four) ranges.addSubnet(...split(range), "ipv4");
  for (const range of six) ranges.addSubnet(...split(range), "ipv6");
  return ranges;
}
