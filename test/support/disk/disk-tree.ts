/** The model of a simulated disk, told of each call that was made in its directory. */
import { baseName, parentOf } from '../../../src/platform/paths.js';
import type { ByteString } from '../../../src/platform/bytes.js';
import {
  failSync,
  newDirectory,
  newFile,
  setNames,
  survivorsOf,
  syncFile,
  syncNames,
  type DirectoryNode,
  type DiskNode,
  type FileNode,
  type Loss,
  type Survivor,
} from './model.js';
import { isThere, metadataAt, metadataOfOpen, readDirectory } from './real-files.js';
import { isDatabaseInTheMaking, noteWhole, takeUpSqlite } from './sqlite-files.js';
import type { Call } from './watched-files.js';

export class DiskTree {
  private readonly root: ByteString;
  private readonly top: DirectoryNode;
  private readonly opened = new Map<number, DiskNode>();
  private readonly built = new Set<FileNode>();

  /** All that is in the directory is durable. */
  constructor(root: ByteString) {
    this.root = root;
    this.top = readDirectory(root);
  }

  holds(path: ByteString): boolean {
    return path === this.root || path.startsWith(`${this.root}/`);
  }

  /** Every directory by its path. */
  *directories(
    directory = this.top,
    path = this.root,
  ): Generator<[path: ByteString, node: DirectoryNode]> {
    yield [path, directory];
    for (const [name, node] of directory.names) {
      if (node.type === 'directory') yield* this.directories(node, `${path}/${name}` as ByteString);
    }
  }

  /** Before a call: what SQLite did, and what is known of a file only while it has its name. */
  before({ name, path, to }: Call): void {
    if (name !== 'remove' && name !== 'rename') return;
    const parent = this.find(parentOf(path));
    if (parent?.type === 'directory') takeUpSqlite(parent, parentOf(path), this.built);
    for (const each of [path, to ?? path]) {
      const node = this.find(each);
      if (node?.type === 'file' && isThere(each)) node.metadata = metadataAt(each);
    }
  }

  /** After a call that opened or created a file. */
  noteOpened({ name, path }: Call, descriptor: number): void {
    if (name === 'create') {
      const file = newFile();
      if (isDatabaseInTheMaking(path)) this.built.add(file);
      this.name(path, file);
    }
    const node = this.find(path);
    if (node) this.opened.set(descriptor, node);
  }

  noteClosed(descriptor: number): void {
    this.opened.delete(descriptor);
  }

  /** After a call that changed something. */
  note(call: Call): void {
    const { name, path, to = path, descriptor = -1 } = call;
    const node = this.opened.get(descriptor) ?? this.find(path);
    if (node?.type === 'file') this.noteOfFile(node, call);
    switch (name) {
      case 'sync-names':
        if (node?.type === 'directory') syncNames(node);
        return;
      case 'make':
        this.noteMade(path);
        return;
      case 'make-link':
        this.name(path, { type: 'symlink', target: to });
        return;
      case 'remove':
        this.name(path, undefined);
        return;
      case 'rename':
        this.noteRenamed(path, to);
        return;
      case 'link':
        this.name(to, node);
        return;
      case 'copy':
        this.noteCopied(to);
        return;
      case 'open':
      case 'close':
      case 'create':
      case 'write':
      case 'punch':
      case 'truncate':
      case 'sync':
      case 'set-metadata':
        return;
    }
  }

  /** After a sync that failed: not a byte of it arrives, and a second one would say that all is well. */
  noteFailedSync({ descriptor = -1 }: Call): void {
    const node = this.opened.get(descriptor);
    if (node?.type === 'file') failSync(node);
  }

  /** Takes down all that is known only of the real files. */
  freeze(): void {
    for (const [path, directory] of [...this.directories()]) {
      takeUpSqlite(directory, path, this.built);
      for (const [name, node] of directory.names) {
        const place = `${path}/${name}` as ByteString;
        if (node.type === 'file' && isThere(place)) node.metadata = metadataAt(place);
      }
    }
  }

  survivors(loss: Loss): Survivor {
    return survivorsOf(this.top, loss);
  }

  private noteOfFile(file: FileNode, call: Call): void {
    const { name, path, descriptor = -1, offset = 0, lengthBytes = 0, bytes } = call;
    if (name === 'write' && bytes) {
      file.pending.push({ type: 'write', offset, bytes: Buffer.from(bytes) });
    } else if (name === 'punch') {
      file.pending.push({ type: 'write', offset, bytes: Buffer.alloc(lengthBytes) });
    } else if (name === 'truncate') {
      file.pending.push({ type: 'length', lengthBytes });
    } else if (name === 'sync') {
      if (this.built.has(file)) noteWhole(file, path);
      file.metadata = metadataOfOpen(descriptor);
      syncFile(file);
    }
  }

  /** With those above it that are missing. */
  private noteMade(path: ByteString): void {
    const missing: ByteString[] = [];
    for (let at = path; !this.find(at); at = parentOf(at)) missing.unshift(at);
    for (const each of missing) this.name(each, newDirectory());
  }

  private noteRenamed(from: ByteString, to: ByteString): void {
    const changes = new Map([
      [baseName(from), undefined],
      [baseName(to), this.find(from)],
    ]);
    if (parentOf(from) !== parentOf(to)) throw new Error(`${from} leaves its directory`);
    setNames(this.directoryAt(parentOf(to)), changes);
  }

  private noteCopied(path: ByteString): void {
    if (!isThere(path)) return;
    const file = newFile();
    noteWhole(file, path);
    this.name(path, file);
  }

  private name(path: ByteString, node: DiskNode | undefined): void {
    setNames(this.directoryAt(parentOf(path)), new Map([[baseName(path), node]]));
  }

  private directoryAt(path: ByteString): DirectoryNode {
    const found = this.find(path);
    if (found?.type !== 'directory') throw new Error(`${path} is no directory of this disk`);
    return found;
  }

  private find(path: ByteString): DiskNode | undefined {
    let node: DiskNode | undefined = this.top;
    for (const name of path.slice(this.root.length).split('/').filter(Boolean)) {
      node = node?.type === 'directory' ? node.names.get(name) : undefined;
    }
    return node;
  }
}
