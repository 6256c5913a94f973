// The floor: undici's pool dispatched directly, as our wire dispatches it, with the same request each time and nothing
// checked, kept or written. What it takes no sampler over it can save.

import { Pool } from "undici";

const [url, countText, concurrencyText, warmText] = process.argv.slice(2) as [string, string, string, string];
const [count, concurrency, warmAfter] = [countText, concurrencyText, warmText].map(Number) as [number, number, number];
const { origin, pathname } = new URL(`${url}/chat/completions`);
const pool = new Pool(origin, { connections: concurrency, pipelining: 1 });
const headers = ["content-type", "application/json"];
const content = "#row-1# the committee said on tuesday that the rules of its members would be looked at again";
const body = JSON.stringify({
  ...{ model: "bench", messages: [{ role: "user", content }], temperature: 1, max_tokens: 64 },
  ...{ seed: 5, logprobs: true, top_logprobs: 1 },
});
let [sentCount, answeredCount] = [0, 0];
let warm: { readonly cpu: NodeJS.CpuUsage; readonly ms: number } | undefined;

function send(done: () => void): void {
  if (sentCount === count) return;
  sentCount += 1;
  const chunks: Buffer[] = [];
  pool.dispatch(
    { path: pathname, method: "POST", headers, body },
    {
      onRequestStart: () => undefined,
      onResponseStart: () => undefined,
      onResponseData: (_, chunk) => void chunks.push(chunk),
      onResponseEnd() {
        JSON.parse(Buffer.concat(chunks).toString());
        answeredCount += 1;
        if (answeredCount === warmAfter && count > warmAfter) warm = { cpu: process.cpuUsage(), ms: performance.now() };
        if (answeredCount === count) done();
        else send(done);
      },
      onResponseError(_, error) {
        throw error;
      },
    },
  );
}

await new Promise<void>((resolve) => {
  for (let slot = 0; slot < concurrency; slot++) send(resolve);
});
const { user, system } = process.cpuUsage();
const from = warm ?? { cpu: { user: 0, system: 0 }, ms: 0 };
const since = count - (warm ? warmAfter : 0);
console.log(
  JSON.stringify({
    microseconds: (user + system) / count,
    warmMicroseconds: (user + system - from.cpu.user - from.cpu.system) / since,
    perSecond: (1000 * since) / (performance.now() - from.ms),
    residentMegabytes: process.resourceUsage().maxRSS / 1024,
  }),
);
process.exit(0);
