// What a server says went wrong, out of the shapes that servers say it in: OpenAI's, vLLM's, TGI's, FastAPI's, Ollama's.
// It reads; what follows from it is decided in classify.ts.

import { renderVisibleLine } from "../../text/visible.ts";

export interface Complaint {
  /** Codes and types, lower case, whichever were told. */
  readonly codes: readonly string[];
  /** The member of the request that is complained about. */
  readonly param: string | null;
  /** Its own words, one visible line, not too long; empty where it says nothing readable. */
  readonly words: string;
}

/** Characters of a server's words that are shown. */
const shownLength = 300;

/** True for a body that says it is an error, whatever its status. */
export function isComplaint(body: unknown): boolean {
  if (!isRecord(body) || "choices" in body) return isRecord(body) && hasError(body.error);
  return hasError(body.error) || body.object === "error" || typeof body.error_type === "string";
}

/** Reads a body, parsed where it is JSON and as text where it is not. */
export function readComplaint(body: unknown, redact: (text: string) => string): Complaint {
  const outer = isRecord(body) ? body : {};
  const inner = isRecord(outer.error) ? outer.error : {};
  const codes = [inner.code, inner.type, inner.status, outer.code, outer.type, outer.error_type, outer.status]
    .filter((code) => typeof code === "string" || typeof code === "number")
    .map((code) => renderVisibleLine(redact(String(code))).toLowerCase());
  const param = inner.param ?? outer.param;
  const said = inner.message ?? outer.error ?? outer.message ?? outer.detail ?? outer.errors ?? body;
  return {
    codes: [...new Set(codes)],
    param: typeof param === "string" ? param : null,
    words: showWords(typeof said === "string" ? said : renderShort(said), redact),
  };
}

/** A server's words as a line that may be shown and stored: the key taken out first, then cut. */
export function showWords(text: string, redact: (text: string) => string): string {
  // Of a page nobody reads the markup.
  const plain = /^\s*<(!doctype|html|\?xml)/i.test(text) ? (/<title>([^<]*)/i.exec(text)?.[1] ?? "a web page") : text;
  const line = renderVisibleLine(
    redact(plain.slice(0, 20 * shownLength))
      .trim()
      .replace(/\s+/g, " "),
  );
  return line.length <= shownLength ? line : `${line.slice(0, shownLength).replace(/[\ud800-\udbff]$/, "")}...`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasError(error: unknown): boolean {
  return isRecord(error) || (typeof error === "string" && error !== "");
}

function renderShort(value: unknown): string {
  try {
    return value === undefined ? "" : JSON.stringify(value);
  } catch {
    // Nested deeper than the stack goes: it says nothing to anybody.
    return "";
  }
}
