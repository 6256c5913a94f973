// The colours of every figure: eight series colours apart for normal, protan, deutan and tritan sight
// (at least 6.6 in OKLab x 100 in light, 8.9 in dark, by Machado 2009), each with contrast of 3 to 1 or more.
// Charts are drawn in light colours; the style sheet below turns them dark where the reader's system is.

/** [on white, on near-black]. */
const series = [
  ["#c8370a", "#ff9a3c"],
  ["#1a4fae", "#4b97ff"],
  ["#00918a", "#3fe0b8"],
  ["#86246b", "#c065bd"],
  ["#bd8a22", "#f4e463"],
  ["#3d94e6", "#b3d4ff"],
  ["#6d6672", "#a0978e"],
  ["#45180a", "#e8483c"],
] as const;

const ground = {
  ink: ["#1c2128", "#e8eaed"],
  muted: ["#59616b", "#a9b1bb"],
  axis: ["#8a939e", "#6b7480"],
  grid: ["#e4e7eb", "#2b3139"],
  surface: ["#fefefe", "#15181d"],
} as const;

export const palette = {
  series: series.map(([light]) => light),
  ink: ground.ink[0],
  muted: ground.muted[0],
  axis: ground.axis[0],
  grid: ground.grid[0],
  surface: ground.surface[0],
} as const;

/** Rules that recolour a drawn chart for a dark ground; `scope` is the selector of the svg element. */
export function renderDarkRules(scope: string): string {
  return [...series, ...Object.values(ground)]
    .map(([light, dark]) => `${scope} [fill="${light}"]{fill:${dark}}${scope} [stroke="${light}"]{stroke:${dark}}`)
    .join("");
}
