// Where bytes stop being UTF-8: overlong forms, halves of surrogate pairs and cut characters among them.

import { isUtf8 } from "node:buffer";

/** Offset of the first byte that is no part of a UTF-8 character; the length where every byte is. */
export function computeInvalidOffset(bytes: Buffer): number {
  let at = 0;
  for (let length = 1; at < bytes.length; at += length) {
    const lead = bytes[at]!;
    length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (at + length > bytes.length || !isUtf8(bytes.subarray(at, at + length))) return at;
  }
  return at;
}
