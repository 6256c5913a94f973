// A disk as it may be after a power cut, from what was done to it. The model:
// - written bytes are there for certain once their file was synced; until then each page of each write may be there or not;
// - a new file's name is there for certain once the file itself or its folder was synced, as ext4, xfs and btrfs have it;
// - a name changed by rename, taken away by unlink, or of a new folder needs the sync of the folder that it stands in.
// What lay outside of the run when the power went, the books of the provider, stays as it was at that moment.

import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Random } from "../../src/math/random.ts";
import type { Operation } from "./recording.ts";

/** worst: nothing that was not synced. torn: that, and the latest write but for half of its last sector. */
export const ways = ["worst", "kept", "random", "torn"] as const;
export type Way = (typeof ways)[number];

interface FileNode {
  readonly kind: "file";
  durable: Buffer;
  pending: Change[];
  /** As the run sees it. */
  size: number;
}

interface FolderNode {
  readonly kind: "folder";
  readonly durable: Map<string, Node>;
  pending: NameChange[];
  /** As the run sees it. */
  readonly names: Map<string, Node>;
}

type Node = FileNode | FolderNode;

type Change =
  | { readonly at: number; readonly bytes: Buffer; readonly offset: number }
  | { readonly at: number; readonly length: number };

interface NameChange {
  readonly at: number;
  readonly node: Node;
  /** Of a file: its own sync is enough. */
  readonly isCreation: boolean;
  apply(names: Map<string, Node>): void;
}

export interface Disk {
  /** Whether a handle is that of something under the folder. */
  has(handle: number): boolean;
  apply(operation: Operation): void;
  /** Writes what is left after a power cut now into an empty folder. */
  writeImage(target: string, options: { readonly way: Way; readonly random: Random }): void;
}

const pageBytes = 4096;
const sectorBytes = 512;

/** `root` is on the disk already. `outside` names what stands in it and outlives the power cut as it is. */
export function createDisk(root: string, outside: string): Disk {
  const top = createFolder();
  const handles = new Map<number, { readonly node: Node; offset: number; readonly appends: boolean }>();

  const find = (path: string): Node | undefined => {
    if (path === root) return top;
    if (!path.startsWith(`${root}/`)) return undefined;
    const parent = find(dirname(path));
    return parent?.kind === "folder" ? parent.names.get(basename(path)) : undefined;
  };
  const change = (path: string, change: NameChange): void => {
    const parent = find(dirname(path));
    if (parent?.kind !== "folder") return;
    parent.pending.push(change);
    change.apply(parent.names);
  };
  const make = (path: string, node: Node, at: number): void => {
    const name = basename(path);
    change(path, { at, node, isCreation: node.kind === "file", apply: (names) => names.set(name, node) });
  };
  const write = (file: FileNode, next: Change): void => {
    file.pending.push(next);
    file.size = "length" in next ? next.length : Math.max(file.size, next.offset + next.bytes.length);
  };

  const applyOpen = ({ handle, path, flags, end }: Extract<Operation, { kind: "open" }>): void => {
    handles.delete(handle);
    if (!path.startsWith(root)) return;
    const found = find(path);
    const node = found ?? createFile();
    if (!found && flags.includes("O_CREAT")) make(path, node, end);
    else if (!found) return;
    if (node.kind === "file" && flags.includes("O_TRUNC")) write(node, { at: end, length: 0 });
    handles.set(handle, { node, offset: 0, appends: flags.includes("O_APPEND") });
  };

  return {
    has: (handle) => handles.has(handle),
    apply(operation) {
      const handle = "handle" in operation ? handles.get(operation.handle) : undefined;
      const node = handle?.node;
      const at = operation.end;
      if (operation.kind === "open") applyOpen(operation);
      else if (operation.kind === "close") handles.delete(operation.handle);
      else if (operation.kind === "folder" && !find(operation.path)) make(operation.path, createFolder(), at);
      else if (operation.kind === "sync" && node) sync(top, node, operation.begin);
      else if (operation.kind === "truncate" && node?.kind === "file") write(node, { at, length: operation.length });
      else if (operation.kind === "write" && handle && node?.kind === "file") {
        const { bytes } = operation;
        const offset = operation.offset ?? (handle.appends ? node.size : handle.offset);
        if (operation.offset === null) handle.offset = offset + bytes.length;
        write(node, { at, bytes, offset });
      } else if (operation.kind === "remove") {
        const [gone, name] = [find(operation.path), basename(operation.path)];
        const apply = (names: Map<string, Node>): void => void (names.get(name) === gone && names.delete(name));
        if (gone) change(operation.path, { at, node: gone, isCreation: false, apply });
      } else if (operation.kind === "rename") {
        const moved = find(operation.from);
        if (dirname(operation.from) !== dirname(operation.to)) throw new Error("a rename over folders is not known");
        const [before, after] = [basename(operation.from), basename(operation.to)];
        const apply = (names: Map<string, Node>): void => {
          if (names.get(before) === moved) names.delete(before);
          names.set(after, moved as Node);
        };
        if (moved) change(operation.to, { at, node: moved, isCreation: false, apply });
      }
    },
    writeImage(target, { way, random }) {
      const latest = way === "torn" ? findLatest(top, outside) : undefined;
      for (const [name, node] of chooseNames(top, { way, random, latest })) {
        const isOutside = name === outside;
        if (!isOutside) writeNode(join(target, name), node, { way, random, latest });
      }
      const books = top.names.get(outside);
      if (books) writeNode(join(target, outside), books, { way: "kept", random, latest: undefined });
    },
  };
}

function createFile(): FileNode {
  return { kind: "file", durable: Buffer.alloc(0), pending: [], size: 0 };
}

function createFolder(): FolderNode {
  return { kind: "folder", durable: new Map(), pending: [], names: new Map() };
}

/** What was done before the sync began is durable once it has ended. */
function sync(top: FolderNode, node: Node, begin: number): void {
  if (node.kind === "folder") {
    for (const change of node.pending) if (change.at < begin) change.apply(node.durable);
    node.pending = node.pending.filter(({ at }) => at >= begin);
    return;
  }
  node.durable = applyChanges(
    node.durable,
    node.pending.filter(({ at }) => at < begin),
  );
  node.pending = node.pending.filter(({ at }) => at >= begin);
  for (const folder of listFolders(top)) {
    const isSettled = (change: NameChange): boolean => change.isCreation && change.node === node && change.at < begin;
    for (const change of folder.pending.filter(isSettled)) change.apply(folder.durable);
    folder.pending = folder.pending.filter((change) => !isSettled(change));
  }
}

function* listFolders(folder: FolderNode): Generator<FolderNode> {
  yield folder;
  for (const node of folder.names.values()) if (node.kind === "folder") yield* listFolders(node);
}

interface Latest {
  readonly file: FileNode;
  readonly change: Change;
}

interface Choice {
  readonly way: Way;
  readonly random: Random;
  readonly latest: Latest | undefined;
}

/** The latest write of the run that is not synced. */
function findLatest(top: FolderNode, outside: string): Latest | undefined {
  let latest: Latest | undefined;
  const visit = (folder: FolderNode): void => {
    for (const [name, node] of folder.names) {
      if (folder === top && name === outside) continue;
      if (node.kind === "folder") visit(node);
      else if (!isRebuilt(name)) {
        const change = node.pending.findLast((each) => "bytes" in each);
        if (change && change.at > (latest?.change.at ?? -1)) latest = { file: node, change };
      }
    }
  };
  visit(top);
  return latest;
}

/** The index of the log lies in shared memory, where no call writes it, and is made anew when it is not there. */
function isRebuilt(name: string): boolean {
  return name.endsWith("-shm");
}

function chooseNames(folder: FolderNode, { way, random, latest }: Choice): ReadonlyMap<string, Node> {
  const names = new Map(folder.durable);
  for (const change of folder.pending) {
    const isThere =
      way === "kept" ||
      (way === "random" && random.uniform() < 0.5) ||
      (way === "torn" && change.isCreation && change.node === latest?.file);
    if (isThere) change.apply(names);
  }
  return names;
}

function writeNode(path: string, node: Node, choice: Choice): void {
  if (isRebuilt(path)) return;
  if (node.kind === "folder") {
    mkdirSync(path, { mode: 0o700 });
    for (const [name, child] of chooseNames(node, choice)) writeNode(join(path, name), child, choice);
  } else writeFileSync(path, applyChanges(node.durable, chooseChanges(node, choice)), { mode: 0o600 });
}

/** Of the file torn in its latest write all that came before it is there. */
function chooseChanges({ pending }: FileNode, { way, random, latest }: Choice): readonly Change[] {
  if (way === "kept") return pending;
  if (way === "random") return pending.flatMap(splitPages).filter(() => random.uniform() < 0.5);
  if (way === "worst" || latest === undefined || !pending.includes(latest.change)) return [];
  return pending.flatMap((change) => (change === latest.change ? tear(change, random) : [change]));
}

function splitPages(change: Change): readonly Change[] {
  if ("length" in change) return [change];
  const parts: Change[] = [];
  for (let from = 0; from < change.bytes.length; ) {
    const to = Math.min(change.bytes.length, from + pageBytes - ((change.offset + from) % pageBytes));
    parts.push({ at: change.at, bytes: change.bytes.subarray(from, to), offset: change.offset + from });
    from = to;
  }
  return parts;
}

/** Of the last sector the first half is the new one, the second is neither old nor new. */
function tear(change: Change, random: Random): readonly Change[] {
  if ("length" in change) return [];
  const bytes = Buffer.from(change.bytes);
  const sector = Math.floor((change.offset + bytes.length - 1) / sectorBytes) * sectorBytes - change.offset;
  const middle = Math.floor((Math.max(0, sector) + bytes.length) / 2);
  for (let index = middle; index < bytes.length; index++) bytes.writeUInt8(random.integer(256), index);
  return [{ ...change, bytes }];
}

function applyChanges(before: Buffer, changes: readonly Change[]): Buffer {
  if (changes.length === 0) return before;
  let length = before.length;
  let most = before.length;
  for (const change of changes)
    most = Math.max(most, "length" in change ? change.length : change.offset + change.bytes.length);
  const content = Buffer.alloc(most);
  before.copy(content);
  for (const change of changes) {
    if ("length" in change) {
      content.fill(0, Math.min(change.length, length));
      length = change.length;
    } else {
      change.bytes.copy(content, change.offset);
      length = Math.max(length, change.offset + change.bytes.length);
    }
  }
  return content.subarray(0, length);
}
