import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findMarkers } from '../../../src/repo/tree/markers.js';
import type { ByteString } from '../../../src/platform/bytes.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';
import { filesWithAt, systemError } from '../../support/faulty-files.js';
import { openFilesBelow } from '../../support/open-files.js';

const SIGNATURE = 'Signature: 8a477f597d28d172789f06886806bc55';
const real = openFileSystem();

/** What is found in a directory with these files: the reason, then all that is kept. */
function found(
  there: Record<string, string>,
  { markers = [] as string[], excludesCaches = false, files = real } = {},
) {
  const directory = scratchDirectory();
  for (const [name, text] of Object.entries(there)) fs.writeFileSync(join(directory, name), text);
  const handle = real.at.open(undefined, directory as ByteString, 'read-directory');
  try {
    const names = real.at.list(handle).sort();
    const listing = { handle, names, device: 1, mount: undefined };
    const wanted = { markers: markers as ByteString[], excludesCaches };
    const result = findMarkers('/shown' as ByteString, listing, wanted, files);
    return result && [result.reason.type, result.reason.marker, ...result.kept];
  } finally {
    real.close(handle);
    expect(openFilesBelow(directory)).toEqual([]);
  }
}

describe('a marker', () => {
  const both = { '.nobackup': '', '.skip': '', other: '' };

  test('keeps itself, and says why', () => {
    expect(found(both, { markers: ['.skip'] })).toEqual(['marker', '/shown/.skip', '.skip']);
  });

  test('is the first that is named, and all are kept', () => {
    const markers = ['none', '.skip', '.nobackup'];
    expect(found(both, { markers })).toEqual(['marker', '/shown/.skip', '.skip', '.nobackup']);
  });

  test('that is not there keeps nothing', () => {
    expect(found(both, { markers: ['skip'] })).toBeUndefined();
    expect(found(both)).toBeUndefined();
  });
});

describe('a tag of a cache', () => {
  const excludesCaches = true;
  const tag = (text: string) => ({ 'CACHEDIR.TAG': text, other: '' });

  test.each([SIGNATURE, `${SIGNATURE}\n# This is a cache.`])(
    'with its signature counts: %j',
    (text) => {
      const expected = ['cache', '/shown/CACHEDIR.TAG', 'CACHEDIR.TAG'];
      expect(found(tag(text), { excludesCaches })).toEqual(expected);
      expect(found(tag(text))).toBeUndefined();
    },
  );

  test.each(['', SIGNATURE.slice(0, -1), ` ${SIGNATURE}`, SIGNATURE.toUpperCase()])(
    'without it does not: %j',
    (text) => {
      expect(found(tag(text), { excludesCaches })).toBeUndefined();
    },
  );

  test('is kept beside a marker, which is the reason', () => {
    const there = { ...tag(SIGNATURE), '.skip': '' };
    expect(found(there, { excludesCaches, markers: ['.skip'] })).toEqual([
      ...['marker', '/shown/.skip', '.skip', 'CACHEDIR.TAG'],
    ]);
  });

  test('that is no file, or cannot be read, proves nothing', () => {
    const fail = (): never => {
      throw systemError('EACCES');
    };
    const isFifo = filesWithAt((at) => ({
      statOpen: (descriptor) => ({ ...at.statOpen(descriptor), type: 'fifo' }),
    }));
    for (const files of [filesWithAt(() => ({ open: fail })), isFifo, { ...real, read: fail }]) {
      expect(found(tag(SIGNATURE), { excludesCaches, files })).toBeUndefined();
    }
  });

  test('hides no mistake', () => {
    const mistake = new TypeError('a mistake');
    const files = {
      ...real,
      read(): never {
        throw mistake;
      },
    };
    expect(() => found(tag(SIGNATURE), { excludesCaches, files })).toThrow(mistake);
  });
});
