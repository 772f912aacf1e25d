import { runProgram } from '../../support/machine.js';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytesFromText, type ByteString } from '../../../src/platform/bytes.js';
import { openFileSystem, type FileSystem } from '../../../src/platform/files.js';
import { makeDeep } from '../../support/deep-tree.js';
import { systemError } from '../../support/faulty-files.js';
import { createLab, type Lab } from '../../support/lab.js';
import { diffLive } from '../../support/by-path.js';

/** Names, types, sizes and bytes below a directory, by programs that take any depth. */
function fingerprint(directory: string): string {
  return runProgram(
    'sh',
    ['-c', 'find . -printf "%P %y %s %m %T@\\n" | sort | md5sum; find . -type f -execdir cat {} +'],
    { cwd: directory, encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
}

/** As with `ulimit -n`: no more than `limit` handles of the tree at once. */
function limited(limit: number): FileSystem {
  const real = openFileSystem();
  const open = new Set<number>();
  return {
    ...real,
    close(descriptor) {
      open.delete(descriptor);
      real.close(descriptor);
    },
    at: {
      ...real.at,
      open(directory, name, mode) {
        if (open.size >= limit) throw systemError('EMFILE');
        const descriptor = real.at.open(directory, name, mode);
        open.add(descriptor);
        return descriptor;
      },
    },
  };
}

function deepLab(depth: number, name: string): Lab {
  const lab = createLab();
  const path = makeDeep(openFileSystem(), bytesFromText(lab.source), depth, name as ByteString);
  expect(path.length).toBeGreaterThan(4096);
  lab.write('last', 'comes after the deep directory');
  return lab;
}

async function expectRoundTrip(lab: Lab): Promise<void> {
  const { issues, snapshot, files } = await lab.backup();
  expect({ issues, files }).toEqual({ issues: [], files: 2 });
  const to = lab.newTarget();
  try {
    expect((await lab.restore(snapshot!, { to })).issues).toEqual([]);
    expect(fingerprint(to)).toBe(fingerprint(lab.source));
    const again = await lab.backup();
    expect(again.issues).toEqual([]);
    expect(again.filesNew + again.filesChanged).toBe(0);
  } finally {
    runProgram('rm', ['-rf', to]);
  }
}

describe('a tree', () => {
  test('2000 directories deep goes there and back', async () => {
    await expectRoundTrip(deepLab(2000, 'deep'));
  });

  test('with paths of 20 000 bytes goes there and back', async () => {
    await expectRoundTrip(deepLab(80, 'n'.repeat(250)));
  });

  test('that is deeper than files may be open goes there and back', async () => {
    const lab = deepLab(300, 'a directory of a deep tree');
    lab.useFiles(limited(150));
    await expectRoundTrip(lab);
  });

  test('of any depth is compared with the live one', async () => {
    const lab = deepLab(2000, 'deep');
    await lab.backup();
    lab.useFiles(limited(100));
    const options = { from: { type: 'latest' }, readsAll: true } as const;
    const same = await diffLive(lab.repository, lab.platform, options);
    expect(same).toMatchObject({ changes: [], issues: [] });
    fs.writeFileSync(join(lab.source, 'last'), 'other');
    const { changes } = await diffLive(lab.repository, lab.platform, options);
    expect(changes).toEqual([
      { path: lab.bytes('last'), change: 'modified', sizeBefore: 30, sizeAfter: 5 },
    ]);
  });

  test('that is removed, and its deep directory with it, ends in the index', async () => {
    const lab = deepLab(2000, 'deep');
    await lab.backup();
    runProgram('rm', ['-rf', lab.path('deep')]);
    const { filesRemoved, issues } = await lab.backup();
    expect({ filesRemoved, issues }).toEqual({ filesRemoved: 1, issues: [] });
    await lab.prune({ keepLast: 1 });
    await lab.expectSound();
  });
});
