// The layers of a metric against rows: reference rules, intervals as bars, lines through a verifier's rates, seeds, means.

import { renderVisibleLine } from "../../text/visible.ts";
import type { Cell, SeedValue } from "../cells.ts";
import { computeDecimals, renderInterval, renderNumber } from "../numbers.ts";
import { createValueAxis, type Layers, plotWidth } from "./frame.ts";
import { dottedSeeds } from "./generation-layers.ts";
import { palette } from "./palette.ts";
import type { Scale } from "./scale.ts";

/** The last model of one arm. */
export interface Point {
  readonly cell: Cell;
  readonly rows: number;
  readonly family: string;
  readonly color: string;
  readonly shape: string;
}

export interface Reference {
  readonly text: string;
  readonly value: number;
}

export interface RowsLayers {
  readonly points: readonly Point[];
  /** One point of each family, for its colour and shape. */
  readonly families: readonly Point[];
  readonly references: readonly Reference[];
  readonly scale: Scale;
  /** The different numbers of rows, ascending. */
  readonly counts: readonly number[];
}

/** Pixels between families that have the same number of rows, which would hide one another. */
const sideStep = 9;

export function createRowsLayers(request: RowsLayers): Layers {
  const { references } = request;
  const { values, seeds, domain } = createData(request);
  const { x, y, color, shape } = createEncodings(request, domain);
  return [
    {
      name: "references",
      data: { values: references.map(({ text, value }) => ({ text, mean: value })) },
      mark: { type: "rule", color: palette.muted, strokeDash: [6, 4], strokeWidth: 1.5, aria: false },
      encoding: { y },
    },
    {
      data: { values },
      layer: [
        {
          name: "intervals",
          transform: [{ filter: "isValid(datum.low)" }],
          mark: { type: "rule", strokeWidth: 1.5, opacity: 0.55, aria: false },
          encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, stroke: color },
        },
        {
          name: "curves",
          mark: { type: "line", strokeWidth: 2.25, aria: false },
          encoding: { x, y, stroke: color },
        },
        {
          name: "seeds",
          data: { values: seeds },
          mark: { type: "point", shape: "circle", filled: true, size: 16, opacity: 0.6, aria: false },
          encoding: { x, y: { ...y, field: "value" }, fill: color },
        },
        {
          name: "means",
          mark: { type: "point", filled: true, opacity: 1, size: 75, stroke: palette.surface, strokeWidth: 1.25 },
          encoding: { x, y, fill: color, shape, description: { field: "text", type: "nominal" } },
        },
      ],
    },
  ];
}

/** Single seeds, where they are few enough to be dots. */
export function listDots(cell: Cell): readonly SeedValue[] {
  return cell.seeds.length > 1 && cell.seeds.length <= dottedSeeds ? cell.seeds : [];
}

/** Rows for the figure: `rows` is the true count, `at` where it is drawn, beside others of the same count. */
function createData({ points, families, counts }: RowsLayers) {
  // A third more on either side than the counts span.
  const domain: readonly [number, number] = [counts[0]! / 1.35, counts.at(-1)! * 1.35];
  const step = (domain[1] / domain[0]) ** (sideStep / plotWidth);
  const place = (point: Point): number => {
    const beside = families.findIndex(({ family }) => family === point.family);
    return point.rows * step ** (beside - (families.length - 1) / 2);
  };
  const values = points.map((point) => {
    const { cell, family, rows } = point;
    const mean = renderNumber(cell.mean, computeDecimals(cell.low, cell.high));
    const interval = cell.low === null ? "" : ` (${renderInterval(cell.low, cell.high)})`;
    const text = `${renderVisibleLine(cell.arm)}, ${renderNumber(rows)} rows: ${mean}${interval}`;
    return { family, rows, at: place(point), mean: cell.mean, low: cell.low, high: cell.high, text };
  });
  const seeds = points.flatMap((point) =>
    listDots(point.cell).map(({ seed, value }) => ({ family: point.family, at: place(point), seed, value })),
  );
  return { values, seeds, domain };
}

/** Colours and shapes go by family: an arm's rate is its place on the axis. */
function createEncodings({ families, scale, counts }: RowsLayers, domain: readonly [number, number]) {
  const names = families.map(({ family }) => family);
  const pick = (key: "color" | "shape") =>
    ({
      field: "family",
      type: "nominal",
      scale: { domain: names, range: families.map((point) => point[key]) },
      legend: null,
    }) as const;
  return {
    x: {
      field: "at",
      type: "quantitative",
      scale: { type: "log", domain: [...domain] as number[], nice: false },
      axis: { title: "rows the model was trained on (logarithmic scale)", values: listTicks(counts), format: ",d" },
    },
    y: { field: "mean", type: "quantitative", ...createValueAxis(scale) },
    color: pick("color"),
    shape: pick("shape"),
  } as const;
}

/** The counts themselves, but for those whose labels would touch. */
function listTicks(counts: readonly number[]): number[] {
  const apart = (counts.at(-1)! / counts[0]!) ** 0.09;
  const ticks: number[] = [];
  for (const count of counts) {
    const previous = ticks.at(-1);
    if (previous === undefined || count / previous >= apart) ticks.push(count);
  }
  return ticks;
}
