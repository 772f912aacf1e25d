import { expect, test } from 'vitest';
import { createLab } from '../../../support/lab.js';

test('a file that is a root counts as unchanged, and is read when all files are', async () => {
  const lab = createLab();
  lab.write('file', 'abc');
  lab.runAhead();
  const paths = [lab.path('file')];
  await lab.backup({ paths });
  expect(await lab.backup({ paths })).toMatchObject({ filesUnchanged: 1, bytesRead: 0 });
  expect(await lab.backup({ paths, readsAll: true })).toMatchObject({
    filesUnchanged: 1,
    bytesRead: 3,
  });
});
