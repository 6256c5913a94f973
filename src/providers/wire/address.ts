// Which addresses may be asked: https anywhere, http only to this machine and private networks, and nobody's metadata
// service. A name is looked up and judged at every connection, so that the address judged is the address connected to.

import { lookup as lookUp } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { isLinkLocal, isNear, readHost } from "../../text/network/host-range.ts";

/** What is wrong with an address, and the step to take; null where it may be asked. */
export interface AddressFault {
  readonly what: string;
  readonly next: string;
}

/** Judges the address as it is written; a name in it is judged once it is looked up. */
export function findAddressFault(address: string, isPlainAllowed = false): AddressFault | null {
  const next = "write the address as http://127.0.0.1:8000/v1 or https://host/v1";
  if (!URL.canParse(address)) return { what: "is not an address", next };
  const url = new URL(address);
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return { what: `speaks ${url.protocol} and not http`, next };
  if (url.username !== "" || url.password !== "") {
    return { what: "holds a user or a password", next: "name the variable of a key under key" };
  }
  if (url.search !== "" || url.hash !== "") {
    return { what: "holds a query", next: "leave everything from ? or # out; a key belongs into a variable" };
  }
  // The parser of addresses has turned decimal, octal and hexadecimal spellings into the usual one.
  const host = readHost(url.hostname);
  return isIP(host) === 0 ? null : findHostFault(host, url.protocol, isPlainAllowed);
}

/** Judges an address of the network. */
function findHostFault(host: string, protocol: string, isPlainAllowed: boolean): AddressFault | null {
  if (isLinkLocal(host)) {
    return { what: `${host} is a link-local or metadata address`, next: "name the server's own address" };
  }
  if (protocol === "https:" || isPlainAllowed || isNear(host)) return null;
  return { what: `${host} is public and http:// would send everything unencrypted`, next: "use https://" };
}

/** A look-up for connections that refuses what may not be asked. */
export function createLookup(protocol: string, isPlainAllowed: boolean): LookupFunction {
  return (name, options, callback) => {
    lookUp(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, "", 0);
      for (const { address } of found) {
        const fault = findHostFault(address, protocol, isPlainAllowed);
        if (fault !== null) return callback(new AddressError(fault), "", 0);
      }
      const first = found[0]!;
      if (options.all === true) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}

/** Thrown into a connection that is refused; the wire turns it into an outcome. */
export class AddressError extends Error {
  readonly fault: AddressFault;

  constructor(fault: AddressFault) {
    super(fault.what);
    this.name = "AddressError";
    this.fault = fault;
  }
}
