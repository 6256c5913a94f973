// A metric against the number of rows the last model was trained on: figure 4 of Feng et al. 2024, "Beyond Model
// Collapse". One line a verifier, dashed rules for the generator (generation 0) and for the reference lines.

import type { ArmRecord } from "../../domain/record.ts";
import { renderVisibleLine } from "../../text/visible.ts";
import type { Cell } from "../cells.ts";
import type { MetricLabel } from "../metric-labels.ts";
import { type Chart, computePlotHeight, createFrame, createStem, type EndLabel } from "./frame.ts";
import type { Marker } from "./marker.ts";
import { palette } from "./palette.ts";
import { createRowsLayers, listDots, type Point, type Reference } from "./rows-layers.ts";
import { computePixel, createScale } from "./scale.ts";

/** Cells of all arms and generations; what is drawn is chosen here. */
export interface RowsChartRequest {
  readonly label: MetricLabel;
  readonly arms: readonly ArmRecord[];
  /** Of this metric alone. */
  readonly cells: readonly Cell[];
  /** Of the metric `rows`. */
  readonly rows: readonly Cell[];
  readonly markers: ReadonlyMap<string, Marker>;
  /** Arms whose generation 0 did another task: it is no rule to hold the others against. */
  readonly apart?: ReadonlySet<string>;
}

/** Null where no verifier is at work or every model was trained on as many rows. */
export function createRowsChart(request: RowsChartRequest): Chart | null {
  const points = listPoints(request);
  const counts = [...new Set(points.map((point) => point.rows))].sort((a, b) => a - b);
  if (counts.length < 2 || !request.arms.some((arm) => !arm.isLine && "verifier" in arm.fields)) return null;
  const references = listReferences(request);
  const scale = createScale([
    ...points.flatMap(({ cell }) => [
      cell.mean,
      cell.low ?? cell.mean,
      cell.high ?? cell.mean,
      ...listDots(cell).map(({ value }) => value),
    ]),
    ...references.map((reference) => reference.value),
  ]);
  // Of each family one point stands for its colour and shape, and its last for where the name goes.
  const families = [...new Map(points.map((point) => [point.family, point])).values()];
  const height = computePlotHeight(families.length + references.length);
  const labels: EndLabel[] = [
    ...families.map(({ family, color, shape }) => {
      const last = points.filter((point) => point.family === family).at(-1)!;
      return { text: family, end: computePixel(scale, last.cell.mean, height), color, shape };
    }),
    ...references.map(({ text, value }) => {
      return { text, end: computePixel(scale, value, height), color: palette.muted, shape: null };
    }),
  ];
  const title = `${request.label.title} by rows trained on`;
  const subtitle = renderSubtitle(request.label, points);
  return {
    name: createStem(request.label.name, "by-rows"),
    title,
    description: `${title}: ${families.length} lines, ${references.length} reference lines`,
    markCount: points.length,
    spec: createFrame(
      { title, subtitle, height, labels },
      createRowsLayers({ points, families, references, scale, counts }),
    ),
  };
}

function renderSubtitle(label: MetricLabel, points: readonly Point[]): string[] {
  const generation = points.reduce((most, point) => Math.max(most, point.cell.generation), 0);
  const basis = points.find(({ cell }) => cell.basis !== "none")?.cell.basis;
  const bars = basis === undefined ? null : `bars: 95\u202f% interval (${basis})`;
  const dots = points.some(({ cell }) => listDots(cell).length > 0) ? "small dots: single seeds" : null;
  return [
    [label.unit, label.direction].filter(Boolean).join(", "),
    [`models of generation ${generation}`, bars, dots, "equal counts stand side by side"].filter(Boolean).join("; "),
  ].filter((line) => line !== "");
}

/** The last model of each arm, by family and rows. */
function listPoints(request: RowsChartRequest): Point[] {
  const points = request.arms.flatMap((arm): Point[] => {
    const marker = request.markers.get(arm.id);
    const cell = request.cells.filter(({ arm: id }) => id === arm.id).at(-1);
    const rows = request.rows.find((one) => one.arm === arm.id && one.generation === cell?.generation)?.mean;
    if (!marker || !cell || !rows || !Number.isFinite(cell.mean) || !(rows > 0)) return [];
    return [{ cell, rows, family: marker.family, color: marker.color, shape: marker.familyShape }];
  });
  const order = [...new Set(points.map((point) => point.family))];
  return points.sort((a, b) => order.indexOf(a.family) - order.indexOf(b.family) || a.rows - b.rows);
}

/** The generator where all arms start from the same one, then the experiment's reference lines. */
function listReferences({ arms, cells, apart }: RowsChartRequest): Reference[] {
  const lines = new Set(arms.filter((arm) => arm.isLine).map((arm) => arm.id));
  const first = cells.filter((cell) => cell.generation === 0 && !lines.has(cell.arm) && !apart?.has(cell.arm));
  const generator = first.length > 0 && first.every((cell) => cell.mean === first[0]!.mean) ? first[0]!.mean : null;
  return [
    ...(generator === null ? [] : [{ text: "generator (generation 0)", value: generator }]),
    ...[...lines].flatMap((line) => {
      const cell = cells.filter(({ arm }) => arm === line).at(-1);
      return cell ? [{ text: renderVisibleLine(line), value: cell.mean }] : [];
    }),
  ].filter((reference) => Number.isFinite(reference.value));
}
