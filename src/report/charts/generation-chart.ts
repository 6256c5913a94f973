// A metric by generation: one line an arm, the interval across seeds as a band, every seed as a dot where they are few.
// Reference lines of the experiment stand as dashed rules. It computes no statistic.

import type { ArmRecord } from "../../domain/record.ts";
import { renderVisibleLine } from "../../text/visible.ts";
import type { Beginning } from "../beginning.ts";
import type { Cell } from "../cells.ts";
import type { MetricLabel } from "../metric-labels.ts";
import { type Chart, computePlotHeight, createFrame, createStem, type EndLabel } from "./frame.ts";
import { createGenerationLayers, dottedSeeds } from "./generation-layers.ts";
import type { Marker } from "./marker.ts";
import { palette } from "./palette.ts";
import { computePixel, createScale, type Scale } from "./scale.ts";

/** What is drawn; arms without a marker are reference lines. */
export interface GenerationChartRequest {
  readonly label: MetricLabel;
  readonly arms: readonly ArmRecord[];
  /** Of this metric alone. */
  readonly cells: readonly Cell[];
  readonly markers: ReadonlyMap<string, Marker>;
  /** What generation 0 is; trained unless told otherwise. */
  readonly beginning?: Beginning;
  /** Arms whose generation 0 did another task: nothing joins it to the generations after it. */
  readonly apart?: ReadonlySet<string>;
}

export function createGenerationChart(request: GenerationChartRequest): Chart {
  const { label, arms, cells, markers, beginning = "trained", apart = new Set() } = request;
  const lines = arms.filter((arm) => arm.isLine);
  const drawn = cells.filter((cell) => request.markers.has(cell.arm));
  const references = lines.flatMap((line) => cells.filter((cell) => cell.arm === line.id).slice(-1));
  const scale = createScale([...drawn.flatMap(listExtent), ...references.map((cell) => cell.mean)]);
  const last = drawn.reduce((most, cell) => Math.max(most, cell.generation), 0);
  const labelCount = request.markers.size + references.length;
  const height = computePlotHeight(labelCount);
  const labels = [
    ...arms.flatMap((arm) => createArmLabel(arm, { request, scale, height })),
    ...references.map((cell) => createReferenceLabel(cell, scale, height)),
  ];
  const frame = {
    title: `${label.title} by generation`,
    subtitle: renderSubtitle(label, drawn, scale),
    height,
    labels,
  };
  const layers = createGenerationLayers({ drawn, references, scale, last, markers, beginning, apart });
  return {
    name: createStem(label.name, "by-generation"),
    title: frame.title,
    description: `${frame.title}: ${request.markers.size} lines over generations 0 to ${last}`,
    markCount: drawn.length,
    spec: createFrame(frame, layers),
  };
}

/** Everything of a cell that must fit on the scale. */
function listExtent(cell: Cell): number[] {
  const seeds = cell.seeds.length <= dottedSeeds ? cell.seeds.map((seed) => seed.value) : cell.spread;
  const bounds = [cell.low, cell.high, ...seeds].filter((bound) => bound !== null);
  // Of positive numbers a bound near 0 would stretch a logarithmic scale beyond all use: it is cut at the edge.
  return [cell.mean, ...bounds.filter((bound) => cell.mean <= 0 || bound > cell.mean / 10)];
}

/** The name of an arm beside the end of its line: its last measured cell. */
function createArmLabel(
  arm: ArmRecord,
  place: { readonly request: GenerationChartRequest; readonly scale: Scale; readonly height: number },
): EndLabel[] {
  const { request, scale, height } = place;
  const marker = request.markers.get(arm.id);
  const cell = request.cells.filter(({ arm: id }) => id === arm.id).at(-1);
  if (!marker || !cell) return [];
  const end = computePixel(scale, cell.mean, height);
  return [{ text: renderVisibleLine(arm.id), end, color: marker.color, shape: marker.shape }];
}

/** Reference lines are muted: they are what arms are held against. */
function createReferenceLabel(cell: Cell, scale: Scale, height: number): EndLabel {
  const end = computePixel(scale, cell.mean, height);
  return { text: renderVisibleLine(cell.arm), end, color: palette.muted, shape: null };
}

/** First what the number is, then what is drawn of it: a figure that travels alone must say so itself. */
function renderSubtitle(label: MetricLabel, cells: readonly Cell[], scale: Scale): string[] {
  const seeds = cells.reduce((most, cell) => Math.max(most, cell.seeds.length), 0);
  const basis = cells.find((cell) => cell.basis !== "none")?.basis;
  const band = basis === undefined ? null : `band: 95\u202f% interval (${basis})`;
  const dots =
    seeds > dottedSeeds ? "pale band: the middle 80\u202f% of seeds" : seeds > 1 ? "small dots: single seeds" : null;
  const mean = seeds > 1 ? `mean of ${seeds} seeds` : "one seed";
  const infinite = cells.some((cell) => !Number.isFinite(cell.mean)) ? "points on the edge are infinite" : null;
  const cut = cells.some((cell) => cell.low !== null && cell.low < scale.domain[0])
    ? "bands are cut at the edge"
    : null;
  return [
    [label.unit, label.direction, scale.kind === "log" ? "logarithmic scale" : null].filter(Boolean).join(", "),
    [mean, band, dots, cut, infinite].filter(Boolean).join("; "),
  ].filter((line) => line !== "");
}
