// Experiment files that would take a careless reader's memory, time or stack, with the first problem that is told of each;
// none where the text is only long.

export const yamlBombs: Readonly<Record<string, readonly [text: string, told: string]>> = {
  "laughing aliases": [
    `a0: &a0 x\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`).join("\n")}`,
    "x.yaml:11:12: aliases make more than 50000 values of this file",
  ],
  "merged maps": [
    `a0: &a0 {k: v}\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} {<<: [*a${i}, *a${i}]}`).join("\n")}`,
    "x.yaml:2:10: merge keys are not read",
  ],
  "a cycle": ["a: &a {b: [*a]}", "x.yaml:1:12: the alias *a stands inside its own anchor"],
  "nested lists": [`a: ${"[".repeat(400_000)}`, "x.yaml:1:36: nested too deeply for an experiment"],
  "nested maps": ["{a: ".repeat(100_000), "x.yaml:1:129: nested too deeply for an experiment"],
  "nested dashes": ["- ".repeat(400_000), "x.yaml:1:65: nested too deeply for an experiment"],
  "nested questions": ["? ".repeat(400_000), "x.yaml:1:65: nested too deeply for an experiment"],
  "nested indents": [
    Array.from({ length: 1300 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"),
    "x.yaml:130:1: nested too deeply for an experiment",
  ],
  "many keys": [
    `{${Array.from({ length: 60_000 }, (_, i) => `k${i}: 1`).join(",")}}`,
    "x.yaml:1:88891: too long for an experiment",
  ],
  "one key often": [`{${"k: 1,".repeat(9_000)}}`, "x.yaml:1:7: the key k is given twice"],
  "many anchors": [`a: [${Array.from({ length: 7_000 }, (_, i) => `&a${i} 1,*a${i}`).join(",")}]`, ""],
  "many anchors on one value": [`a: ${"&a ".repeat(300_000)}`, "x.yaml:1:75000: too long for an experiment"],
  "a long text": [`a: "${"x".repeat(990_000)}"`, ""],
  "an open quote": [`a: "${"x".repeat(990_000)}`, 'x.yaml:1:990005: not valid YAML: missing closing "quote'],
  NUL: ["a: 1\nb: \u0000", "x.yaml:2:4: holds the control character U+0000"],
  "an escape": ["a: \u001b[31m", "x.yaml:1:4: holds the control character U+001B"],
  "lone carriage returns": ["a: 1\rb: 2\r", "x.yaml:1:5: ends its lines with lone carriage returns"],
};
