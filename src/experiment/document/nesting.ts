// Guards the YAML composer, which is recursive: text nested too deeply, or of too many tokens, is refused before it
// is composed. At some depth an exhausted stack ends the process instead of throwing, so there is no catching it.

import { Lexer } from "yaml";

const deepest = { brackets: 32, columns: 128, indicators: 32 };
const mostTokens = 50_000;

export interface NestingFault {
  /** Position in the text. */
  readonly offset: number;
  readonly what: string;
}

/** The first place at which the text nests too deeply or grows too long; null for text that may be composed. */
export function findNestingFault(text: string): NestingFault | null {
  const lexer = new Lexer();
  let offset = text.startsWith("\ufeff") ? 1 : 0;
  let tokenCount = 0;
  let brackets = 0;
  let indicators = 0;
  let isLineStart = true;
  let isScalar = false;
  for (const token of lexer.lex(text)) {
    // One-character control tokens announce what comes next and stand for no text.
    if (token === "\u001f") isScalar = true;
    if (token === "\u0002" || token === "\u0018" || token === "\u001f" || token === "\ufeff") continue;
    tokenCount += 1;
    if (isScalar) isScalar = false;
    else if (token === "[" || token === "{") brackets += 1;
    else if (token === "]" || token === "}") brackets = Math.max(0, brackets - 1);
    else if (brackets === 0 && (token === "-" || token === "?" || token === ":")) indicators += 1;
    const columns = isLineStart && token.trim() === "" ? token.length : 0;
    const isTooDeep =
      brackets > deepest.brackets || indicators > deepest.indicators || (columns > deepest.columns && brackets === 0);
    if (isTooDeep) return { offset, what: "nested too deeply for an experiment" };
    if (tokenCount > mostTokens) return { offset, what: "too long for an experiment" };
    isLineStart = token.endsWith("\n");
    if (isLineStart) indicators = 0;
    offset += token.length;
  }
  return null;
}
