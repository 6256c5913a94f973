// The layers of a metric by generation, from the back to the front: reference rules, bands, lines, single seeds, means.
// Rows of data carry positions already held within the scale, so that nothing is drawn outside the plot.

import { renderVisibleLine } from "../../text/visible.ts";
import type { Beginning } from "../beginning.ts";
import type { Cell } from "../cells.ts";
import { computeDecimals, renderInterval, renderNumber } from "../numbers.ts";
import { createValueAxis, type Layers, plotWidth } from "./frame.ts";
import type { Marker } from "./marker.ts";
import { palette } from "./palette.ts";
import { computeClamped, type Scale } from "./scale.ts";

export interface GenerationLayers {
  /** Cells of arms. */
  readonly drawn: readonly Cell[];
  /** One cell of each reference line. */
  readonly references: readonly Cell[];
  readonly scale: Scale;
  /** The last generation of the axis. */
  readonly last: number;
  readonly markers: ReadonlyMap<string, Marker>;
  readonly beginning: Beginning;
  readonly apart: ReadonlySet<string>;
}

const axisTitles: Readonly<Record<Beginning, string>> = {
  trained: "generation (0 is trained on real data)",
  hosted: "generation (0 is a hosted model as it stands)",
  both: "generation (0 is trained on real data, or a hosted model)",
};

const apartTitle = "generation (0 is a hosted model that wrote without a prompt: another task)";

/** More seeds than this are shown by their middle 80 % instead of one dot each. */
export const dottedSeeds = 10;
/** Beyond this many generations points touch, and shapes could not be told apart. */
const crowdedGenerations = 30;

export function createGenerationLayers(request: GenerationLayers): Layers {
  const { drawn, references, scale, markers, apart } = request;
  const encodings = createEncodings(request);
  const values = drawn.map((cell) => {
    const row = renderRow(cell, scale);
    return apart.size === 0
      ? row
      : { ...row, task: apart.has(cell.arm) && cell.generation === 0 ? "texts" : "answers" };
  });
  const seeds = drawn.flatMap((cell) => listSeedRows(cell, scale));
  // Many bands over one another would be mud.
  const opacity = Math.max(0.06, Math.min(0.18, 0.9 / markers.size));
  return [
    {
      name: "references",
      data: { values: references.map((cell) => renderRow(cell, scale)) },
      mark: { type: "rule", color: palette.muted, strokeDash: [6, 4], strokeWidth: 1.5, aria: false },
      encoding: { y: encodings.y },
    },
    {
      data: { values },
      layer: [
        createBand("spread", opacity / 2, encodings),
        createBand("interval", opacity, encodings),
        createCurves(encodings),
        createSeeds(seeds, encodings),
        createMeans(encodings),
      ],
    },
  ];
}

/** Shared by all layers: one scale each, so that a band lies under its own line. */
type Encodings = ReturnType<typeof createEncodings>;

function createEncodings({ markers, scale, last, beginning, apart }: GenerationLayers) {
  // Twelve pixels on either side, so that no point sits on the edge of the plot.
  const margin = (Math.max(1, last) * 12) / (plotWidth - 24);
  const isCrowded = last > crowdedGenerations;
  const arms = [...markers.keys()];
  const markerOf = (arm: string): Marker => markers.get(arm)!;
  return {
    isCrowded,
    // A line of its own for each task.
    tasks: apart.size === 0 ? {} : { detail: { field: "task", type: "nominal" } as const },
    x: {
      field: "generation",
      type: "quantitative",
      scale: { domain: [-margin, Math.max(1, last) + margin] as number[], nice: false, zero: false },
      axis: {
        title: apart.size === 0 ? axisTitles[beginning] : apartTitle,
        values: listGenerationTicks(last),
        format: "d",
        labelFlush: false,
      },
    },
    y: { field: "mean", type: "quantitative", ...createValueAxis(scale) },
    color: createArmEncoding(arms, (arm) => markerOf(arm).color),
    dash: createArmEncoding(arms, (arm) => [...markerOf(arm).dash]),
    shape: createArmEncoding(arms, (arm) => (isCrowded ? "circle" : markerOf(arm).shape)),
  } as const;
}

/** Between the fields `<name>Low` and `<name>High`; rows without them have no band. */
function createBand(name: "interval" | "spread", opacity: number, { x, y, color, tasks }: Encodings): Layers[number] {
  const [low, high] = [`${name}Low`, `${name}High`];
  return {
    name: `${name}s`,
    transform: [{ filter: `isValid(datum.${low})` }],
    mark: { type: "area", opacity, aria: false },
    encoding: { x, y: { ...y, field: low }, y2: { field: high }, fill: color, ...tasks },
  };
}

/** Straight between generations: there is nothing in between. */
function createCurves({ x, y, color, dash, tasks, isCrowded }: Encodings): Layers[number] {
  return {
    name: "curves",
    mark: { type: "line", strokeWidth: isCrowded ? 1.75 : 2.25, strokeJoin: "round", aria: false },
    encoding: { x, y, stroke: color, strokeDash: dash, ...tasks },
  };
}

/** Dots of their own data, smaller and paler than the means they surround. */
function createSeeds(values: ReturnType<typeof listSeedRows>, { x, y, color }: Encodings): Layers[number] {
  return {
    name: "seeds",
    data: { values },
    mark: { type: "point", shape: "circle", filled: true, size: 16, opacity: 0.6, aria: false },
    encoding: { x, y: { ...y, field: "value" }, fill: color },
  };
}

/** The only marks that are named: one a cell, so that a reader without eyes, or a test, can count and read them. */
function createMeans({ x, y, color, shape, isCrowded }: Encodings) {
  return {
    name: "means",
    mark: {
      type: "point",
      filled: true,
      opacity: 1,
      size: isCrowded ? 7 : 75,
      // A rim in the colour of the ground keeps points apart that touch.
      stroke: palette.surface,
      strokeWidth: isCrowded ? 0 : 1.25,
    },
    encoding: { x, y, fill: color, shape, description: { field: "text", type: "nominal" } },
  } as const;
}

/** Vega-Lite types a range as colours alone, though dashes are lists. */
function createArmEncoding<Value>(arms: readonly string[], pick: (arm: string) => Value) {
  const scale = { domain: arms.map(renderVisibleLine), range: arms.map(pick) as string[] };
  return { field: "arm", type: "nominal", scale, legend: null } as const;
}

/** A cell as a row of the figure's data: positions within the scale, and the words shown on hover. */
function renderRow(cell: Cell, scale: Scale) {
  const place = (value: number | null): number | null => (value === null ? null : computeClamped(scale, value));
  const arm = renderVisibleLine(cell.arm);
  const mean = renderNumber(cell.mean, computeDecimals(cell.low, cell.high));
  const interval = cell.low === null ? "" : ` (${renderInterval(cell.low, cell.high)})`;
  const showsSpread = cell.seeds.length > dottedSeeds;
  return {
    arm,
    generation: cell.generation,
    mean: computeClamped(scale, cell.mean),
    intervalLow: place(cell.low),
    intervalHigh: place(cell.high),
    ...(showsSpread ? { spreadLow: place(cell.spread[0]), spreadHigh: place(cell.spread[1]) } : {}),
    text: `${arm}, generation ${cell.generation}: ${mean}${interval}`,
  };
}

/** One dot a seed, where they are few. */
function listSeedRows(cell: Cell, scale: Scale) {
  if (cell.seeds.length < 2 || cell.seeds.length > dottedSeeds) return [];
  return cell.seeds.map(({ seed, value }) => ({
    arm: renderVisibleLine(cell.arm),
    generation: cell.generation,
    seed,
    value: computeClamped(scale, value),
  }));
}

/** Every generation where there is room, else about ten round ones. */
function listGenerationTicks(last: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((size) => last / size <= 12) ?? 1000;
  const ticks: number[] = [];
  for (let tick = 0; tick <= last; tick += step) ticks.push(tick);
  return ticks;
}
