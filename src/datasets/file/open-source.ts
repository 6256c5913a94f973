// Opens a file of rows, whatever its format. The format goes by the name; what the first bytes say is held against it
// where they are read. Each format is loaded when it is first met.

import type { RowSource, SourceRequest } from "./source.ts";

type Format = "jsonl" | "csv" | "parquet";

/** The format that a file's name tells; anything unknown is taken for JSON Lines, whose reader says what else it is. */
function computeFormat(name: string): Format {
  const plain = name.toLowerCase().replace(/\.gz$/, "");
  if (plain.endsWith(".parquet")) return "parquet";
  return /\.(csv|tsv)$/.test(plain) ? "csv" : "jsonl";
}

/** Opens a file of rows: reads as much of it as tells how it is to be read. Throws DatasetError. */
export async function openSource(request: SourceRequest): Promise<RowSource> {
  switch (computeFormat(request.file.shown)) {
    case "jsonl":
      return (await import("./line-source.ts")).openLineSource(request);
    case "csv":
      return (await import("./table-source.ts")).openTableSource(request, (await import("./csv.ts")).csvFormat);
    case "parquet":
      return (await import("./table-source.ts")).openTableSource(
        request,
        (await import("../parquet/reader.ts")).parquetFormat,
      );
  }
}
