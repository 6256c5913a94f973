// The footer of a Parquet file, and what may be read by it: every number in it is held against a limit before anything is
// made room for. It decodes no page.

import type { ColumnMetaData, FileMetaData } from "hyparquet";
import type { Column } from "../file/table.ts";
import { type Leaf, listColumns } from "./columns.ts";

/** Reads bytes of the file; throws RangeError beyond its end. */
export type ReadBytes = (start: number, length: number) => Uint8Array<ArrayBuffer>;

export interface Footer {
  readonly metadata: FileMetaData;
  readonly columns: readonly Column[];
  readonly rowCount: number;
}

/** What a Parquet file is refused for; told in one line. */
export class ParquetRefusal extends Error {
  readonly next: string | undefined;

  constructor(what: string, next?: string) {
    super(what);
    this.next = next;
  }
}

const again = "download or write it again";
const smaller = "write it in parts, or as JSON Lines";
const mostFooterBytes = 16 * 1024 * 1024;
const mostColumns = 10_000;
/** As many as an experiment takes, and more than any model is trained on. */
export const mostRows = 100_000_000;
/** A group of rows is held whole: its packed and its unpacked bytes, and the texts made of them. */
const mostGroupBytes = 256 * 1024 * 1024;

/** Throws ParquetRefusal; `parse` is hyparquet's parquetMetadata. */
export function parseFooter(size: number, read: ReadBytes, parse: (bytes: ArrayBuffer) => FileMetaData): Footer {
  const tail = size < 12 ? new Uint8Array() : read(size - 8, 8);
  const magic = Buffer.from(tail.subarray(4)).toString("latin1");
  if (magic === "PARE") throw new ParquetRefusal("is an encrypted Parquet file", "write it without encryption");
  if (magic !== "PAR1") throw new ParquetRefusal("the Parquet file is cut off: it has no footer", again);
  const length = new DataView(tail.buffer).getUint32(0, true);
  if (length > size - 12)
    throw new ParquetRefusal("the Parquet file is damaged: its footer is longer than the file", again);
  if (length > mostFooterBytes) {
    throw new ParquetRefusal(`has a footer of ${length} bytes, at most ${mostFooterBytes} are read`, smaller);
  }
  const bytes = read(size - 8 - length, length + 8);
  const listed = countSchema(bytes);
  if (listed > mostColumns) throw new ParquetRefusal(`has ${listed} columns, at most ${mostColumns} are read`, smaller);
  const metadata = parseWhole(bytes, parse);
  const rowCount = checkRows(metadata);
  if (metadata.schema.length > mostColumns) throw new ParquetRefusal(`has more than ${mostColumns} columns`, smaller);
  return { metadata, columns: listColumns(metadata.schema), rowCount };
}

function parseWhole(bytes: Uint8Array<ArrayBuffer>, parse: (bytes: ArrayBuffer) => FileMetaData): FileMetaData {
  try {
    const metadata = parse(bytes.buffer);
    if (metadata.schema.every(({ name }) => typeof name === "string")) return metadata;
    throw new TypeError("a column without a name");
  } catch {
    // Whatever a parser stumbles over in a footer that is not one: there is nothing to add to that.
    throw new ParquetRefusal("the Parquet file is damaged: its footer cannot be read", again);
  }
}

/** The number of schema elements, which stands at the beginning: version, then the list. 0 where it stands elsewhere. */
function countSchema(bytes: Uint8Array): number {
  // Field 1 is an int (0x15) of some bytes, field 2 a list (0x19) whose size is in its first byte, or behind it at 15.
  let at = 1;
  if (bytes[0] !== 0x15) return 0;
  while (at < 6 && bytes[at]! >= 128) at += 1;
  if (bytes[at + 1] !== 0x19) return 0;
  const head = bytes[at + 2]! >> 4;
  if (head < 15) return head;
  let [count, scale] = [0, 1];
  for (let place = at + 3; place < at + 8; place++) {
    count += (bytes[place]! & 127) * scale;
    if (bytes[place]! < 128) break;
    scale *= 128;
  }
  return count;
}

function checkRows({ num_rows, row_groups }: FileMetaData): number {
  const rowCount = Number(num_rows);
  if (rowCount > mostRows)
    throw new ParquetRefusal(`says that it has ${rowCount} rows, at most ${mostRows} are read`, smaller);
  const sum = row_groups.reduce((total, group) => total + Number(group.num_rows), 0);
  const isOdd = row_groups.some((group) => Number(group.num_rows) < 0);
  if (isOdd || sum !== rowCount) {
    throw new ParquetRefusal(
      `the Parquet file is damaged: it says ${rowCount} rows, and its groups have ${sum}`,
      again,
    );
  }
  return rowCount;
}

/** A group's chunk of a column, with the range of its bytes. */
export interface GroupChunk {
  readonly column: ColumnMetaData;
  readonly leaf: Leaf;
  readonly start: number;
  readonly length: number;
}

/** A group's chunks of the columns of values. Throws ParquetRefusal. */
export function findGroupChunks(
  metadata: FileMetaData,
  group: number,
  { leaves, size }: { readonly leaves: readonly Leaf[]; readonly size: number },
): readonly GroupChunk[] {
  const { columns } = metadata.row_groups[group]!;
  const columnByPath = new Map(columns.map(({ meta_data }) => [meta_data?.path_in_schema.join("\n"), meta_data]));
  const chunks = leaves.map((leaf): GroupChunk => {
    const column = columnByPath.get(leaf.path.join("\n"));
    if (column === undefined) {
      const name = JSON.stringify(leaf.path.join("."));
      throw new ParquetRefusal(`the Parquet file is damaged: group ${group} lacks ${name}`, again);
    }
    // Some writers leave the dictionary's place out, and some write 0.
    const [pages, dictionary] = [Number(column.data_page_offset), Number(column.dictionary_page_offset ?? 0)];
    const start = dictionary > 0 && dictionary < pages ? dictionary : pages;
    const length = Number(column.total_compressed_size);
    if (start < 4 || length < 0 || start + length > size) {
      throw new ParquetRefusal(`the Parquet file is damaged: group ${group} lies outside the file`, again);
    }
    return { column, leaf, start, length };
  });
  refuseLarge(chunks, group);
  return chunks;
}

function refuseLarge(chunks: readonly GroupChunk[], group: number): void {
  const bytes = chunks.reduce(
    (sum, { column, length }) => sum + length + Math.max(0, Number(column.total_uncompressed_size)),
    0,
  );
  const values = Math.max(...chunks.map(({ column }) => Number(column.num_values)));
  const shown =
    bytes > mostGroupBytes
      ? `${Math.round(bytes / 1048576)} MiB, at most ${mostGroupBytes / 1048576} MiB are read`
      : values > mostRows
        ? `${values} values, at most ${mostRows} are read`
        : undefined;
  if (shown === undefined) return;
  throw new ParquetRefusal(
    `group ${group} of its rows has ${shown}`,
    "write it with smaller row groups: row_group_size in pyarrow",
  );
}
