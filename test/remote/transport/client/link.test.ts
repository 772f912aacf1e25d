/** How fast a link is, and how fast it may be. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Link, type LinkOptions } from '../../../../src/remote/transport/client/link.js';

vi.mock('node:timers/promises', () => ({ setTimeout: vi.fn(() => Promise.resolve()) }));

let now = 0;
const linkWith = (options: Partial<LinkOptions> = {}): Link =>
  new Link({ compression: 'auto', mostBytesPerSecond: undefined, nowMs: () => now, ...options });
/** The pauses asked for since the last look, in milliseconds. */
const pauses = (): number[] => {
  const asked = vi.mocked(sleep).mock.calls.map(([ms]) => ms ?? 0);
  vi.mocked(sleep).mockClear();
  return asked;
};
beforeEach(() => {
  now = 1_000_000;
  pauses();
});

describe('--bwlimit', () => {
  test('lets everything through at once where there is none', () => {
    expect(linkWith().pass(1e12)).toBeUndefined();
    expect(pauses()).toEqual([]);
  });

  test('has bytes wait for as long as they take at that rate', () => {
    const link = linkWith({ mostBytesPerSecond: 1000 });
    void link.pass(500);
    expect(pauses()).toEqual([500]);
    now += 500;
    void link.pass(250);
    expect(pauses()).toEqual([250]);
  });

  test('has those of several requests wait one after the other', () => {
    const link = linkWith({ mostBytesPerSecond: 1000 });
    void link.pass(100);
    void link.pass(100);
    void link.pass(300);
    expect(pauses()).toEqual([100, 200, 500]);
  });

  test('does not save up what was not used', () => {
    const link = linkWith({ mostBytesPerSecond: 1000 });
    void link.pass(100);
    now += 60_000;
    void link.pass(700);
    expect(pauses()).toEqual([100, 700]);
  });

  test('makes up for pauses that took longer than asked for', () => {
    const link = linkWith({ mostBytesPerSecond: 1000 });
    void link.pass(1000);
    void link.pass(1000);
    now += 1800;
    void link.pass(1000);
    expect(pauses()).toEqual([1000, 2000, 1200]);
  });

  test('holds the rate over any sequence of parts', async () => {
    const link = linkWith({ mostBytesPerSecond: 64_000 });
    const startedMs = now;
    let bytes = 0;
    for (const part of [1, 65_536, 3, 262_144, 17, 4096, 100_000]) {
      bytes += part;
      await link.pass(part);
      for (const pause of pauses()) now += pause;
    }
    expect(now - startedMs).toBeCloseTo((bytes * 1000) / 64_000, 5);
  });
});

describe('a link', () => {
  const transfer = (link: Link, bytes: number, ms: number): Promise<void> =>
    link.measure(bytes, () => {
      now += ms;
      return Promise.resolve();
    });

  test('is not judged before 2 MiB have passed', async () => {
    const link = linkWith();
    await transfer(link, 2 * 1024 * 1024 - 1, 60_000);
    expect(link.isSlow).toBe(false);
    await transfer(link, 1, 0);
    expect(link.isSlow).toBe(true);
  });

  test('is slow below 200 MB/s, also by what was asked for', async () => {
    const link = linkWith();
    await transfer(link, 200_000_000, 999);
    expect(link.isSlow).toBe(false);
    await transfer(link, 200_000_000, 1002);
    expect(link.isSlow).toBe(true);
    expect(linkWith({ mostBytesPerSecond: 199e6 }).isSlow).toBe(true);
    expect(linkWith({ mostBytesPerSecond: 200e6 }).isSlow).toBe(false);
  });

  test('that carries several transfers at once is measured by all of them', async () => {
    const link = linkWith();
    const ends: (() => void)[] = [];
    const transfers = Array.from({ length: 4 }, () =>
      link.measure(100_000_000, () => new Promise<void>((resolve) => ends.push(resolve))),
    );
    now += 1000;
    ends.forEach((end) => end());
    await Promise.all(transfers);
    // 400 MB in one second, not four times 100 MB in four.
    expect(link.isSlow).toBe(false);
  });

  test('is judged while a transfer goes on, and does not count the time between', async () => {
    const link = linkWith();
    await transfer(link, 300_000_000, 1000);
    now += 3_600_000;
    expect(link.isSlow).toBe(false);
    let end = (): void => undefined;
    const running = link.measure(1, () => new Promise<void>((resolve) => (end = resolve)));
    now += 5000;
    expect(link.isSlow).toBe(true);
    end();
    await running;
  });

  test('counts a transfer that fails, and fails as it does', async () => {
    const link = linkWith();
    const failing = link.measure(3_000_000, () => {
      now += 1000;
      return Promise.reject(new Error('cut'));
    });
    await expect(failing).rejects.toThrow('cut');
    expect(link.isSlow).toBe(true);
  });

  test.each([
    ['auto', true, true],
    ['auto', false, false],
    ['on', false, true],
    ['off', true, false],
  ] as const)('with --compress %s, slow %s: compresses %s', (compression, isSlow, compresses) => {
    const link = linkWith({ compression, mostBytesPerSecond: isSlow ? 1e6 : 1e9 });
    expect(link.compresses).toBe(compresses);
  });
});

test('transfers that overlap take the time from the first beginning to the last end', async () => {
  let now = 0;
  const link = new Link({ compression: 'auto', mostBytesPerSecond: undefined, nowMs: () => now });
  const ends: (() => void)[] = [];
  const begin = (bytes: number): Promise<void> =>
    link.measure(bytes, () => new Promise<void>((resolve) => ends.push(resolve)));
  const first = begin(1_500_000);
  now = 10;
  const second = begin(1_500_000);
  now = 20;
  for (const end of ends) end();
  await Promise.all([first, second]);
  // 3 MB in 20 ms are 150 MB a second.
  expect(link.isSlow).toBe(true);
});
