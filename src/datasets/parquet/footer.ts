// The footer of a Parquet file, and what may be read by it: every number in it is held against a limit before anything is
// made room for. It decodes no page.

import type { ColumnMetaData, FileMetaData, SchemaElement } from "hyparquet";

/** Reads bytes of the file; throws RangeError beyond its end. */
export type ReadBytes = (start: number, length: number) => Uint8Array<ArrayBuffer>;

export interface FooterColumn {
  readonly name: string;
  readonly fault: string | undefined;
}

export interface Footer {
  readonly metadata: FileMetaData;
  readonly columns: readonly FooterColumn[];
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
  if (rowCount === 0) throw new ParquetRefusal("the Parquet file has no rows", "write rows into it");
  return rowCount;
}

/** The columns of the first level; one that holds others is a structure, a list or a map. */
function listColumns(schema: readonly SchemaElement[]): readonly FooterColumn[] {
  const columns: FooterColumn[] = [];
  let at = 1;
  const pass = (): void => {
    const { num_children: count = 0 } = schema[at]!;
    at += 1;
    for (let child = 0; child < count && at < schema.length; child++) pass();
  };
  while (at < schema.length) {
    const element = schema[at]!;
    columns.push({ name: element.name, fault: findFault(element) });
    pass();
  }
  return columns;
}

/** Texts are byte arrays; whole numbers may be ids. */
function findFault({
  num_children,
  repetition_type,
  type,
  converted_type,
  logical_type,
}: SchemaElement): string | undefined {
  if (num_children !== undefined && num_children > 0) return "is nested: it holds a list or fields of its own";
  if (repetition_type === "REPEATED") return "is a list";
  const kind = logical_type?.type ?? converted_type;
  if (kind === "DECIMAL") return "is a decimal";
  if (type === "BYTE_ARRAY") return kind === undefined || isTextKind(kind) ? undefined : `is ${kind}`;
  const isWhole = (type === "INT32" || type === "INT64") && (kind === undefined || /^U?INT/.test(kind));
  return isWhole ? undefined : `is ${kind ?? type}`;
}

function isTextKind(kind: string): boolean {
  return kind === "UTF8" || kind === "STRING" || kind === "ENUM";
}

/** A group's chunks of the named columns, each with the range of its bytes. Throws ParquetRefusal. */
export interface GroupChunk {
  readonly column: ColumnMetaData;
  readonly start: number;
  readonly length: number;
}

export function findGroupChunks(
  metadata: FileMetaData,
  group: number,
  { names, size }: { readonly names: readonly string[]; readonly size: number },
): readonly GroupChunk[] {
  const { columns } = metadata.row_groups[group]!;
  const chunks = names.map((name): GroupChunk => {
    const column = columns.find(({ meta_data }) => meta_data?.path_in_schema.join("\n") === name)?.meta_data;
    if (column === undefined)
      throw new ParquetRefusal(`the Parquet file is damaged: group ${group} lacks ${JSON.stringify(name)}`, again);
    // Some writers leave the dictionary's place out, and some write 0.
    const [pages, dictionary] = [Number(column.data_page_offset), Number(column.dictionary_page_offset ?? 0)];
    const start = dictionary > 0 && dictionary < pages ? dictionary : pages;
    const length = Number(column.total_compressed_size);
    if (start < 4 || length < 0 || start + length > size) {
      throw new ParquetRefusal(`the Parquet file is damaged: group ${group} lies outside the file`, again);
    }
    return { column, start, length };
  });
  const bytes = chunks.reduce(
    (sum, { column, length }) => sum + length + Math.max(0, Number(column.total_uncompressed_size)),
    0,
  );
  if (bytes <= mostGroupBytes) return chunks;
  const shown = `${Math.round(bytes / 1048576)} MiB, at most ${mostGroupBytes / 1048576} MiB are read`;
  throw new ParquetRefusal(
    `group ${group} of its rows has ${shown}`,
    "write it with smaller row groups: row_group_size in pyarrow",
  );
}
