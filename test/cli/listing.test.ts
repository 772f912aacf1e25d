import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { describeMark, openListing } from '../../src/cli/listing.js';
import { paletteFor } from '../../src/cli/render/colour.js';
import type { Session } from '../../src/cli/session.js';
import { bytesFromText } from '../../src/platform/bytes.js';

const plain = paletteFor({}, {});

function setUp({ isTTY = false, isVerbose = true, isJson = false, fails = false } = {}) {
  const written: string[] = [];
  const write = (text: string): Promise<void> => {
    written.push(text);
    return fails ? Promise.reject(new Error('full')) : Promise.resolve();
  };
  const output = { stream: { isTTY }, write };
  const session = { output, palette: plain, isVerbose, isJson } as unknown as Session;
  return { written, listing: openListing(session) };
}

test('a mark is as wide as the widest, and has the colours of a diff', () => {
  const { red, green, ...rest } = paletteFor({ isTTY: true }, {});
  const marks = ['new', 'changed', 'removed', 'kept', 'unchanged'] as const;
  expect(marks.map((mark) => describeMark(mark, '/a', { red, green, ...rest }))).toEqual([
    green('new        /a'),
    'changed    /a',
    red('removed    /a'),
    'kept       /a',
    'unchanged  /a',
  ]);
});

test('lines are gathered, and none is left', async () => {
  const { written, listing } = setUp();
  const name = `/${'x'.repeat(1012)}`;
  // Sixteen lines are more than is gathered, fifteen are less.
  for (let i = 0; i < 16; i += 1) listing.onPath?.(bytesFromText(name), 'new');
  expect(written.map(({ length }) => length)).toEqual([16 * 1025]);
  listing.onPath?.(bytesFromText('/last\n'), 'removed');
  expect(written).toHaveLength(1);
  await listing.finish();
  expect(written[1]).toBe('removed    /last\\x0a\n');
  await listing.finish();
  expect(written).toHaveLength(2);
});

test('nobody lists where nobody asked, or where a document counts alone', () => {
  expect(setUp({ isVerbose: false, isTTY: true }).listing).toMatchObject({
    onPath: undefined,
    isOnTerminal: false,
  });
  expect(setUp({ isJson: true, isTTY: true }).listing).toMatchObject({
    onPath: undefined,
    isOnTerminal: false,
  });
  expect(setUp({ isTTY: true }).listing.isOnTerminal).toBe(true);
  expect(setUp().listing.isOnTerminal).toBe(false);
});

test('what cannot be written is told at the end', async () => {
  const { listing } = setUp({ fails: true });
  listing.onPath?.(bytesFromText('/a'), 'new');
  await expect(listing.finish()).rejects.toThrow('full');
});

test('and not before, though the run goes on for long', async () => {
  const { written, listing } = setUp({ fails: true });
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  try {
    for (let i = 0; i < 40; i += 1) {
      listing.onPath?.(bytesFromText(`/${'x'.repeat(1012)}`), 'new');
      await nextTurn();
    }
    expect(written.length).toBeGreaterThan(1);
    expect(unhandled).not.toHaveBeenCalled();
    await expect(listing.finish()).rejects.toThrow('full');
  } finally {
    process.off('unhandledRejection', unhandled);
  }
});
