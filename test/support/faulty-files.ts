/** A twin of the file system that counts the calls which change something, and fails the one it is told to. */
import type { AtCalls } from '../../src/platform/at-calls.js';
import { openFileSystem, type FileSystem } from '../../src/platform/files.js';
import { isChange, watchedFiles, type Call as WatchedCall } from './disk/watched-files.js';

/** A call that changes something, as the twin sees it before it is made. */
export interface Call extends WatchedCall {
  /** Which of the twin's calls it is, from 1. */
  readonly position: number;
}

/** What the twin does instead of the call: `undefined` makes it. */
export type Fault =
  | { readonly type: 'throw'; readonly error: Error }
  /** A write of which only the first bytes arrive. */
  | { readonly type: 'tear'; readonly lengthBytes: number; readonly error: Error };

export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected`), { code });
}

export function faultyFiles(decide: (call: Call) => Fault | undefined): FileSystem {
  let position = 0;
  return watchedFiles((call, act, tear) => {
    if (!isChange(call)) return act();
    const fault = decide({ ...call, position: ++position });
    if (!fault) return act();
    if (fault.type === 'tear') tear?.(fault.lengthBytes);
    throw fault.error;
  });
}

/** From call `position` on every call fails: the process is dead. The call itself may be torn. */
export function deadFrom(
  position: number,
  tearsBytes = 0,
): { files: FileSystem; wasHit(): boolean } {
  let isDead = false;
  const files = faultyFiles((call) => {
    if (call.position === position) {
      isDead = true;
      return { type: 'tear', lengthBytes: tearsBytes, error: systemError('EINTR') };
    }
    return isDead ? { type: 'throw', error: systemError('EINTR') } : undefined;
  });
  return { files, wasHit: () => isDead };
}

/** Real files with some at-calls replaced: a source that moves or refuses. */
export function filesWithAt(replace: (real: AtCalls) => Partial<AtCalls>): FileSystem {
  const real = openFileSystem();
  return { ...real, at: { ...real.at, ...replace(real.at) } };
}
