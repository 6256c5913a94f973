// Requests to a server as they stand, past everything of ours: what a server says of itself.

export interface RawReply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what comes back is asserted member by member
  readonly value: any;
}

export async function askRaw(origin: string, path: string, body: unknown): Promise<RawReply> {
  const reply = await fetch(`${origin}/v1${path}`, {
    method: "POST",
    // A connection that is kept is closed by the server while a forward pass holds the suite up.
    headers: { "content-type": "application/json", connection: "close" },
    body: JSON.stringify(body),
  });
  const text = await reply.text();
  return { status: reply.status, value: text.startsWith("{") ? JSON.parse(text) : text };
}

/** The largest difference of two lists of one length; where either side has null, there is none. */
export function computeWorst(some: readonly (number | null)[], others: readonly (number | null)[]): number {
  if (some.length !== others.length) throw new RangeError(`${some.length} terms beside ${others.length}`);
  const pairs = some.flatMap((value, index) => {
    const other = others[index];
    return typeof value === "number" && typeof other === "number" ? [Math.abs(value - other)] : [];
  });
  if (pairs.length === 0) throw new RangeError("there is nothing to compare");
  return Math.max(...pairs);
}
