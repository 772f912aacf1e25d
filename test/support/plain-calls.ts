/** Modules over plain file calls of which some, or the standard streams, are replaced. */
import { onTestFinished, vi } from 'vitest';
import * as plain from '../../src/platform/plain-files.js';

type Mutable<T> = { -readonly [K in keyof T]?: T[K] extends number ? number : T[K] };

/** What a test puts in place of the system's own. */
export type PlainCalls = Mutable<typeof plain>;

/** What `load` imports, over `calls` until the test ends. */
export async function overCalls<T>(calls: PlainCalls, load: () => Promise<T>): Promise<T> {
  vi.resetModules();
  vi.doMock('../../src/platform/plain-files.js', () => ({ ...plain, ...calls }));
  onTestFinished(() => {
    vi.doUnmock('../../src/platform/plain-files.js');
    vi.resetModules();
  });
  return load();
}
