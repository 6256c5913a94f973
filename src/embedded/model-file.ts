// The file a model is: one self-contained sequence of bytes with its shape, its words and its arrays.
// It reads and writes bytes in memory; where they lie is the caller's matter.
//
//   "refeed model 1\n" | SHA-256 of all that follows (32) | header length (4, little-endian) | header JSON, padded
//   with spaces to a multiple of 4 | the arrays one after the other, each padded with zeros to a multiple of 4
//
// float32 arrays are stored as they are. An int8 matrix has a float32 scale for each row, then its values:
// value = scale * integer, scale = largest magnitude of the row / 127.

import { createHash } from "node:crypto";
import { StoreError } from "../errors.ts";
import { listParameters, type ModelShape, type Parameters } from "./shape.ts";

/** Everything that is needed to go on from a model. */
export interface StoredModel {
  readonly shape: ModelShape;
  readonly words: readonly string[];
  readonly parameters: Parameters;
}

export type Encoding = "int8" | "float32";

const magic = Buffer.from("refeed model 1\n");
const digestSize = 32;
const fixedSize = magic.length + digestSize + 4;

/** Writes a model; int8 is for matrices, single rows stay float32. */
export function writeModelBytes(model: StoredModel, encoding: Encoding): Uint8Array {
  const { shape, words, parameters } = model;
  const header = JSON.stringify({ shape, words, encoding });
  const length = roundUp(Buffer.byteLength(header));
  const arrays = listParameters(shape).map(([name, rows, columns]) => {
    const values = parameters[name]!;
    return isCompact(encoding, rows, columns) ? quantize(values, rows, columns) : copyBytes(values);
  });
  const head = Buffer.alloc(4 + length, " ");
  head.writeUInt32LE(length, 0);
  head.write(header, 4);
  const body = Buffer.concat([head, ...arrays]);
  return Buffer.concat([magic, computeBytesDigest(body), body]);
}

/** Reads a model; throws StoreError naming `where` for bytes that are not, to the last bit, what was written. */
export function readModelBytes(bytes: Uint8Array, where: string): StoredModel {
  const refuse = (what: string, cause?: unknown): never => {
    throw new StoreError(what, { where, next: "restore the file from its source, or train the model again", cause });
  };
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!buffer.subarray(0, magic.length).equals(magic)) refuse("is not a model file of this version");
  const body = buffer.subarray(magic.length + digestSize);
  if (!computeBytesDigest(body).equals(buffer.subarray(magic.length, magic.length + digestSize))) {
    refuse("is damaged: its digest does not match its content");
  }
  const length = body.readUInt32LE(0);
  const { shape, words, encoding } = JSON.parse(body.toString("utf8", 4, 4 + length)) as {
    shape: ModelShape;
    words: readonly string[];
    encoding: Encoding;
  };
  let offset = fixedSize + length;
  const take = (size: number): Uint8Array => {
    const part = buffer.subarray(offset, offset + size);
    if (part.length !== size) refuse("ends too early");
    offset += roundUp(size);
    return part;
  };
  const parameters = Object.fromEntries(
    listParameters(shape).map(([name, rows, columns]) => {
      if (!isCompact(encoding, rows, columns)) return [name, readFloats(take(rows * columns * 4))];
      return [name, dequantize(readFloats(take(rows * 4)), take(rows * columns), columns)];
    }),
  );
  return { shape, words, parameters };
}

function isCompact(encoding: Encoding, rows: number, columns: number): boolean {
  return encoding === "int8" && rows > 4 && columns > 1;
}

/** Symmetric, row by row: an embedding of a rare word keeps its own scale. */
function quantize(values: Float32Array, rows: number, columns: number): Uint8Array {
  const scales = new Float32Array(rows);
  const integers = new Int8Array(roundUp(rows * columns));
  for (let row = 0; row < rows; row++) {
    let largest = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) largest = Math.max(largest, Math.abs(values[i]!));
    const scale = Math.fround(largest / 127);
    scales[row] = scale;
    if (scale === 0) continue;
    for (let i = row * columns; i < (row + 1) * columns; i++) integers[i] = Math.round(values[i]! / scale);
  }
  return Buffer.concat([copyBytes(scales), copyBytes(integers)]);
}

function dequantize(scales: Float32Array, bytes: Uint8Array, columns: number): Float32Array {
  const integers = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // A plan reads the base as well, once for every field that changed: a loop is twenty times as fast as a mapping.
  const values = new Float32Array(scales.length * columns);
  for (let row = 0; row < scales.length; row++) {
    const scale = scales[row]!;
    for (let i = row * columns; i < (row + 1) * columns; i++) values[i] = integers[i]! * scale;
  }
  return values;
}

/** Copies, because a view needs an address that is a multiple of 4. */
function readFloats(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

function copyBytes(values: Float32Array | Int8Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function computeBytesDigest(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

function roundUp(size: number): number {
  return Math.ceil(size / 4) * 4;
}
