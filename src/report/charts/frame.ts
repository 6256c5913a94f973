// What every figure shares: size, fonts, titles, axes, and the column of names at the right that serves as legend.
// It knows no metric; positions come in pixels.

import type { TopLevelSpec } from "vega-lite";
import { computeLabelPositions } from "./labels.ts";
import { palette } from "./palette.ts";
import type { Scale } from "./scale.ts";

/** A figure before it is drawn. */
export interface Chart {
  /** The stem of its files. */
  readonly name: string;
  readonly title: string;
  /** For readers who cannot see it. */
  readonly description: string;
  /** How many mean points it holds, each an element of the group `means_marks`. */
  readonly markCount: number;
  readonly spec: TopLevelSpec;
}

/** A name beside the end of a line. */
export interface EndLabel {
  readonly text: string;
  /** Where the line ends, in pixels from the upper edge. */
  readonly end: number;
  readonly color: string;
  /** Null for a reference line, which shows a dashed stroke instead. */
  readonly shape: string | null;
}

export interface Frame {
  readonly title: string;
  readonly subtitle: readonly string[];
  readonly height: number;
  readonly labels: readonly EndLabel[];
}

export const plotWidth = 600;
const labelGap = 17;
const leaderWidth = 22;
const fontSize = 12;
/** Mean width of a letter of the label font. */
const letterWidth = 7;
/** Room for names of this length at least, so that the figures of a page are of one width. */
const leastLetters = 24;
/** Longer names are cut beside the line; the tooltip and the tables have them whole. */
const mostLetters = 44;

export type Layers = Extract<TopLevelSpec, { layer: unknown }>["layer"];

/** The stem of a figure's files: a metric of a user's own may be called anything, a path included. */
export function createStem(metric: string, suffix: string): string {
  const safe = metric.replace(/[^A-Za-z0-9_]+/g, "-").replace(/^-+|-+$/g, "");
  return `${safe.slice(0, 60) || "metric"}-${suffix}`;
}

/** Tall enough that no two names touch. */
export function computePlotHeight(labelCount: number): number {
  return Math.max(290, (labelCount - 1) * labelGap + 12);
}

/** A complete specification around the given layers. */
export function createFrame(frame: Frame, layers: Layers): TopLevelSpec {
  const longest = Math.max(leastLetters, ...frame.labels.map((label) => renderShort(label.text).length));
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: palette.surface,
    autosize: { type: "none" },
    padding: {
      left: 64,
      top: 46 + frame.subtitle.length * 17,
      right: leaderWidth + 22 + Math.ceil(longest * letterWidth),
      bottom: 52,
    },
    width: plotWidth,
    height: frame.height,
    title: { text: frame.title, subtitle: [...frame.subtitle] },
    config: createTheme(),
    layer: [...layers, ...createLabelLayers(frame)],
  };
}

/** The vertical axis of a figure: its title stands in the subtitle, where it can be read without turning the head. */
export function createValueAxis(scale: Scale) {
  const base = { type: scale.kind, domain: [...scale.domain], nice: false };
  const labels = scale.labelExpr === undefined ? { format: scale.format } : { labelExpr: scale.labelExpr };
  return {
    scale: scale.kind === "log" ? base : { ...base, zero: false },
    axis: { title: null, values: [...scale.ticks], ...labels },
  };
}

/** Quiet axes and grid: the lines are what is looked at. */
function createTheme(): NonNullable<TopLevelSpec["config"]> {
  const font = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
  return {
    font,
    view: { stroke: null },
    title: {
      anchor: "start",
      frame: "group",
      offset: 16,
      fontSize: 16,
      fontWeight: 600,
      color: palette.ink,
      subtitleFontSize: fontSize,
      subtitleColor: palette.muted,
      subtitleLineHeight: 17,
      subtitlePadding: 6,
    },
    axis: {
      domainColor: palette.axis,
      tickColor: palette.axis,
      gridColor: palette.grid,
      labelColor: palette.muted,
      labelFontSize: fontSize,
      labelPadding: 6,
      titleColor: palette.muted,
      titleFontSize: fontSize,
      titleFontWeight: "normal",
      titlePadding: 10,
    },
    axisY: { domain: false, ticks: false },
    axisX: { grid: false },
  };
}

/** For each name a leader from the end of its line, a swatch, and the text in ink rather than in colour. */
function createLabelLayers(frame: Frame): Layers {
  if (frame.labels.length === 0) return [];
  const places = computeLabelPositions(
    frame.labels.map((label) => label.end),
    { gap: labelGap, height: frame.height },
  );
  const values = frame.labels.map((label, index) => ({
    ...label,
    text: renderShort(label.text),
    place: places[index]!,
  }));
  const arms = values.filter((value) => value.shape !== null);
  const references = values.filter((value) => value.shape === null);
  const pixel = { type: "quantitative", scale: null } as const;
  const color = { field: "color", type: "nominal", scale: null } as const;
  const at = { field: "place", ...pixel } as const;
  const left = plotWidth + leaderWidth;
  return [
    {
      name: "leaders",
      data: { values },
      mark: { type: "rule", strokeWidth: 1, opacity: 0.45, aria: false },
      encoding: {
        x: { value: plotWidth + 3 },
        x2: { value: left - 7 },
        y: { field: "end", ...pixel },
        y2: { field: "place" },
        stroke: color,
      },
    },
    {
      name: "swatches",
      data: { values: arms },
      mark: { type: "point", filled: true, size: 60, opacity: 1, aria: false },
      encoding: {
        x: { value: left },
        y: at,
        fill: color,
        shape: { field: "shape", type: "nominal", scale: null },
      },
    },
    {
      name: "reference-swatches",
      data: { values: references },
      mark: { type: "rule", strokeWidth: 1.5, strokeDash: [3, 2], aria: false },
      encoding: { x: { value: left - 6 }, x2: { value: left + 6 }, y: at, stroke: color },
    },
    {
      name: "names",
      data: { values },
      mark: { type: "text", align: "left", baseline: "middle", dx: 11, fontSize, fill: palette.ink, aria: false },
      encoding: { x: { value: left }, y: at, text: { field: "text", type: "nominal" } },
    },
  ];
}

/** By whole characters, so that none is halved. */
function renderShort(name: string): string {
  const letters = [...name];
  return letters.length <= mostLetters ? name : `${letters.slice(0, mostLetters - 1).join("")}\u2026`;
}
