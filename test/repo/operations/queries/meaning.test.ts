/** What a path that was typed means: as it stands from the working directory, else below a root. */
import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { meaningIn, meaningsOf } from '../../../../src/repo/operations/queries/meaning.js';
import { snapshotsAt } from '../../../../src/repo/operations/queries/places.js';
import { historyOf } from '../../../support/history.js';

const { index, sources, platform } = historyOf(
  { host: 'h', roots: ['/a', '/b'], snapshots: { 1: '2026-01-01T10:00Z' } },
  { host: 'k\x1b', roots: ['/a', '/c'], snapshots: { 2: '2026-01-02T10:00Z' } },
);
const places = snapshotsAt(index, sources, { type: 'latest' });
const isOneOf =
  (...there: readonly string[]) =>
  ({ source }: { source: { id: number } }, path: ByteString): boolean =>
    there.includes(`${source.id} ${path}`);
const meant = (text: string, ...there: readonly string[]): string | undefined =>
  meaningIn(platform(), places, text, isOneOf(...there));

describe('the meanings of a path', () => {
  test.each([
    ['x', '/cwd/x', ['/a/x', '/b/x']],
    ['./x', '/cwd/./x', ['/a/x', '/b/x']],
    ['././/x/y//', '/cwd/././/x/y//', ['/a/x/y', '/b/x/y']],
    ['x/./y', '/cwd/x/./y', ['/a/x/./y', '/b/x/./y']],
    ['.x', '/cwd/.x', ['/a/.x', '/b/.x']],
    ['/x', '/x', []],
  ])('%s', (text, absolute, below) => {
    const found = meaningsOf(platform(), text);
    expect(found.absolute).toBe(absolute);
    expect(found.below(sources[0]!)).toEqual(below);
  });
});

describe('the meaning that is there', () => {
  test('is that of the working directory, in whatever source, before any below a root', () => {
    expect(meant('x', '1 /cwd/x', '2 /a/x', '1 /b/x')).toBe('/cwd/x');
    expect(meant('x', '2 /cwd/x', '1 /a/x')).toBe('/cwd/x');
  });

  test('is the only one below a root, be it of several sources', () => {
    expect(meant('x', '1 /b/x')).toBe('/b/x');
    expect(meant('x', '2 /c/x')).toBe('/c/x');
    expect(meant('x', '1 /a/x', '2 /a/x')).toBe('/a/x');
  });

  test('is none where it is nowhere, or below roots alone and absolute', () => {
    expect(meant('x')).toBeUndefined();
    expect(meant('/x', '1 /a/x')).toBeUndefined();
  });

  test('is not guessed from several: these are listed with their sources and snapshots', () => {
    expect(() => meant('x', '1 /b/x', '2 /c/x', '2 /a/x')).toThrow(
      expect.objectContaining({
        code: 'SOURCE_AMBIGUOUS',
        message: 'x may mean one of several paths.',
        hint:
          '  2  k\\x1b:/a/x  (snapshot 2)\n  2  k\\x1b:/c/x  (snapshot 2)\n  1  h:/b/x  (snapshot 1)\n' +
          'Give the whole path, or name the source with --source NUMBER.',
      }) as Error,
    );
  });
});
