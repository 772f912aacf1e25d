/** Ways in which a disk or a hand spoils a file. */
import * as fs from 'node:fs';
import { join } from 'node:path';

/** Flips bits of the byte at `offset`. */
export function flipByte(path: string, offset: number, mask = 0x40): void {
  const bytes = fs.readFileSync(path);
  bytes[offset]! ^= mask;
  fs.writeFileSync(path, bytes);
}

export function truncateTo(path: string, lengthBytes: number): void {
  fs.truncateSync(path, lengthBytes);
}

export function appendGarbage(path: string, garbage: Uint8Array): void {
  fs.appendFileSync(path, garbage);
}

export function swapFiles(one: string, other: string): void {
  fs.renameSync(one, `${one}.swap`);
  fs.renameSync(other, one);
  fs.renameSync(`${one}.swap`, other);
}

/** Every file of a directory with its bytes, to put it back as it was. */
export function saveFiles(directory: string): () => void {
  const files = fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const saved = files.map((path) => ({ path, bytes: fs.readFileSync(path) }));
  return () => {
    fs.rmSync(directory, { recursive: true });
    for (const { path, bytes } of saved) {
      fs.mkdirSync(join(path, '..'), { recursive: true });
      fs.writeFileSync(path, bytes);
    }
  };
}
