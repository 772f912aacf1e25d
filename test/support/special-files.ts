/** Fifos and sockets, made without any program. */
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname } from 'node:path';
import { loadLibc } from '../../src/platform/libc.js';
import { once } from '../../src/platform/once.js';
import { runProgram } from './machine.js';

const mkfifo = once(() => loadLibc()?.func('int mkfifo(const char *, uint32_t)'));

/** Where libc cannot be called, the program does it. */
export function makeFifo(path: string, mode = 0o644): void {
  const made = mkfifo()?.(path, mode);
  if (made === undefined) runProgram('mkfifo', [path]);
  else if (made < 0) throw new Error(`${path} cannot be made`);
  fs.chmodSync(path, mode);
}

/**
 * Listens at a path of any length: what a socket's own address holds ends after 107 bytes.
 * @returns what ends it, and removes the socket
 */
export async function makeSocket(path: string): Promise<() => void> {
  const directory = fs.openSync(dirname(path), 'r');
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(`/proc/self/fd/${directory}/${basename(path)}`, resolve);
  });
  return () => server.close(() => fs.closeSync(directory));
}
