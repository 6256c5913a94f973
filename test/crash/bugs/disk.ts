// Slips by which a full disk is not told, or what it refused counts as done.

import { type Bug, edit } from "./plant.ts";

const writer = "store/writer.ts";
const reject = "} else for (const { reject } of group) reject(reason);";
const refuse = "if (!current || isDiskRefusal(String((error as { code?: unknown }).code))) refuse(reason);";
const log = /state\.db-wal/;

export const diskBugs: readonly Bug[] = [
  {
    name: "a refused commit counts as done",
    edits: [
      edit(
        writer,
        reject,
        reject.replace("{ reject }", "{ resolve, value }").replace("reject(reason)", "resolve(value)"),
      ),
      edit(writer, refuse, ""),
    ],
    experiment: "full",
    only: log,
    says: /acknowledged \w+ \S+ was lost|was never intended|stands in no ledger|unknown stage|was sent 2 times, intended 1/,
  },
  {
    name: "a model is cut short by a full disk and nobody says so",
    edits: [
      edit(
        "providers/scripted/trainer.ts",
        "await file.writeFile(text);",
        "await file.writeFile(text).catch(() => undefined);",
      ),
    ],
    experiment: "full",
    only: /write .*draft/,
    says: /model is not that of the uninterrupted run/,
  },
  {
    name: "a full disk is told as a defect",
    edits: [edit("store/system-fault.ts", "  ENOSPC: full,\n", "")],
    experiment: "full",
    only: /\.tmp/,
    says: /ended with exit code 1/,
  },
];
