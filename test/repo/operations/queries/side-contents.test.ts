import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { OnContents } from '../../../../src/repo/operations/queries/diff.js';
import type { SideContents } from '../../../../src/repo/operations/queries/side-contents.js';
import { diffLive, diffSnapshots } from '../../../support/by-path.js';
import { filesWithAt, systemError } from '../../../support/faulty-files.js';
import { createLab, SMALL_PIECES, type Lab } from '../../../support/lab.js';
import { noise } from '../../../support/seed.js';

const LARGEST = 4 * 1024 * 1024;

function shown(side: SideContents): string {
  if (side.type === 'bytes') {
    const { length } = side.bytes;
    return length > 100 ? `${length} bytes` : Buffer.from(side.bytes).toString();
  }
  return side.type === 'unreadable' ? `! ${side.message}` : side.type;
}

/** `before -> after` of each change, in the order in which they are told. */
async function told(
  lab: Lab,
  ask: (onContents: OnContents) => Promise<unknown>,
): Promise<Record<string, string>> {
  const sides: Record<string, string> = {};
  await ask(async (change, { before, after }) => {
    await Promise.resolve();
    const name = change.path.slice(lab.bytes().length + 1) || '.';
    sides[name] = `${shown(before)} -> ${shown(after)}`;
  });
  return sides;
}

const between =
  ({ repository, platform }: Lab, from: number, to: number) =>
  (onContents: OnContents) =>
    diffSnapshots(repository, platform, {
      from: { type: 'snapshot', number: from },
      to: { type: 'snapshot', number: to },
      onContents,
    });

const withLive =
  ({ repository, platform }: Lab) =>
  (onContents: OnContents) =>
    diffLive(repository, platform, { from: { type: 'latest' }, readsAll: false, onContents });

describe('the bytes of both sides of a change', () => {
  test('are those of the snapshots, either way', async () => {
    const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
    lab.write('gone', 'was here');
    lab.write('changed', 'before');
    lab.write('emptied', 'full');
    lab.write('pieces', noise(20_000, 1));
    await lab.backup();
    lab.remove('gone');
    lab.write('changed', 'after');
    lab.write('emptied', '');
    lab.write('new', 'is here');
    lab.remove('pieces');
    lab.write('pieces/file', '');
    await lab.backup();
    const forth = {
      changed: 'before -> after',
      emptied: 'full -> ',
      gone: 'was here -> absent',
      new: 'absent -> is here',
      pieces: '20000 bytes -> absent',
      'pieces/file': 'absent -> ',
    };
    expect(await told(lab, between(lab, 1, 2))).toMatchObject(forth);
    const back = Object.entries(forth).map(([name, sides]) => [
      name,
      sides.split(' -> ').toReversed().join(' -> '),
    ]);
    expect(await told(lab, between(lab, 2, 1))).toMatchObject(Object.fromEntries(back));
  });

  test('are those of the live tree where that is one', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('changed', 'before');
    lab.write('gone', 'was here');
    await lab.backup();
    lab.write('changed', 'and after');
    lab.write('new', 'is here');
    lab.remove('gone');
    expect(await told(lab, withLive(lab))).toMatchObject({
      changed: 'before -> and after',
      gone: 'was here -> absent',
      new: 'absent -> is here',
    });
  });

  test('are not read beyond 4 MiB, on either side', async () => {
    const lab = createLab({ lanes: 1 });
    await lab.backup();
    lab.write('at the limit', Buffer.alloc(LARGEST, 'a'));
    lab.write('beyond it', Buffer.alloc(LARGEST + 1, 'b'));
    const added = {
      'at the limit': `absent -> ${LARGEST} bytes`,
      'beyond it': 'absent -> too-large',
    };
    expect(await told(lab, withLive(lab))).toMatchObject(added);
    await lab.backup();
    expect(await told(lab, between(lab, 1, 2))).toMatchObject(added);
    expect(await told(lab, between(lab, 2, 1))).toMatchObject({
      'at the limit': `${LARGEST} bytes -> absent`,
      'beyond it': 'too-large -> absent',
    });
  });

  test('that cannot be read are said to be so, and the others are told', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('a', 'damaged');
    lab.write('b', 'sound');
    await lab.backup();
    lab.write('a', 'now');
    lab.write('b', 'refused');
    const db = new Database(lab.indexPath);
    db.exec(`UPDATE blob SET kind = 3 WHERE id IN (
      SELECT v.blob FROM version v JOIN path p ON p.id = v.path WHERE CAST(p.name AS TEXT) = 'a')`);
    db.close();
    lab.useFiles(
      filesWithAt((real) => ({
        open(directory, name, mode) {
          if (name === lab.bytes('b')) throw systemError('EACCES');
          return real.open(directory, name, mode);
        },
      })),
    );
    const sides = await told(lab, withLive(lab));
    expect(sides['a']).toMatch(/^! Blob [0-9a-f]{64} of .* is lost\. -> now$/);
    expect(sides['b']).toBe('sound -> ! permission denied');
  });
});

test('a rename is told where either of its names is asked for, and nothing else', async () => {
  const lab = createLab({ lanes: 1 });
  lab.write('one/old', 'the bytes');
  lab.write('two/other', 'x');
  await lab.backup();
  lab.remove('one/old');
  lab.write('two/new', 'the bytes');
  lab.write('three', 'y');
  await lab.backup();
  const changes = async (...paths: string[]) => {
    const found = await diffSnapshots(lab.repository, lab.platform, {
      from: { type: 'snapshot', number: 1 },
      to: { type: 'snapshot', number: 2 },
      paths: paths.map(lab.path),
    });
    return found.changes
      .filter(({ change }) => change !== 'metadata')
      .map(({ path, change }) => `${change} ${path.slice(lab.bytes().length + 1)}`);
  };
  const both = ['removed one/old', 'added two/new'];
  expect(await changes('one')).toEqual(both);
  expect(await changes('two')).toEqual(both);
  expect(await changes('two/new')).toEqual(both);
  expect(await changes('two/other')).toEqual([]);
  expect(await changes('three')).toEqual(['added three']);
  expect(await changes('one', 'three')).toEqual([
    'removed one/old',
    'added three',
    'added two/new',
  ]);
});
