import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesFromText } from '../../../src/platform/bytes.js';
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
    expect(written).toEqual([`${CLEAR}backup [0:00]  3 files  2.00 KiB`]);
  });

  test('takes a terminal without a width for one of 80 columns', () => {
    const { written, line } = start({ isTTY: true, columns: 0 }, { label: 'x'.repeat(100) });
    line.update({ files: 3, bytes: 0 });
    expect(written).toEqual([CLEAR + 'x'.repeat(79)]);
  });

  test('counts in its own unit, also when the totals are told later', () => {
    const { written, clock, line } = start({ isTTY: true, columns: 60 }, { unit: 'blob' });
    line.update({ files: 1, bytes: 0 });
    line.expect({ files: 4, bytes: 0 });
    clock.nowMs += 100;
    line.update({ files: 2, bytes: 0 });
    expect(written).toEqual([
      `${CLEAR}backup [0:00]  1 blob  0 B`,
      `${CLEAR}backup [0:00]  50%  2/4 blobs  0 B`,
    ]);
  });

  test('is redrawn no sooner than after a tenth of a second', () => {
    const { written, clock, line } = start({ isTTY: true });
    line.update({ files: 1, bytes: 0 });
    clock.nowMs += 99;
    line.update({ files: 2, bytes: 0 });
    clock.nowMs += 1;
    line.update({ files: 3, bytes: 0 });
    expect(written).toEqual([
      `${CLEAR}backup [0:00]  1 file  0 B`,
      `${CLEAR}backup [0:00]  3 files  0 B`,
    ]);
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

  test('moves with the time, even if nothing is reported', () => {
    const { written, clock, line } = start({ isTTY: true });
    line.update({ files: 1, bytes: 0 });
    clock.nowMs += 5000;
    line.tick();
    expect(written[1]).toBe(`${CLEAR}backup [0:05]  1 file  0 B  0 B/s`);
  });

  test('learns the totals while it is shown', () => {
    const { written, clock, line } = start({ isTTY: true });
    line.update({ files: 1, bytes: KIB });
    line.expect({ files: 2, bytes: 2 * KIB });
    clock.nowMs += 400;
    line.tick();
    expect(written[1]).toBe(`${CLEAR}backup [0:00]  50%  1/2 files  1.00/2.00 KiB`);
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
    line.message('cannot read /x\n');
    line.finish();
    line.message('done\n');
    expect(written.slice(1)).toEqual([
      `${CLEAR}cannot read /x\nbackup [0:00]  1 file  0 B`,
      CLEAR,
      'done\n',
    ]);
  });

  test('is not drawn where there is no terminal, but messages are', () => {
    const { written, line } = start({});
    line.update({ files: 1, bytes: 0 });
    line.message('cannot read /x\n');
    line.finish();
    expect(written).toEqual(['cannot read /x\n']);
  });
});

describe('the text', () => {
  const expected = { files: 100, bytes: 1000 * KIB };
  const WIDE = 200;
  const name = bytesFromText('/home/ada/thesis/chapter-1/figures/lake.svg');

  test('has a rate after the first second', () => {
    const done = { files: 2, bytes: 300 * KIB };
    expect(describeProgress(done, 2000, { label: 'verify' }, WIDE)).toBe(
      'verify [0:02]  2 files  300 KiB  150 KiB/s',
    );
  });

  test('has a share and an ETA when the totals are known', () => {
    const done = { files: 20, bytes: 300 * KIB };
    expect(describeProgress(done, 10_000, { label: 'backup', expected }, WIDE)).toBe(
      'backup [0:10]  25%  20/100 files  300/1000 KiB  30.0 KiB/s  ETA 0:30',
    );
  });

  test('has no ETA before the first second or the first byte', () => {
    const options = { label: 'backup', expected };
    expect(describeProgress({ files: 20, bytes: 0 }, 900, options, WIDE)).toBe(
      'backup [0:01]  10%  20/100 files  0 B/1000 KiB',
    );
    expect(describeProgress({ files: 0, bytes: 0 }, 9000, options, WIDE)).toBe(
      'backup [0:09]  0%  0/100 files  0 B/1000 KiB  0 B/s',
    );
  });

  test('makes no promise once more is done than was expected', () => {
    const done = { files: 101, bytes: 10 * KIB };
    expect(describeProgress(done, 10_000, { label: 'backup', expected }, WIDE)).toBe(
      'backup [0:10]  101 files  10.0 KiB  1.00 KiB/s',
    );
  });

  test('goes by files alone where no bytes are expected', () => {
    const options = { label: 'verify', unit: 'blob', expected: { files: 4, bytes: 0 } };
    expect(describeProgress({ files: 2, bytes: 0 }, 3000, options, WIDE)).toBe(
      'verify [0:03]  50%  2/4 blobs  0 B  0 B/s  ETA 0:03',
    );
  });

  test('goes by bytes alone where one file is copied', () => {
    const options = { label: 'copy', expected: { files: 0, bytes: 1000 * KIB } };
    expect(describeProgress({ files: 0, bytes: 900 * KIB }, 3000, options, WIDE)).toBe(
      'copy [0:03]  90%  900/1000 KiB  300 KiB/s  ETA 0:00',
    );
  });

  test('has a rate and an ETA from the first second on, the rate rounded', () => {
    const options = { label: 'backup', expected };
    const shown = (files: number, bytes: number, elapsedMs: number) =>
      describeProgress({ files, bytes }, elapsedMs, options, WIDE);
    expect(shown(20, 300 * KIB, 999)).toBe('backup [0:01]  25%  20/100 files  300/1000 KiB');
    expect(shown(20, 300 * KIB, 1000)).toBe(
      'backup [0:01]  25%  20/100 files  300/1000 KiB  300 KiB/s  ETA 0:03',
    );
    expect(shown(20, 1999, 2000)).toContain('  1000 B/s  ');
    // The least that is done is a beginning.
    expect(shown(1, 0, 1000)).toBe('backup [0:01]  0%  1/100 files  0 B/1000 KiB  0 B/s  ETA 3:19');
  });

  test('says 100% when all is done, and not before', () => {
    const options = { label: 'backup', expected };
    expect(describeProgress(expected, 2000, options, WIDE)).toBe(
      'backup [0:02]  100%  100/100 files  1000/1000 KiB  500 KiB/s  ETA 0:00',
    );
    const nearly = { ...expected, bytes: expected.bytes - 1 };
    expect(describeProgress(nearly, 2000, options, WIDE)).toContain('  99%  ');
  });

  test('says as much as fits, at every width', () => {
    const done = { files: 20, bytes: 300 * KIB };
    const options = { label: 'backup', expected };
    const lines = [
      'backup [0:10]  25%  20/100 files  300/1000 KiB  30.0 KiB/s  ETA 0:30',
      'backup [0:10]  25%  20/100 files  300/1000 KiB  ETA 0:30',
      'backup [0:10]  25%  20 files  300 KiB  ETA 0:30',
      'backup [0:10]  25%  300 KiB  ETA 0:30',
      'backup [0:10]  25%  ETA 0:30',
      'backup  25%  ETA 0:30',
    ];
    const path = '/home/ada/thesis/chapter-1/figures/lake.svg';
    for (let columns = 10; columns < 140; columns += 1) {
      // From 70 columns on, there is room for eight columns of a name and what is before it.
      const room = columns >= 70 ? 10 : 0;
      const line = lines.find(({ length }) => length + room <= columns) ?? 'backup  25%  ETA 0:30';
      const fitting = line.slice(0, columns);
      expect(describeProgress(done, 10_000, options, columns)).toBe(fitting);
      const left = columns - fitting.length - 2;
      const cut = left >= path.length ? path : `...${path.slice(path.length - left + 3)}`;
      expect(describeProgress({ ...done, current: name }, 10_000, options, columns)).toBe(
        left >= 8 ? `${fitting}  ${cut}` : fitting,
      );
    }
  });

  test('gives the room for a name up rather than what it has to say', () => {
    const label = 'x'.repeat(50);
    const shown = (columns: number) =>
      describeProgress({ files: 20, bytes: 300 * KIB }, 10_000, { label, expected }, columns);
    expect(shown(72)).toBe(`${label} [0:10]  25%  ETA 0:30`);
    expect(shown(71)).toBe(`${label}  25%  ETA 0:30`);
  });

  test('ends with the file, whose name is cut from its beginning', () => {
    const done = { files: 20, bytes: 300 * KIB, current: name };
    const shown = (columns: number) =>
      describeProgress(done, 10_000, { label: 'backup', expected }, columns);
    expect(shown(120)).toBe(
      'backup [0:10]  25%  20/100 files  300/1000 KiB  30.0 KiB/s  ETA 0:30  /home/ada/thesis/chapter-1/figures/lake.svg',
    );
    expect(shown(79)).toBe(
      'backup [0:10]  25%  20/100 files  300/1000 KiB  30.0 KiB/s  ETA 0:30  ...ke.svg',
    );
  });

  test.each([79, 59, 49, 39, 30])('keeps share and ETA in %i columns', (columns) => {
    const big = { files: 1_234_567, bytes: 34_567_890_123 };
    const options = { label: 'restore', expected: { files: 2_000_000, bytes: 2 ** 36 } };
    const line = describeProgress({ ...big, current: name }, 4_000_000, options, columns);
    expect(line.length).toBeLessThanOrEqual(columns);
    expect(line).toMatch(/^restore (\[1:06:40\] )? 56%.*ETA \d\d:\d\d/);
  });

  test('shows no control character of a name', () => {
    const done = { files: 1, bytes: 0, current: bytesFromText('/a\x1b[31m\nb') };
    expect(describeProgress(done, 0, { label: 'backup' }, WIDE)).toBe(
      String.raw`backup [0:00]  1 file  0 B  /a\x1b[31m\x0ab`,
    );
  });
});
