// The peer in the same language: the `openai` package with its retries off, as many requests at once, nothing written.

import OpenAI from "openai";

const [url, countText, concurrencyText] = process.argv.slice(2) as [string, string, string];
const count = Number(countText);
const client = new OpenAI({ baseURL: url, apiKey: "none", maxRetries: 0 });
let next = 0;
let answered = 0;

async function work(): Promise<void> {
  while (next < count) {
    const content = `#row-${next++}# the committee said on tuesday that the rules of its members would be looked at again`;
    const { choices } = await client.chat.completions.create({
      ...{ model: "bench", messages: [{ role: "user", content }], temperature: 1, max_tokens: 64 },
    });
    if (choices[0]?.message.content) answered += 1;
  }
}

const startMs = performance.now();
await Promise.all(Array.from({ length: Number(concurrencyText) }, work));
const seconds = (performance.now() - startMs) / 1000;
if (answered !== count) throw new Error(`${answered} of ${count} were answered`);
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ microseconds: (user + system) / count, perSecond: count / seconds }));
process.exit(0);
