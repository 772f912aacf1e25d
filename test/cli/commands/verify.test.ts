/** What `varve verify` asks for, what it says of what was found, and what it ends with. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { verifyCommand } from '../../../src/cli/commands/verify.js';
import type { VerifyOptions, VerifyResult } from '../../../src/store.js';
import { runCommand, STAND_IN, type RunSettings } from '../../support/command-run.js';

const { verify } = vi.hoisted(() => ({
  verify: vi.fn<(repository: unknown, options: VerifyOptions) => Promise<VerifyResult>>(),
}));
vi.mock('../../../src/store.js', async (load) => ({ ...(await load<object>()), verify }));

const SOUND = {
  ok: true,
  snapshots: 1,
  versions: 2,
  blobs: 3,
  bytes: 4096,
  durationMs: 5000,
  damage: [],
} as unknown as VerifyResult;
const finding = (number: number) => ({
  code: 'BLOB_DAMAGED',
  message: `Blob ${number} is damaged.`,
  pack: number,
  offset: 10 * number,
  paths: Array.from({ length: 7 }, (_, i) => `/path-${i}`),
  snapshots: [1, 2, 3],
});
const DAMAGED = {
  ...SOUND,
  ok: false,
  damage: [finding(1), finding(2)],
} as unknown as VerifyResult;

beforeEach(() => void verify.mockReset().mockResolvedValue(SOUND));

const run = (args: readonly string[] = [], settings?: RunSettings) =>
  runCommand('verify', verifyCommand, args, settings);
const asked = (): VerifyOptions | undefined => verify.mock.calls.at(-1)?.[1];

describe('it is asked for', () => {
  test.each([
    [[], { isQuick: false }],
    [['--quick'], { isQuick: true }],
    [['--sample', '5%'], { isQuick: false, sample: { type: 'share', fraction: 0.05 } }],
    [['--sample', '2G'], { isQuick: false, sample: { type: 'bytes', bytes: 2 ** 31 } }],
    [['--sample', '10m'], { isQuick: false, sample: { type: 'time', durationMs: 600_000 } }],
    [['--jobs', '3'], { isQuick: false, jobs: 3 }],
  ])('%j', async (args, wanted) => {
    const { opened } = await run(args);
    expect(opened).toEqual(['read']);
    expect(verify.mock.calls.at(-1)?.[0]).toBe(STAND_IN);
    const { signal, onStart, onProgress, ...rest } = asked() ?? {};
    expect(rest).toEqual(wanted);
    expect([signal, onStart, onProgress]).not.toContain(undefined);
  });

  test('with the signal that stops it', async () => {
    const signal = AbortSignal.abort();
    await run([], { signal });
    expect(asked()?.signal).toBe(signal);
  });

  test('not with options that contradict each other', async () => {
    await expect(run(['--quick', '--sample', '5%'])).rejects.toThrow(
      expect.objectContaining({ code: 'USAGE', hint: 'Omit one of them.' }) as Error,
    );
    expect(verify).not.toHaveBeenCalled();
  });
});

test('its progress is that of blobs, and ends before its result is shown', async () => {
  verify.mockImplementation((_, { onStart, onProgress }) => {
    onStart?.({ files: 3, bytes: 4096 });
    onProgress?.({ files: 1, bytes: 7 });
    return Promise.resolve(SOUND);
  });
  expect((await run()).progress).toEqual([
    ['start', { label: 'verify', unit: 'blob', expected: { files: 3, bytes: 4096 } }],
    ['update', { files: 1, bytes: 7 }],
    ['finish'],
  ]);
});

describe('what is sound', () => {
  test('is one line, and 0', async () => {
    const line = 'No damage in 1 snapshot, 2 versions: 3 blobs, 4.00 KiB checked in 0:05\n';
    expect(await run()).toMatchObject({
      code: 0,
      stdout: line,
      said: [],
      settled: { what: 'No damage was found', exitCode: 0 },
    });
    expect(await run([], { isQuiet: true })).toMatchObject({ code: 0, stdout: '', said: [] });
  });
});

describe('what is damaged', () => {
  beforeEach(() => void verify.mockResolvedValue(DAMAGED));
  const REPAIR = 'Damage found. `varve repair` sets aside what is lost; see `varve help repair`.';
  const told = (number: number, paths: number, more: readonly string[]): string =>
    [
      `BLOB_DAMAGED: Blob ${number} is damaged.`,
      ...Array.from({ length: paths }, (_, i) => `  /path-${i}`),
      ...more,
      '  in snapshots 1 to 3',
    ].join('\n');

  test('is told on standard error, also by -q, and 4', async () => {
    const few = [1, 2].map((number) => told(number, 5, ['  and 2 more paths (-v lists all)']));
    const line =
      'Damage: 2 findings in 1 snapshot, 2 versions: 3 blobs, 4.00 KiB checked in 0:05\n';
    expect(await run()).toMatchObject({
      code: 4,
      stdout: line,
      said: [...few, REPAIR],
      settled: { what: 'Damage was found', exitCode: 4 },
    });
    expect(await run([], { isQuiet: true })).toMatchObject({
      code: 4,
      stdout: '',
      said: [...few, REPAIR],
    });
    const all = [1, 2].map((number) => told(number, 7, []));
    expect(await run([], { isVerbose: true })).toMatchObject({ said: [...all, REPAIR] });
  });

  test('is in the document alone', async () => {
    const { stdout, ...rest } = await run([], { isJson: true });
    expect(rest).toMatchObject({ code: 4, said: [] });
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      snapshots: 1,
      versions: 2,
      blobs: 3,
      bytes: 4096,
      duration_ms: 5000,
      damage: [1, 2].map((number) => finding(number)),
    });
  });

  test('without a finding of its own is damage, too', async () => {
    verify.mockResolvedValue({ ...SOUND, ok: false });
    expect(await run()).toMatchObject({ code: 4, said: [REPAIR] });
  });
});
