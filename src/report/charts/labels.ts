// Where the names beside the lines stand: as near to the ends of their lines as they can without overlapping.

/**
 * New positions at least `gap` apart within 0 .. height, nearest to the wished ones in squares, in the wished order:
 * isotonic regression by pooling adjacent violators (Ayer et al. 1955) of the positions less their gaps.
 */
export function computeLabelPositions(
  wished: readonly number[],
  room: { readonly gap: number; readonly height: number },
): number[] {
  const order = wished.map((_, index) => index).sort((a, b) => wished[a]! - wished[b]! || a - b);
  // Too many labels for the room stand closer rather than outside.
  const gap = Math.min(room.gap, room.height / Math.max(1, wished.length - 1));
  const blocks: { sum: number; count: number }[] = [];
  for (const [rank, index] of order.entries()) {
    blocks.push({ sum: wished[index]! - rank * gap, count: 1 });
    while (blocks.length > 1) {
      const [before, last] = [blocks.at(-2)!, blocks.at(-1)!];
      if (before.sum / before.count <= last.sum / last.count) break;
      blocks.splice(-2, 2, { sum: before.sum + last.sum, count: before.count + last.count });
    }
  }
  const free = room.height - gap * (wished.length - 1);
  const places = blocks.flatMap(({ sum, count }) => new Array<number>(count).fill(sum / count));
  const result = new Array<number>(wished.length);
  for (const [rank, index] of order.entries()) {
    result[index] = Math.min(free, Math.max(0, places[rank]!)) + rank * gap;
  }
  return result;
}
