// Other versions of Node than this one, installed beside the project when they are missing. Without a registry it fails.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const cache = new URL("../../.cache", import.meta.url).pathname;

/** The oldest that is supported, and the newest there is. */
export const otherNodes = ["22", "latest"] as const;

/** The address of a Node of this version. */
export function installNode(version: string): string {
  const folder = join(cache, `node-${version}`);
  const node = join(folder, "node_modules/node/bin/node");
  if (existsSync(node)) return node;
  const options = ["--no-fund", "--no-audit", "--no-save", "--ignore-scripts=false"];
  const { status, stderr } = spawnSync("npm", ["install", "--prefix", folder, ...options, `node@${version}`], {
    encoding: "utf8",
    timeout: 120_000,
  });
  if (status === 0 && existsSync(node)) return node;
  throw new Error(`the laboratory needs Node ${version} and cannot install it from the registry: ${stderr}`);
}
