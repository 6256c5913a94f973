import assert from "node:assert/strict";
import { test } from "node:test";
import { palette, renderDarkRules } from "../../../src/report/charts/palette.ts";

/** Linear RGB of a simulated eye: Machado, Oliveira and Fernandes 2009, severity 1. */
const eyes: Readonly<Record<string, readonly number[]>> = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protan: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deutan: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritan: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};
const pairs = [...renderDarkRules("svg").matchAll(/fill="(#\w+)"\]\{fill:(#\w+)\}/g)].map((match) => [
  match[1]!,
  match[2]!,
]);

test("the eight series stay apart for every kind of sight, in light and dark", () => {
  let compared = 0;
  for (const [side, least] of [
    [0, 6.5],
    [1, 8.8],
  ] as const) {
    const colors = palette.series.map((color) => pairs.find(([light]) => light === color)![side]!);
    for (const eye of Object.values(eyes)) {
      const seen = colors.map((color) => toOklab(simulate(toLinear(color), eye)));
      for (let a = 0; a < seen.length; a++) {
        for (let b = 0; b < a; b++) {
          const distance = 100 * Math.hypot(...seen[a]!.map((value, axis) => value - seen[b]![axis]!));
          assert.ok(distance >= least, `${colors[a]} and ${colors[b]}: ${distance}`);
          compared++;
        }
      }
    }
  }
  assert.equal(compared, 2 * 4 * 28);
});

test("series and text stand out from the ground, in light and dark", () => {
  const [light, dark] = pairs.find(([color]) => color === palette.surface)!;
  const darkOf = new Map(pairs.map(([from, to]) => [from!, to!]));
  for (const color of palette.series) {
    assert.ok(computeContrast(color, light!) >= 3, color);
    assert.ok(computeContrast(darkOf.get(color)!, dark!) >= 3, color);
  }
  for (const color of [palette.ink, palette.muted]) {
    assert.ok(computeContrast(color, light!) >= 4.5);
    assert.ok(computeContrast(darkOf.get(color)!, dark!) >= 4.5);
  }
});

function toLinear(color: string): number[] {
  return [1, 3, 5].map((start) => {
    const value = Number.parseInt(color.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
}

function simulate([r = 0, g = 0, b = 0]: readonly number[], eye: readonly number[]): number[] {
  return [0, 3, 6].map((row) => Math.min(1, Math.max(0, eye[row]! * r + eye[row + 1]! * g + eye[row + 2]! * b)));
}

/** Ottosson 2020. */
function toOklab([r = 0, g = 0, b = 0]: readonly number[]): number[] {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function computeContrast(a: string, b: string): number {
  const [low, high] = [a, b]
    .map((color) => {
      const [red = 0, green = 0, blue = 0] = toLinear(color);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    })
    .sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}
