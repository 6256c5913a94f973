// Numbers as a reader wants them: as many digits as the interval supports, thousands grouped, signs on differences.
// ASCII only; the page turns the minus into a typographic one. Files for programs use tables/csv.ts instead.

/**
 * Decimals that show two digits of half an interval (0.6052 within 0.59 .. 0.62 becomes 0.605), and one digit at least
 * of each end, so that an end beside zero is not written as zero.
 */
export function computeDecimals(low: number | null, high: number | null): number | null {
  if (low === null || high === null) return null;
  const half = Math.abs(high - low) / 2;
  if (!Number.isFinite(half) || half === 0) return null;
  const ends = [low, high].filter((end) => end !== 0).map((end) => -Math.floor(Math.log10(Math.abs(end))));
  return Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(half)), ...ends));
}

/** With `decimals` null: four significant digits. Very small and very large numbers in powers of ten. */
export function renderNumber(value: number, decimals: number | null = null): string {
  if (Number.isNaN(value)) return "-";
  if (!Number.isFinite(value)) return value > 0 ? "infinite" : "-infinite";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return renderPower(value);
  if (Number.isInteger(value) && decimals === null) return renderGrouped(value, 0);
  return renderGrouped(value, decimals ?? Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(size)))));
}

/** A number with its sign, also where it is positive. */
export function renderSigned(value: number, decimals: number | null = null): string {
  const text = renderNumber(value, decimals);
  return value > 0 ? `+${text}` : text;
}

/** `low to high`, or nothing known. */
export function renderInterval(low: number | null, high: number | null, signed = false): string {
  if (low === null || high === null) return "no interval";
  const decimals = computeDecimals(low, high);
  const render = signed ? renderSigned : renderNumber;
  return `${render(low, decimals)} to ${render(high, decimals)}`;
}

/** The change from one value to another in percent; null where a ratio says nothing. */
export function renderPercent(from: number, to: number): string | null {
  const percent = ((to - from) / Math.abs(from)) * 100;
  if (!Number.isFinite(percent) || Math.abs(percent) >= 1000) return null;
  const text = Math.abs(percent) >= 1 ? percent.toFixed(0) : percent.toFixed(1);
  return `${percent > 0 ? "+" : ""}${text} %`.replace(/^[+-]?0(\.0)? %$/, "0 %");
}

function renderGrouped(value: number, decimals: number): string {
  const [whole = "", fraction] = value.toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

function renderPower(value: number): string {
  const [digits = "", exponent = ""] = value.toExponential(2).split("e");
  return `${digits}e${Number(exponent)}`;
}
