/** The real directory of a simulated disk: read into the model, and written from what survives. */
import * as fs from 'node:fs';
import { bufferFromBytes, bytesFromBuffer, type ByteString } from '../../../src/platform/bytes.js';
import {
  durableFile,
  newDirectory,
  type DirectoryNode,
  type DiskNode,
  type Metadata,
  type Survivor,
} from './model.js';

/** A directory of which all is durable. */
export function readDirectory(path: ByteString): DirectoryNode {
  const directory = newDirectory();
  for (const name of namesIn(path)) {
    const node = readNode(`${path}/${name}` as ByteString);
    directory.durable.set(name, node);
    directory.names.set(name, node);
  }
  return directory;
}

function readNode(path: ByteString): DiskNode {
  const stat = fs.lstatSync(bufferFromBytes(path), { bigint: true });
  if (stat.isDirectory()) return readDirectory(path);
  if (stat.isSymbolicLink()) {
    const target = bytesFromBuffer(fs.readlinkSync(bufferFromBytes(path), 'buffer'));
    return { type: 'symlink', target };
  }
  return durableFile(readBytes(path), metadataOf(stat));
}

export function namesIn(path: ByteString): string[] {
  return fs.readdirSync(bufferFromBytes(path), 'latin1');
}

export function readBytes(path: ByteString): Buffer {
  return fs.readFileSync(bufferFromBytes(path));
}

export function isThere(path: ByteString): boolean {
  return fs.lstatSync(bufferFromBytes(path), { throwIfNoEntry: false }) !== undefined;
}

export function metadataAt(path: ByteString): Metadata {
  return metadataOf(fs.lstatSync(bufferFromBytes(path), { bigint: true }));
}

export function metadataOfOpen(descriptor: number): Metadata {
  return metadataOf(fs.fstatSync(descriptor, { bigint: true }));
}

function metadataOf({ mode, mtimeNs }: fs.BigIntStats): Metadata {
  return { mode: Number(mode) & 0o7777, mtimeNs };
}

/** Puts what survives in the place of what is there. */
export function replaceBy(path: ByteString, survivor: Survivor): void {
  fs.rmSync(bufferFromBytes(path), { recursive: true, force: true });
  write(path, survivor);
}

function write(path: ByteString, survivor: Survivor): void {
  const place = bufferFromBytes(path);
  switch (survivor.type) {
    case 'symlink':
      fs.symlinkSync(bufferFromBytes(survivor.target), place);
      return;
    case 'directory':
      fs.mkdirSync(place);
      for (const [name, below] of survivor.names) write(`${path}/${name}` as ByteString, below);
      return;
    case 'file':
      fs.writeFileSync(place, survivor.bytes);
      if (survivor.metadata) setMetadata(place, survivor.metadata);
  }
}

function setMetadata(place: Buffer, { mode, mtimeNs }: Metadata): void {
  fs.chmodSync(place, mode);
  const seconds = Number(mtimeNs / 1000n) / 1e6;
  fs.utimesSync(place, seconds, seconds);
}
