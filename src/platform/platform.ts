/** All that Varve takes from the machine it runs on. Tests put a twin in its place. */
import { availableParallelism, hostname, tmpdir } from 'node:os';
import { openFileSystem, type FileSystem } from './files.js';
import { crypto } from './node-modules.js';
import { environment } from './process-bytes.js';
import { openUserDatabase, type UserDatabase } from './user-database.js';

export { systemErrorCode } from './system-errors.js';

interface Clock {
  /** Milliseconds since 1970. Never trusted for order. */
  nowMs(): number;
}

export interface Platform {
  readonly files: FileSystem;
  readonly clock: Clock;
  randomBytes(count: number): Uint8Array;
  readonly hostName: string;
  readonly coreCount: number;
  readonly temporaryDirectory: string;
  readonly isSuperuser: boolean;
  /** Who runs this process. */
  readonly user: { readonly uid: number; readonly gid: number };
  readonly users: UserDatabase;
}

/** The machine itself. */
export function openPlatform(): Platform {
  return {
    files: openFileSystem(),
    clock: { nowMs: () => Date.now() },
    randomBytes: (count) => crypto().randomBytes(count),
    hostName: hostname(),
    coreCount: availableParallelism(),
    temporaryDirectory: temporaryDirectory(),
    isSuperuser: process.getuid?.() === 0,
    user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    users: openUserDatabase(),
  };
}

function temporaryDirectory(): string {
  const decoded = tmpdir();
  return decoded === process.env['TMPDIR'] ? (environment()['TMPDIR'] ?? decoded) : decoded;
}
