// Whether what an endpoint tells of given texts can be relied on: it is asked for the canaries that it wrote itself, and
// what it tells of them is held against what it told when it wrote them.

import { computePassage, type Written } from "../given/passages.ts";
import { computeVerdict, leastTokens, mostHigh, mostMedian, type Passage, type Verdict } from "../given/verdict.ts";
import { ableServers, type GivenText, type GivenWay, type Listing } from "../given/ways.ts";
import type { LogProbabilityShape } from "../openai/body.ts";
import {
  canaryPrompts,
  createCanaries,
  drawTogether,
  type First,
  longest,
  type WrittenCanary,
  writeChat,
  writeOne,
  writeRaw,
  writeTgi,
  writeTogether,
} from "./canaries.ts";
import type { Canary, GivenEvidence, ListedModel } from "./evidence.ts";
import { findWays } from "./models.ts";
import type { Prober } from "./prober.ts";

export interface CanaryFindings {
  readonly canaries: readonly Canary[];
  readonly given: GivenEvidence;
  /** How the raw route takes to be asked for log-probabilities; null where it was not asked. */
  readonly dialect: LogProbabilityShape | null;
  /** Whether the raw route answers; null where it was not asked. */
  readonly completions: boolean | null;
}

export interface ProofTask {
  /** Whether given texts are to be proved. */
  readonly isProved: boolean;
  /** Whether the canaries come from the route that is sampled, whatever given texts are proved by. */
  readonly isPlain: boolean;
}

/** Has canaries written and proves given texts by them, in as few requests as it takes. */
export async function proveGiven(
  prober: Prober,
  listed: readonly ListedModel[] | null,
  { isProved, isPlain }: ProofTask,
): Promise<CanaryFindings> {
  const { settings } = prober;
  const known = findWays(settings.given, listed);
  if (known.some(({ shape }) => shape === "refeed")) return proveTogether(prober, known[0] as GivenWay, isProved);
  const ways = isProved ? known : [];
  const isAsked = settings.ask === "completions" || ways.length > 0;
  const raw = isAsked ? await writeRaw(prober) : undefined;
  const isChat = isPlain && settings.ask === "chat";
  const first = isChat || raw === undefined ? await writeChat(prober) : raw;
  const base = { completions: isAsked ? raw !== undefined : null, dialect: raw?.dialect ?? null };
  const tellers = ways.length === 0 ? null : await findTellers(prober, { raw, ways });
  const proved = tellers && (await prove(prober, tellers));
  if (proved && !isPlain) return { ...base, canaries: createCanaries(proved.written), given: proved.given };
  const canaries = first ? createCanaries([first.written], await isSteady(first)) : [];
  if (proved || !isProved) return { ...base, canaries, given: proved?.given ?? { kind: "unasked" } };
  const mute = raw
    ? "its raw route tells no log-probabilities of what it writes, so those of given texts cannot be proved"
    : "it has no raw completions route";
  return { ...base, canaries, given: refuse(ways.length === 0 ? "the experiment says given: none" : mute) };
}

/** A text that is all there is to tell a model by is worth something if it comes again. */
async function isSteady({ written, again }: First): Promise<boolean> {
  return written.tokens !== null || (await again())?.text === written.text;
}

const refuse = (reason: string): GivenEvidence => ({ kind: "refused", reason });

/** Who can tell of a text it wrote, and by which ways of a given one. */
interface Tellers {
  readonly first: WrittenCanary;
  readonly ways: readonly GivenWay[];
  /** Why other ways are not tried. */
  readonly reasons: readonly string[];
  writeNext(index: number): Promise<WrittenCanary | undefined>;
}

async function findTellers(
  prober: Prober,
  { raw, ways }: { readonly raw: First | undefined; readonly ways: readonly GivenWay[] },
): Promise<Tellers | null> {
  if (raw?.written.tokens) {
    const { dialect, most } = raw;
    // Every way but the routes beside asks for them by a number.
    const isAble = ({ isBeside }: GivenWay): boolean => isBeside || dialect === "number";
    const reasons = ways.every(isAble) ? [] : ["its raw route takes no number for logprobs"];
    return {
      first: raw.written,
      ways: ways.filter(isAble),
      reasons,
      writeNext: (index) => writeOne(prober, { index, dialect, most }),
    };
  }
  const tgi = ways.filter(({ shape }) => shape === "tgi");
  if (tgi.length === 0) return null;
  const writeNext = (index: number): Promise<WrittenCanary | undefined> => writeTgi(prober, index);
  const first = await writeNext(0);
  return first?.tokens ? { first, ways: tgi, reasons: [], writeNext } : null;
}

interface Proving {
  readonly written: readonly WrittenCanary[];
  readonly given: GivenEvidence;
}

async function prove(prober: Prober, { first, ways, writeNext, reasons: known }: Tellers): Promise<Proving> {
  const reasons = [...known];
  for (const way of ways) {
    if (prober.left() === 0) break;
    const heard = await hear(prober, way, [first]);
    if (heard.passages.length === 0) {
      reasons.push(`${way.name}: ${heard.reason}`);
      continue;
    }
    const written = [first];
    const passages = [...heard.passages];
    while (computeVerdict(passages).kind === "few" && prober.left() >= 2) {
      const next = await writeNext(written.length);
      if (!next) break;
      written.push(next);
      passages.push(...(await hear(prober, way, [next])).passages);
    }
    return { written, given: judge(way, computeVerdict(passages)) };
  }
  const told = reasons.length > 0 ? reasons.join("; ") : "it takes no request that any of them does";
  return { written: [first], given: refuse(`it tells no log-probabilities of a given text (${told})`) };
}

interface Heard {
  readonly passages: readonly Passage[];
  readonly reason: string;
}

/** Asks for what was written as a given text. Without a passage the reason says why. */
async function hear(prober: Prober, way: GivenWay, written: readonly WrittenCanary[]): Promise<Heard> {
  const texts = written.map(({ prompt, text }): GivenText => ({ prompt, join: way.join ?? "", completion: text }));
  const { path, isBeside, name } = way;
  const body = way.createBody(prober.model, texts);
  const reply = await prober.ask({
    name: `given-${name}-${nameTexts(written)}`,
    path,
    isBeside,
    body,
    tokenCount: longest,
  });
  if (reply.kind === "untold") return { passages: [], reason: reply.reason };
  const listings = texts.map((_, index): Listing => way.read(reply.value, index));
  const silent = listings.find((listing) => listing.kind === "silent");
  if (silent) return { passages: [], reason: silent.reason };
  const passages = listings.flatMap((listing, index) => {
    const passage = computePassage(texts[index] as GivenText, written[index] as Written, listing);
    return passage ? [passage] : [];
  });
  if (passages.length === 0) return { passages, reason: "the tokens that came back are not those of the text" };
  const isNull = passages.every(({ given }) => given.every((value) => value === null));
  return { passages: isNull ? [] : passages, reason: "all its log-probabilities are null" };
}

/** No two requests of a proof give as many texts from the same one on. */
function nameTexts(written: readonly WrittenCanary[]): string {
  const first = canaryPrompts.indexOf(written[0]?.prompt ?? "");
  return written.length > 1 ? `${first}-${written.length}` : String(first);
}

function judge(way: GivenWay, verdict: Verdict): GivenEvidence {
  if (verdict.kind === "proved") {
    const { tokenCount, median, high, shifted } = verdict;
    return { kind: "proved", way: way.name, agreement: { tokenCount, median, high, shifted } };
  }
  return refuse(`asked as ${way.name}, ${describeVerdict(way, verdict)}`);
}

function describeVerdict({ shape }: GivenWay, verdict: Exclude<Verdict, { readonly kind: "proved" }>): string {
  switch (verdict.kind) {
    case "silent":
      return "it tells no log-probabilities of a given text";
    case "constant":
      return `it tells ${show(verdict.value)} of every token`;
    case "few":
      return `only ${verdict.tokenCount} tokens of its canaries could be compared, ${leastTokens} are needed`;
    case "displaced":
      return `its log-probabilities are off by one position${shape === "llama-cpp" ? ", as llama-cpp-python's are where the model has no BOS token" : ""}`;
    case "blunt":
      return "its canaries are too predictable to tell one position from the next";
    case "different": {
      const { median, high } = verdict;
      return `what it tells of a text when given is not what it told when it wrote it: median difference ${show(median)} nats where ${mostMedian} is allowed, 95th percentile ${show(high)} where ${mostHigh} is`;
    }
  }
}

const show = (value: number): string => String(Number(value.toPrecision(3)));

async function proveTogether(prober: Prober, way: GivenWay, isProved: boolean): Promise<CanaryFindings> {
  const { written, reason } = await writeTogether(prober);
  const isTold = written.length > 0;
  const base = { canaries: createCanaries(written), completions: isTold, dialect: isTold ? ("number" as const) : null };
  if (!isTold) return { ...base, given: refuse(reason) };
  if (!isProved) return { ...base, given: { kind: "unasked" } };
  const heard = await hear(prober, way, written);
  const first = computeVerdict(heard.passages);
  if (!undecided.has(first.kind)) return { ...base, given: judge(way, first) };
  const drawn = await drawTogether(prober);
  const more = await hear(prober, way, drawn.written);
  const passages = [...heard.passages, ...more.passages];
  return { ...base, given: passages.length === 0 ? refuse(heard.reason) : judge(way, computeVerdict(passages)) };
}

/** What the texts of a model tell that writes little, nothing, or always the same, and not the server. */
const undecided: ReadonlySet<Verdict["kind"]> = new Set(["silent", "few", "constant", "blunt"]);

/** What to do about an endpoint whose scores of given texts cannot be relied on. */
export const givenAdvice = `score with a server that can: ${ableServers}`;
