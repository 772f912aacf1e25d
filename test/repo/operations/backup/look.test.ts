import { describe, expect, test } from 'vitest';
import { VersionType } from '../../../../src/repo/model.js';
import { lookAt, lookAtClosed } from '../../../../src/repo/operations/backup/look.js';
import { NO_ATTRIBUTES } from '../../../../src/platform/attribute-calls.js';
import type { ByteString } from '../../../../src/platform/bytes.js';
import type { DirectoryHandles } from '../../../../src/platform/directory-handles.js';
import type { FileSystem } from '../../../../src/platform/files.js';
import { systemError } from '../../../support/faulty-files.js';

const NAME = 'name' as ByteString;
const NOTES = { flags: 0, xattrs: [{ name: 'user.a', value: 'b' }] };

/** Files whose nodes all have {@link NOTES}, and links that lead to `target`. */
function filesWith(read: () => unknown = () => NOTES) {
  const asked: unknown[] = [];
  const at = {
    readSymlink: (...args: unknown[]) => (asked.push(['link', ...args]), 'target'),
    attributes: { read: (...args: unknown[]) => (asked.push(['read', ...args]), read()) },
  };
  return { files: { at } as unknown as FileSystem, asked };
}

describe('an entry that is not opened', () => {
  test('tells its attributes, and of a link where it leads', () => {
    const { files, asked } = filesWith();
    expect(lookAt(files, 7, NAME, VersionType.symlink)).toEqual({
      attributes: NOTES,
      link: 'target',
    });
    expect(asked).toEqual([
      ['read', { type: 'named', directory: 7, name: NAME }],
      ['link', 7, NAME],
    ]);
  });

  test.each(['fifo', 'socket', 'characterDevice', 'blockDevice'] as const)(
    'is never read as a link where it is a %s',
    (type) => {
      const { files, asked } = filesWith();
      expect(lookAt(files, 7, NAME, VersionType[type])).toEqual({ attributes: NOTES });
      expect(asked.length).toBe(1);
    },
  );

  test('that the system refuses fails', () => {
    const { files } = filesWith(() => {
      throw systemError('EIO');
    });
    expect(() => lookAt(files, 7, NAME, VersionType.fifo)).toThrow('EIO: injected');
  });
});

describe('a directory that may not be opened', () => {
  const handles = {
    open: (path: ByteString) => (path === 'parent' ? 9 : -1),
  } as unknown as DirectoryHandles;
  const look = (read: () => unknown) => {
    const { files, asked } = filesWith(read);
    return { seen: lookAtClosed(files, handles, 'parent' as ByteString, NAME), asked };
  };

  test('tells by its name what everybody may see', () => {
    const { seen, asked } = look(() => NOTES);
    expect(seen).toEqual(NOTES);
    expect(asked).toEqual([['read', { type: 'named', directory: 9, name: NAME }]]);
  });

  test.each(['EACCES', 'ENOENT', 'EIO'])('has none where that is refused, too: %s', (code) => {
    const { seen } = look(() => {
      throw systemError(code);
    });
    expect(seen).toEqual(NO_ATTRIBUTES);
  });

  test('hides no mistake', () => {
    const mistake = new TypeError('a mistake');
    expect(() =>
      look(() => {
        throw mistake;
      }),
    ).toThrow(mistake);
  });
});
