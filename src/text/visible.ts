// Makes the invisible visible: control characters, direction overrides and lone surrogates, which model text may
// carry, become symbols a reader sees and a terminal does not obey. It knows nothing of HTML or CSV.

/**
 * Controls, format characters (soft hyphen, zero-width and direction marks, tags), separators of lines and paragraphs,
 * lone surrogates, what XML cannot carry, and the fillers that look like nothing. The joiners U+200C and U+200D stay, because Persian, the
 * Indic scripts and emoji are spelled with them, and so do the Arabic number signs, which are visible.
 */
const invisible =
  /(?![\n\t\u0600-\u0605\u06DD\u08E2]|\u200C|\u200D)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115F\u1160\u3164\uFFA0\uFFFE\uFFFF]|\u034F|\u17B4|\u17B5/gu;

/** Text of several lines: line feeds and tabs stay what they are. */
export function renderVisible(text: string): string {
  return text.replace(invisible, renderSymbol);
}

/** Text for one line of a table or a terminal: line feeds and tabs become symbols as well. */
export function renderVisibleLine(text: string): string {
  return renderVisible(text).replace(/[\n\t]/g, renderSymbol);
}

/** A control picture (U+2400 block) where Unicode has one, else the code point in brackets. */
function renderSymbol(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return `\u27e8U+${code.toString(16).toUpperCase().padStart(4, "0")}\u27e9`;
}

/** JSON of one line as a terminal may be shown it: what is invisible is written as an escape, and every value stays what it is. */
export function renderVisibleJson(json: string): string {
  return json.replace(invisible, (character) =>
    Array.from({ length: character.length }, (_, index) => {
      return `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
    }).join(""),
  );
}
