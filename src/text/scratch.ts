// Typed arrays that are kept from one text to the next and only ever grow, so that scoring a pair allocates nothing.

/** A copy of the array with at least `length` elements, and at least twice as many as it had; the rest is 0. */
export function createLarger<Numbers extends Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer>>(
  numbers: Numbers,
  length: number,
): Numbers {
  const Kind = numbers.constructor as new (length: number) => Numbers;
  const larger = new Kind(Math.max(length, 2 * numbers.length));
  larger.set(numbers);
  return larger;
}
