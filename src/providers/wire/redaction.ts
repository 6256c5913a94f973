// Takes a key out of what a server says, in every form it may come back in: whole, in part, percent-encoded, in
// base64, as JSON text. What is left may be shown and stored.

/** Characters of a key in a row that give it away: vendors themselves show fewer. */
const tellingLength = 8;
const mark = "[key]";

/** A function that takes the key out of a text. */
export function createRedactor(key: string | null): (text: string) => string {
  if (key === null || key.length < tellingLength) return (text) => text;
  const parts = new Set<string>();
  for (const form of createForms(key)) {
    for (let start = 0; start + tellingLength <= form.length; start++)
      parts.add(form.slice(start, start + tellingLength));
  }
  return (text) => redact(text, parts);
}

/** Every stretch that shares eight characters in a row with a form of the key becomes one mark. */
function redact(text: string, parts: ReadonlySet<string>): string {
  let clean = "";
  let kept = 0;
  for (let place = 0; place + tellingLength <= text.length; ) {
    if (!parts.has(text.slice(place, place + tellingLength))) {
      place += 1;
      continue;
    }
    let end = place + tellingLength;
    while (end < text.length && parts.has(text.slice(end - tellingLength + 1, end + 1))) end += 1;
    clean += text.slice(kept, place) + mark;
    kept = end;
    place = end;
  }
  return kept === 0 ? text : clean + text.slice(kept);
}

function createForms(key: string): readonly string[] {
  const bytes = Buffer.from(key);
  // Base64 of a text that holds the key: its own characters depend on where in a group of three bytes it begins.
  const coded = [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    const inner = whole.slice(shift === 0 ? 0 : 4).replace(/.?=+$/, "");
    return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
  });
  return [
    key,
    encodeURIComponent(key),
    new URLSearchParams({ key }).toString().slice("key=".length),
    JSON.stringify(key).slice(1, -1),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    ...coded,
  ];
}
