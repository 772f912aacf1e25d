/** What `varve copy` asks of a copy, and what it says of its result. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { copyCommand } from '../../../src/cli/commands/copy.js';
import type { CopyOptions, CopyResult } from '../../../src/store.js';
import { runCommand, type RunSettings } from '../../support/command-run.js';

const { copyFile, runBenchmark } = vi.hoisted(() => ({
  copyFile: vi.fn<(platform: unknown, options: CopyOptions) => Promise<CopyResult>>(),
  runBenchmark: vi.fn<(...args: unknown[]) => Promise<number>>(),
}));
vi.mock('../../../src/store.js', async (load) => ({ ...(await load<object>()), copyFile }));
vi.mock('../../../src/cli/commands/copy-benchmark.js', () => ({ runBenchmark }));

const RESULT: CopyResult = {
  mark: 'changed',
  similarity: 0.99999,
  sizeBytes: 2048,
  bytesHashed: 4096,
  bytesSent: 3,
  bytesReceived: 5,
  bytesWritten: 7,
  durationMs: 61_000,
};

beforeEach(() => {
  copyFile.mockReset().mockResolvedValue(RESULT);
  runBenchmark.mockReset().mockResolvedValue(0);
});

const copy = (args: readonly string[] = [], settings?: RunSettings) =>
  runCommand('copy', copyCommand, ['from', 'to', ...args], settings);
/** What a copy is asked for with these options. */
async function asked(...args: string[]): Promise<CopyOptions> {
  const env = { XDG_CACHE_HOME: '/cache' };
  await copy(args, { platform: { coreCount: 6 }, env });
  const [[, options] = []] = copyFile.mock.calls.splice(0);
  if (!options) throw new Error('nothing was copied');
  return options;
}

describe('a copy', () => {
  test('without options is one of its two sides', async () => {
    expect(await asked()).toEqual({
      source: { type: 'local', path: 'from' },
      target: { type: 'local', path: 'to' },
      compression: 'auto',
      isWholeFile: false,
      isDryRun: false,
      isInPlace: false,
      preserves: false,
      jobs: 6,
      token: undefined,
      cacheDirectory: '/cache/varve/hash-lists',
      signal: expect.any(AbortSignal) as AbortSignal,
      onStart: expect.any(Function) as () => void,
      onProgress: expect.any(Function) as () => void,
    });
  });

  test.each([
    [['-b', '4K'], { blockBytes: 4096 }],
    [['-m', 'sha256'], { method: 'sha256' }],
    [['-W'], { isWholeFile: true }],
    [['-n'], { isDryRun: true }],
    [['--inplace'], { isInPlace: true }],
    [['-p'], { preserves: true }],
    [['--compress', 'on'], { compression: 'on' }],
    [['--compress', 'off'], { compression: 'off' }],
    [['--compress', 'auto'], { compression: 'auto' }],
    [['--bwlimit', '1'], { mostBytesPerSecond: 1 }],
    [['--bwlimit', '2M'], { mostBytesPerSecond: 2 * 1024 * 1024 }],
    [['-c', '1'], { concurrency: 1, jobs: 1 }],
    [['-c', '64'], { concurrency: 64, jobs: 64 }],
    [['--no-cache'], { cacheDirectory: undefined }],
  ])('%j is that and nothing else', async (args, more) => {
    const called = {
      signal: expect.any(AbortSignal) as AbortSignal,
      onStart: expect.any(Function) as () => void,
      onProgress: expect.any(Function) as () => void,
    };
    expect(await asked(...args)).toEqual({ ...(await asked()), ...called, ...more });
  });

  test('takes the signal, so that it stops cleanly', async () => {
    const signal = AbortSignal.abort();
    await copy([], { signal });
    expect(copyFile.mock.calls[0]?.[1].signal).toBe(signal);
  });
});

test.each([
  [['-c', '0'], '--concurrency: '],
  [['-c', '65'], '--concurrency: '],
  [['-B', '0'], '--benchmark: '],
  [['-B', '101'], '--benchmark: '],
  [['--bwlimit', '0'], '--bwlimit: '],
  [['-b', 'x'], '--block-size: '],
  [['--compress', 'ON'], '--compress: '],
])('%j is refused, and nothing is copied', async (args, says) => {
  await expect(copy(args)).rejects.toThrow(says);
  expect(copyFile).not.toHaveBeenCalled();
  expect(runBenchmark).not.toHaveBeenCalled();
});

test('its progress is that of bytes, since there is one file', async () => {
  copyFile.mockImplementation((_, { onStart, onProgress }) => {
    onStart?.(2048);
    onProgress?.(11);
    return Promise.resolve(RESULT);
  });
  const { progress } = await copy();
  expect(progress).toEqual([
    ['start', { label: 'copy', expected: { files: 0, bytes: 2048 } }],
    ['update', { files: 0, bytes: 11 }],
    ['finish'],
  ]);
});

describe('the result', () => {
  const LINE = '99.9% of 2.00 KiB already there: 3 B sent, 5 B received, 7 B written in 1:01\n';

  test('is one line for people; with -v also what became of the file', async () => {
    expect(await copy()).toMatchObject({ code: 0, stdout: LINE });
    expect(await copy([], { isVerbose: true })).toMatchObject({
      stdout: `changed    to\n${LINE}`,
    });
    expect(await copy([], { isQuiet: true })).toMatchObject({ stdout: '' });
    expect(await copy([], { isQuiet: true, isVerbose: true })).toMatchObject({
      stdout: 'changed    to\n',
    });
  });

  test('of a dry run says nothing of what was written', async () => {
    const { stdout } = await copy(['-n']);
    expect(stdout).toBe(LINE.replace(', 7 B written', ''));
  });

  test.each([
    [0, '0%'],
    [0.0009, '0%'],
    [0.001, '0.1%'],
    [0.5, '50%'],
    [0.9996, '99.9%'],
    [1, '100%'],
  ])('all is there only where all is: %d', async (similarity, shown) => {
    copyFile.mockResolvedValue({ ...RESULT, similarity });
    expect((await copy()).stdout.startsWith(`${shown} of `)).toBe(true);
  });

  test('is a document with each figure', async () => {
    const { stdout } = await copy([], { isJson: true, isVerbose: true });
    expect(JSON.parse(stdout)).toEqual({
      change: 'changed',
      similarity: 0.99999,
      size: 2048,
      bytes_hashed: 4096,
      bytes_sent: 3,
      bytes_received: 5,
      bytes_written: 7,
      duration_ms: 61_000,
    });
  });

  test('stays, whatever becomes of its report, unless it is that of a dry run', async () => {
    expect((await copy()).settled).toEqual({ what: 'The file was copied', exitCode: 0 });
    expect((await copy(['-n'])).settled).toBeUndefined();
  });
});

describe('a benchmark', () => {
  test('is run instead, with its steps, both sides and the token', async () => {
    runBenchmark.mockResolvedValue(3);
    for (const count of [1, 100]) {
      const args = ['http://host/from', 'to', '-B', String(count)];
      const env = { VARVE_TOKEN: 'a-token' };
      expect(await runCommand('copy', copyCommand, args, { env })).toMatchObject({ code: 3 });
      expect(runBenchmark).toHaveBeenLastCalledWith(expect.anything(), count, {
        source: { type: 'remote', url: new URL('http://host:8080/from') },
        target: { type: 'local', path: 'to' },
        token: 'a-token',
      });
    }
    expect(copyFile).not.toHaveBeenCalled();
  });
});
