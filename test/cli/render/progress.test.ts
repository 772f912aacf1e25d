import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  describeProgress,
  ProgressLine,
  type ProgressOptions,
} from '../../../src/cli/render/progress.js';

const CLEAR = '\r\x1b[K';
const KIB = 1024;

function start(stream: { isTTY?: boolean; columns?: number }, options?: Partial<ProgressOptions>) {
  const written: string[] = [];
  const clock = { nowMs: 5000 };
  const line = new ProgressLine(
    { ...stream, write: (text) => written.push(text) },
    () => clock.nowMs,
    { label: 'backup', ...options },
  );
  return { written, clock, line };
}

describe('the line', () => {
  test('shows files and bytes from the first moment', () => {
    const { written, line } = start({ isTTY: true });
    line.update({ files: 3, bytes: 2 * KIB });
    expect(written).toEqual([`${CLEAR}backup  3 files  2.00 KiB`]);
  });

  test('takes a terminal without a width for one of 80 columns', () => {
    const { written, line } = start({ isTTY: true, columns: 0 }, { label: 'x'.repeat(100) });
    line.update({ files: 3, bytes: 0 });
    expect(written).toEqual([CLEAR + 'x'.repeat(79)]);
  });

  test('is redrawn no sooner than after a tenth of a second', () => {
    const { written, clock, line } = start({ isTTY: true });
    line.update({ files: 1, bytes: 0 });
    clock.nowMs += 99;
    line.update({ files: 2, bytes: 0 });
    clock.nowMs += 1;
    line.update({ files: 3, bytes: 0 });
    expect(written).toEqual([`${CLEAR}backup  1 file  0 B`, `${CLEAR}backup  3 files  0 B`]);
  });

  test('is drawn at most ten times a second, whatever is reported', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 500 }), (pausesMs) => {
        const { written, clock, line } = start({ isTTY: true });
        pausesMs.forEach((pauseMs, files) => {
          clock.nowMs += pauseMs;
          line.update({ files, bytes: 0 });
        });
        expect(written.length).toBeLessThanOrEqual((clock.nowMs - 5000) / 100 + 1);
      }),
    );
  });

  test('fits into the columns of the terminal without touching the last', () => {
    const { written, line } = start({ isTTY: true, columns: 12 });
    line.update({ files: 123, bytes: 0 });
    expect(written).toEqual([`${CLEAR}backup  123`]);
  });

  test('goes away at the end', () => {
    const { written, line } = start({ isTTY: true });
    line.update({ files: 1, bytes: 0 });
    line.finish();
    line.finish();
    expect(written.slice(1)).toEqual([CLEAR]);
  });

  test('makes room for a message and comes back below it', () => {
    const { written, line } = start({ isTTY: true });
    line.update({ files: 1, bytes: 0 });
    line.message('cannot read /x');
    line.finish();
    line.message('done');
    expect(written.slice(1)).toEqual([
      `${CLEAR}cannot read /x\nbackup  1 file  0 B`,
      CLEAR,
      'done\n',
    ]);
  });

  test('is not drawn where there is no terminal, but messages are', () => {
    const { written, line } = start({});
    line.update({ files: 1, bytes: 0 });
    line.message('cannot read /x');
    line.finish();
    expect(written).toEqual(['cannot read /x\n']);
  });
});

describe('the text', () => {
  const expected = { files: 100, bytes: 1000 * KIB };

  test('has a rate after the first second', () => {
    expect(describeProgress({ files: 2, bytes: 300 * KIB }, 2000, { label: 'verify' })).toBe(
      'verify  2 files  300 KiB  150 KiB/s',
    );
  });

  test('has a share and an ETA when the totals are known', () => {
    const done = { files: 20, bytes: 300 * KIB };
    expect(describeProgress(done, 10_000, { label: 'backup', expected })).toBe(
      'backup  25%  20 files  300 KiB  30.0 KiB/s  ETA 0:30',
    );
  });

  test('has no ETA before the first second or the first byte', () => {
    expect(describeProgress({ files: 20, bytes: 0 }, 900, { label: 'backup', expected })).toBe(
      'backup  10%  20 files  0 B',
    );
    expect(describeProgress({ files: 0, bytes: 0 }, 9000, { label: 'backup', expected })).toBe(
      'backup  0%  0 files  0 B  0 B/s',
    );
  });

  test('makes no promise once more is done than was expected', () => {
    const done = { files: 101, bytes: 10 * KIB };
    expect(describeProgress(done, 10_000, { label: 'backup', expected })).toBe(
      'backup  101 files  10.0 KiB  1.00 KiB/s',
    );
  });

  test('goes by files alone where no bytes are expected', () => {
    const noBytes = { files: 4, bytes: 0 };
    expect(
      describeProgress({ files: 2, bytes: 0 }, 3000, { label: 'backup', expected: noBytes }),
    ).toBe('backup  50%  2 files  0 B  0 B/s  ETA 0:03');
  });
});
