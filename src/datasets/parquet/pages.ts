// The pages of a column chunk, held against what the footer says before any of them is decoded: a decoder makes room for
// as many values as a page header names. Reads headers alone (Apache Parquet, parquet.thrift: PageHeader).

/** What the footer says of the chunk. */
export interface ChunkClaim {
  /** The rows of the group; in a list as many values as the chunk says. */
  readonly valueCount: number;
  readonly uncompressedBytes: number;
  /** Nothing may stand behind the last value: of a nested column everything is decoded. */
  readonly isNested: boolean;
}

const freeBytes = 32 * 1024 * 1024;

/** What is wrong with the pages; undefined where they keep to what the footer says. */
export function findPageFault(
  bytes: Uint8Array,
  { valueCount: claimed, uncompressedBytes, isNested }: ChunkClaim,
): string | undefined {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  let [valueCount, unpacked] = [0, 0];
  try {
    while (reader.offset < bytes.length - 1 && (isNested || valueCount < claimed)) {
      const header = readStruct(reader);
      const [packedSize, unpackedSize] = [header.get(3) ?? -1, header.get(2) ?? -1];
      if (packedSize < 0 || unpackedSize < 0 || reader.offset + packedSize > bytes.length)
        return "has a page of an impossible size";
      unpacked += unpackedSize;
      // Not every writer counts alike: what fits into memory with ease is no reason to refuse a file.
      if (unpacked > Math.max(uncompressedBytes, freeBytes)) return "has pages larger than the footer says";
      const entries = header.get(nested(7, 1));
      if (entries !== undefined && entries * 4 > unpackedSize)
        return "has a dictionary of more entries than it has room for";
      const values = header.get(nested(5, 1)) ?? header.get(nested(8, 1)) ?? 0;
      const nulls = header.get(nested(8, 2)) ?? 0;
      if (!areLevelsWhole(header, Math.min(packedSize, unpackedSize))) return "has a page whose levels have no size";
      valueCount += values;
      if (values < 0 || nulls < 0 || nulls > values || valueCount > claimed)
        return "has pages of more values than the footer says";
      reader.offset += packedSize;
    }
  } catch (error) {
    if (error instanceof RangeError) return "has a page header that cannot be read";
    throw error;
  }
  return valueCount === claimed ? undefined : "has pages of fewer values than the footer says";
}

/** A page of version 2 says how long its levels are: hyparquet never comes back from one that does not. */
function areLevelsWhole(header: Numbers, size: number): boolean {
  if (header.get(nested(8, 1)) === undefined) return true;
  const [definition = -1, repetition = -1] = [header.get(nested(8, 5)), header.get(nested(8, 6))];
  return definition >= 0 && repetition >= 0 && definition + repetition <= size;
}

interface Reader {
  readonly view: DataView;
  offset: number;
}

/** Numbers of a struct by field, those of the structs in it by both fields; texts and lists are passed over. */
type Numbers = Map<number, number>;

function nested(field: number, inner: number): number {
  return field * 100 + inner;
}

const deepest = 8;

/** Thrift's compact protocol; throws RangeError beyond the bytes. */
function readStruct(reader: Reader, depth = 0): Numbers {
  if (depth > deepest) throw new RangeError("too deep");
  const numbers: Numbers = new Map();
  for (let field = 0; ; ) {
    const head = reader.view.getUint8(reader.offset++);
    const type = head & 15;
    if (type === 0) return numbers;
    field = head >> 4 === 0 ? readZigZag(reader) : field + (head >> 4);
    const value = readValue(reader, type, depth);
    if (typeof value === "number") numbers.set(field, value);
    else if (value !== undefined) for (const [inner, number] of value) numbers.set(nested(field, inner), number);
  }
}

function readValue(reader: Reader, type: number, depth: number): number | Numbers | undefined {
  if (type === 1 || type === 2) return type === 1 ? 1 : 0;
  if (type === 3) return reader.view.getInt8(reader.offset++);
  if (type >= 4 && type <= 6) return readZigZag(reader);
  if (type === 12) return readStruct(reader, depth + 1);
  // A double and a text are passed over; page headers have no lists, sets or maps.
  if (type !== 7 && type !== 8) throw new RangeError("no such type");
  const length = type === 7 ? 8 : readVarint(reader);
  reader.offset += length;
  return undefined;
}

function readZigZag(reader: Reader): number {
  const value = readVarint(reader);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** At most ten bytes; beyond 2^53 the value is inexact, and refused for its size by whoever asked for it. */
function readVarint(reader: Reader): number {
  let [value, scale] = [0, 1];
  for (let count = 0; count < 10; count++) {
    const byte = reader.view.getUint8(reader.offset++);
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
  throw new RangeError("a number without end");
}
