/** What `varve cat` asks for; the bytes go to standard output and nothing else does. */
import { beforeEach, expect, test, vi } from 'vitest';
import { catCommand } from '../../../src/cli/commands/cat.js';
import { OutputClosed } from '../../../src/cli/output.js';
import type { CatOptions } from '../../../src/store.js';
import { runCommand, STAND_IN, type RunSettings } from '../../support/command-run.js';

const { catFile } = vi.hoisted(() => ({
  catFile: vi.fn<(repository: unknown, options: CatOptions) => Promise<void>>(),
}));
vi.mock('../../../src/store.js', async (load) => ({ ...(await load<object>()), catFile }));

beforeEach(() => void catFile.mockReset().mockResolvedValue());

const run = (args: readonly string[] = [], settings?: RunSettings) =>
  runCommand('cat', catCommand, ['x', ...args], settings);

test.each([
  [[], {}],
  [['--at', '2'], { at: { type: 'snapshot', number: 2 } }],
  [['--last-seen'], { isLastSeen: true }],
  [['--source', 'h:/r'], { source: { type: 'name', host: 'h', path: '/r' } }],
])('%j is asked for as that', async (args, more) => {
  const { code, opened } = await run(args);
  expect({ code, opened }).toEqual({ code: 0, opened: ['read'] });
  const [[repository, options] = []] = catFile.mock.calls;
  expect(repository).toBe(STAND_IN);
  expect(options).toEqual({
    ...{ path: 'x', at: { type: 'latest' }, isLastSeen: false },
    write: expect.any(Function) as () => void,
    onFound: expect.any(Function) as () => void,
    ...more,
  });
});

test('each piece is written before the next is asked for, byte for byte', async () => {
  const bytes = Buffer.from([0, 0xff, 10, 13]);
  catFile.mockImplementation(async (_, { write }) => {
    await write(bytes);
    // It may be used again by now.
    bytes.fill(1);
    await write(Buffer.from('end'));
  });
  const { stdout, said } = await run([], { isJson: true });
  expect(stdout).toBe(`${Buffer.from([0, 0xff, 10, 13]).toString()}end`);
  expect(said).toEqual([]);
});

test('where it comes from is said with its snapshot, before any byte', async () => {
  const answer = {
    ...{ source: { id: 4, host: 'h', roots: ['/r'] }, snapshot: { number: 3 }, located: [] },
    isEvident: false,
  };
  catFile.mockImplementation((_, { onFound }) => {
    onFound?.(answer as never);
    return Promise.resolve();
  });
  expect((await run()).said).toEqual(['notice: From snapshot 3 of source 4, h:/r.']);
  expect((await run([], { isJson: true })).said).toEqual([]);
});

test('nothing more is read when nobody reads the output', async () => {
  let pieces = 0;
  catFile.mockImplementation(async (_, { write }) => {
    for (; pieces < 3; pieces += 1) await write(Buffer.from('x'));
  });
  const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  const { Writable } = await import('node:stream');
  const real = Writable.prototype.write.bind(Writable.prototype);
  const spy = vi.spyOn(Writable.prototype, 'write').mockImplementation(function (
    ...args: unknown[]
  ) {
    const done = args.at(-1) as (error?: Error) => void;
    if (typeof done !== 'function') return real(...(args as [string]));
    done(gone);
    return true;
  });
  try {
    await expect(run()).rejects.toBeInstanceOf(OutputClosed);
  } finally {
    spy.mockRestore();
  }
  expect(pieces).toBe(0);
});
