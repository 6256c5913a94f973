// Counts characters as an editor counts columns: a pair of surrogates is one.

export function computeCharacterCount(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0xdc00 || code > 0xdfff) count += 1;
  }
  return count;
}
