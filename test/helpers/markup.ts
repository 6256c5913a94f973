// A small strict reader of the HTML and SVG that reports are made of: the elements and attributes in order, each closed
// where it must be. Enough to see whether a text has become an element; a browser looks again in test/integration/.

import assert from "node:assert/strict";

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const empty = new Set(["meta", "br", "link", "!doctype"]);

/** Reads markup; fails on what is not nested, not quoted or not closed. */
export function readElements(markup: string): Element[] {
  const elements: Element[] = [];
  const open: string[] = [];
  const tag = /<(\/?)([!a-zA-Z][^\s/>]*)((?:\s+[^\s=/>]+(?:="[^"]*")?)*)\s*(\/?)>/g;
  let end = 0;
  for (const match of markup.matchAll(tag)) {
    checkText(markup.slice(end, match.index));
    end = match.index + match[0].length;
    const name = match[2]!.toLowerCase();
    if (match[1]) assert.equal(open.pop(), name, `</${name}> closes what is not open`);
    else {
      elements.push({ name, attributes: readAttributes(match[3]!) });
      if (!match[4] && !empty.has(name)) open.push(name);
    }
  }
  checkText(markup.slice(end));
  assert.deepEqual(open, [], "elements are left open");
  return elements;
}

/** The texts between tags, entities decoded, joined. */
export function readText(markup: string): string {
  return decode(markup.replace(/<style>[^<]*<\/style>/g, "").replace(/<[^>]*>/g, ""));
}

function readAttributes(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([^\s=]+)(?:="([^"]*)")?/g)].map((match) => [match[1]!, decode(match[2] ?? "")]),
  );
}

function checkText(text: string): void {
  assert.ok(!text.includes("<"), `a text holds a tag: ${text.slice(0, 80)}`);
}

function decode(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_whole, code) => String.fromCodePoint(Number(code)))
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}
