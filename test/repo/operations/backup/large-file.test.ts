import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createLab, SMALL_PIECES } from '../../../support/lab.js';

test('a file whose pieces may be longer than a window is read to its end', async () => {
  const pieces = {
    segment_bytes: 32 * 1024 * 1024,
    least_bytes: 4 * 1024 * 1024,
    average_bytes: 8 * 1024 * 1024,
    most_bytes: 16 * 1024 * 1024,
  };
  const lab = createLab({ chunking: { ...SMALL_PIECES, ...pieces } });
  const bytes = randomBytes(20 * 1024 * 1024);
  lab.write('large', bytes);
  await lab.backup();
  const to = lab.newTarget();
  await lab.restore(1, { to });
  expect(readFileSync(`${to}/large`).equals(bytes)).toBe(true);
});

test.each([
  ['a small file', 10],
  ['a large one', 100_000],
])('%s whose name goes to a symbolic link before it is read has vanished', async (_, size) => {
  const lab = createLab({ chunking: SMALL_PIECES });
  lab.write('file', randomBytes(size));
  lab.write('other', 'stays');
  const { files } = lab.platform;
  let isReplaced = false;
  const at: typeof files.at = {
    ...files.at,
    open(directory, name, mode) {
      if (mode === 'read-file' && !isReplaced) {
        isReplaced = true;
        rmSync(lab.path('file'));
        symlinkSync('other', lab.path('file'));
      }
      return files.at.open(directory, name, mode);
    },
  };
  lab.useFiles({ ...files, at });
  const { issues } = await lab.backup();
  lab.useRealFiles();
  expect(isReplaced).toBe(true);
  expect(issues.map(({ code }) => code)).toEqual(['VANISHED']);
  expect([...(await lab.treeAt(1)).keys()].toSorted()).toEqual(['', 'other']);
});
