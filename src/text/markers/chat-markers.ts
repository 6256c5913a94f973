// Chat markers: texts that a tokenizer reads as a turn's beginning or end, or as the end of a text, wherever they stand.
// Finds and breaks them. It knows no tokenizer and no template, so it errs towards finding too many.

/** Raised whenever another text would be found or another one written; it enters the keys of stages that use it. */
export const markerVersion = 1;

/**
 * `<|name|>` in ASCII and in full width covers ChatML, OpenAI's harmony, Llama 3 and 4, Phi, Command R, GLM, Granite,
 * Kimi, InternLM and DeepSeek, whatever names they add; the rest is listed: Llama 2 and Mistral, Gemma, T5, BERT.
 * Words that a template alone knows, such as `### Instruction:`, are ordinary tokens and are not listed.
 */
const source = [
  String.raw`<\|[^|<>\s]{1,64}\|>`,
  String.raw`<｜[^｜<>\s]{1,64}｜>`,
  String.raw`<<\/?SYS>>`,
  String.raw`<\/?s>`,
  "<(?:bos|eos|pad|unk|mask|sop|eop|BOS_TOKEN|EOS_TOKEN|PAD_TOKEN)>",
  "<(?:start|end)_of_(?:turn|image)>",
  String.raw`<extra_id_\d{1,3}>`,
  String.raw`\[\/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_RESULTS)\]`,
  String.raw`\[(?:TOOL_CALLS|TOOL_CONTENT|CALL_ID|ARGS|gMASK|sMASK|CLS|SEP|PAD|MASK|UNK)\]`,
].join("|");

const one = new RegExp(source, "u");
const every = new RegExp(source, "gu");

export function hasMarker(text: string): boolean {
  // Every marker begins with one of the two, and most texts hold neither: this is eight times as fast.
  return (text.includes("<") || text.includes("[")) && one.test(text);
}

/** The text with a blank after the first character of every marker: readable as before, and no tokenizer's token. */
export function renderWithoutMarkers(text: string): string {
  return text.replace(every, (marker) => `${marker[0]} ${marker.slice(1)}`);
}
