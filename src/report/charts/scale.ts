// The vertical scale of a figure, settled before it is drawn, so that labels can be placed where lines end.
// Linear, or logarithmic where positive values span more than two decades.

export interface Scale {
  readonly kind: "linear" | "log";
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  /** A d3-format for the ticks. */
  readonly format: string;
  /** A Vega expression instead of the format, where powers of ten are written with raised digits. */
  readonly labelExpr?: string;
}

/** A scale for the values; infinities are left out of it (computePixel puts them on the edge). */
export function createScale(values: readonly number[]): Scale {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return createLinear(0, 1);
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  if (low > 0 && high / low > 100) return createLog(low, high);
  return createLinear(low, high);
}

/** Distance from the upper edge; what lies outside, infinities included, is put on the nearest edge. */
export function computePixel(scale: Scale, value: number, height: number): number {
  const [low, high] = scale.domain;
  const place = (x: number): number => (scale.kind === "log" ? Math.log(x) : x);
  if (value >= high) return 0;
  if (value <= low) return height;
  return height * (1 - (place(value) - place(low)) / (place(high) - place(low)));
}

/** The value drawn for one that lies outside. */
export function computeClamped(scale: Scale, value: number): number {
  return Math.min(scale.domain[1], Math.max(scale.domain[0], value));
}

/** Never from zero by force: lines and points, unlike bars, may start anywhere. */
function createLinear(low: number, high: number): Scale {
  // Values that are all but equal still need a scale around them.
  const size = Math.max(Math.abs(low), Math.abs(high));
  const span = size < 1e-300 ? 1 : high - low > 1e-6 * size ? high - low : size;
  const middle = (low + high) / 2;
  const reach = span * 0.56;
  // A quantity that never falls below zero is not given an axis that does.
  const bottom = low >= 0 ? Math.max(0, middle - reach) : middle - reach;
  const top = middle + reach;
  const step = computeStep(top - bottom);
  const ticks: number[] = [];
  for (let index = Math.ceil(bottom / step); index * step <= top; index++)
    ticks.push(Number((index * step).toPrecision(12)));
  // The step as computed may lie a rounding below its power of ten.
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const format = size < 1e-4 ? ".1e" : size >= 1e6 ? "~s" : `,.${decimals}f`;
  return { kind: "linear", domain: [bottom, top], ticks, format };
}

/** Ticks at powers of ten, thinned where there would be more than about eight. */
function createLog(low: number, high: number): Scale {
  const domain: readonly [number, number] = [low / 1.25, high * 1.25];
  const first = Math.ceil(Math.log10(domain[0]));
  const last = Math.floor(Math.log10(domain[1]));
  const stride = Math.max(1, Math.ceil((last - first + 1) / 8));
  const ticks: number[] = [];
  for (let exponent = first; exponent <= last; exponent += stride) ticks.push(Number(`1e${exponent}`));
  const plain = { kind: "log", domain, ticks, format: "~r" } as const;
  if (first >= -4 && last <= 5) return plain;
  const labels = ticks.map((_, index) => `'10${renderRaised(first + index * stride)}'`);
  return { ...plain, labelExpr: `[${labels}][round((log(datum.value) / LN10 - ${first}) / ${stride})]` };
}

function renderRaised(exponent: number): string {
  const digits = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";
  return [...String(exponent)].map((sign) => digits[Number(sign)] ?? "\u207b").join("");
}

/** The step of 1, 2 or 5 times a power of ten that comes closest, in ratio, to giving six intervals. */
function computeStep(span: number): number {
  const rough = span / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const ratio = rough / power;
  // Halfway between 1 and 2, 2 and 5, 5 and 10 in ratio.
  const factor = ratio < Math.SQRT2 ? 1 : ratio < Math.sqrt(10) ? 2 : ratio < Math.sqrt(50) ? 5 : 10;
  return factor * power;
}
