// Parquet files made by hand, so that they can lie: one group, columns of texts, plain encoding. Whatever the footer or a
// page header is to say can be put in place of the truth (Apache Parquet, parquet.thrift; Thrift's compact protocol).

export interface Lies {
  readonly rowCount?: number;
  readonly groupRowCount?: number;
  readonly pageValueCount?: number;
  readonly pageBytes?: number;
  readonly chunkBytes?: number;
  readonly packedPageBytes?: number;
  readonly codec?: number;
  /** Stands where the page's bytes would. */
  readonly page?: Buffer;
  /** A page of version 2, by dictionary, with levels of these lengths, or without a word of them. */
  readonly levels?: readonly [definition: number, repetition: number] | "none";
  readonly columnCount?: number;
  readonly encoding?: number;
}

export type Columns = Readonly<Record<string, readonly (string | Buffer)[]>>;

const snappy = 1;

export function createParquet(columns: Columns, lies: Lies = {}): Buffer {
  const parts: Buffer[] = [Buffer.from("PAR1")];
  let offset = 4;
  const chunks = Object.entries(columns).map(([name, texts]) => {
    const plain = Buffer.concat(texts.map(renderText));
    const page = lies.page ?? plain;
    const values = int(1, lies.pageValueCount ?? texts.length);
    const header = struct(
      int(1, lies.levels === undefined ? 0 : 3),
      int(2, lies.pageBytes ?? plain.length),
      int(3, lies.packedPageBytes ?? page.length),
      lies.levels === undefined
        ? field(5, 12, struct(values, int(2, lies.encoding ?? 0), int(3, 3), int(4, 3)))
        : field(8, 12, struct(values, int(2, 0), int(3, texts.length), int(4, 8), ...renderLevels(lies.levels))),
    );
    const start = offset;
    parts.push(header, page);
    offset += header.length + page.length;
    const unpacked = BigInt(lies.chunkBytes ?? header.length + plain.length);
    const meta = struct(
      int(1, 6),
      list(2, 5, [zigZag(0)]),
      list(3, 8, [binary(name)]),
      int(4, lies.codec ?? 0),
      long(5, BigInt(texts.length)),
      long(6, unpacked),
      long(7, BigInt(offset - start)),
      long(9, BigInt(start)),
    );
    return struct(long(2, BigInt(start)), field(3, 12, meta));
  });
  const names = Object.keys(columns);
  const rowCount = columns[names[0]!]!.length;
  const group = struct(list(1, 12, chunks), long(2, 1n), long(3, BigInt(lies.groupRowCount ?? rowCount)));
  const leaf = (name: string): Buffer => struct(int(1, 6), int(3, 0), field(4, 8, binary(name)), int(6, 0));
  const extra = Array<Buffer>((lies.columnCount ?? names.length) - names.length).fill(leaf("c"));
  const leaves = [...names.map(leaf), ...extra];
  const footer = struct(
    int(1, 1),
    list(2, 12, [struct(field(4, 8, binary("root")), int(5, leaves.length)), ...leaves]),
    long(3, BigInt(lies.rowCount ?? rowCount)),
    list(4, 12, [group]),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([...parts, footer, length, Buffer.from("PAR1")]);
}

function renderLevels(levels: NonNullable<Lies["levels"]>): readonly Field[] {
  return levels === "none" ? [] : [int(5, levels[0]), int(6, levels[1])];
}

/** A snappy stream that says it unpacks to so many bytes and holds a few. */
export function createSnappyLie(length: number): Buffer {
  return Buffer.concat([varint(BigInt(length)), Buffer.from([0, 65])]);
}

export const codecs = { snappy, gzip: 2, brotli: 4, zstd: 6 } as const;

function renderText(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text as string);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Fields with their numbers, in rising order; the header is their distance. */
interface Field {
  readonly id: number;
  readonly type: number;
  readonly bytes: Buffer;
}

function struct(...fields: readonly Field[]): Buffer {
  let last = 0;
  const parts = fields.map(({ id, type, bytes }) => {
    const head = Buffer.from([((id - last) << 4) | type]);
    last = id;
    return Buffer.concat([head, bytes]);
  });
  return Buffer.concat([...parts, Buffer.from([0])]);
}

const field = (id: number, type: number, bytes: Buffer): Field => ({ id, type, bytes });
const int = (id: number, value: number): Field => field(id, 5, zigZag(value));
const long = (id: number, value: bigint): Field => field(id, 6, varint(value * 2n));
const zigZag = (value: number): Buffer => varint(BigInt(value < 0 ? -2 * value - 1 : 2 * value));

function list(id: number, type: number, items: readonly Buffer[]): Field {
  const head =
    items.length < 15
      ? Buffer.from([(items.length << 4) | type])
      : Buffer.concat([Buffer.from([0xf0 | type]), varint(BigInt(items.length))]);
  return field(id, 9, Buffer.concat([head, ...items]));
}

function binary(text: string): Buffer {
  return Buffer.concat([varint(BigInt(Buffer.byteLength(text))), Buffer.from(text)]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}
