// Unpacking pages of a Parquet file within bounds: what a packed page says of its own size is never believed beyond what
// its header said, which has been held against the footer. Node's zlib where it has the codec, else hyparquet's.

import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { Compressors } from "hyparquet";
import { compressors } from "hyparquet-compressors";

type Codec = (input: Uint8Array, outputLength: number) => Uint8Array;

function createNodeCodec(
  unpack: (input: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array,
): Codec {
  return skipEmpty((input, outputLength) => unpack(input, { maxOutputLength: outputLength }));
}

/** A page of nulls alone is empty: 0 would be no limit to zlib, and LZ4's decoder stumbles over it. */
function skipEmpty(unpack: Codec): Codec {
  return (input, outputLength) => (outputLength === 0 ? new Uint8Array() : unpack(input, outputLength));
}

export const boundedCodecs: Compressors = {
  ...(compressors.SNAPPY ? { SNAPPY: createSnappy(compressors.SNAPPY) } : {}),
  ...(compressors.LZ4 ? { LZ4: skipEmpty(compressors.LZ4) } : {}),
  ...(compressors.LZ4_RAW ? { LZ4_RAW: skipEmpty(compressors.LZ4_RAW) } : {}),
  GZIP: createNodeCodec(gunzipSync),
  BROTLI: createNodeCodec(brotliDecompressSync),
  ZSTD: createNodeCodec(zstdDecompressSync),
};

/** A snappy stream begins with its unpacked length; one that differs from the header's is a lie or damage. */
function createSnappy(unpack: Codec): Codec {
  return (input, outputLength) => {
    let [length, scale] = [0, 1];
    for (let at = 0; at < 5; at++) {
      const byte = input[at] ?? 0;
      length += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
    }
    if (length !== outputLength) throw new RangeError("snappy length");
    return unpack(input, outputLength);
  };
}
