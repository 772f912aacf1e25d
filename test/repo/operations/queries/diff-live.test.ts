import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Change } from '../../../../src/repo/operations/queries/change.js';
import { diffLive } from '../../../support/by-path.js';
import { filesWithAt, systemError } from '../../../support/faulty-files.js';
import { createLab, type Lab } from '../../../support/lab.js';

const LATEST = { type: 'latest' } as const;

async function prepare(): Promise<Lab> {
  const lab = createLab({ lanes: 1 });
  for (const name of ['dir/b', 'dir.x', 'dir/a', 'z']) lab.write(name, name);
  await lab.backup();
  return lab;
}

const diff = (lab: Lab, more: Partial<Parameters<typeof diffLive>[2]> = {}) =>
  diffLive(lab.repository, lab.platform, { from: LATEST, readsAll: false, ...more });
const named = (lab: Lab, changes: readonly Change[]) =>
  changes.map(({ path, change }) => `${change} ${path.slice(lab.bytes().length + 1)}`);

test('changes since a snapshot are told in byte order, with where they are from', async () => {
  const lab = await prepare();
  for (const name of ['dir/b', 'dir.x', 'dir/a', 'z']) lab.write(name, `${name} changed`);
  await lab.backup();
  const { changes, ...rest } = await diff(lab, { from: { type: 'snapshot', number: 1 } });
  const paths = ['dir.x', 'dir/a', 'dir/b', 'z'];
  expect(named(lab, changes)).toEqual(paths.map((path) => `modified ${path}`));
  expect(rest).toEqual({
    from: 1,
    to: undefined,
    issues: [],
    source: { id: 1, host: 'lab', roots: [lab.bytes()] },
    isEvident: true,
  });
  expect((await diff(lab)).changes).toEqual([]);
});

test('a source is not evident where there are several', async () => {
  const lab = await prepare();
  await lab.backup({ paths: [lab.path('dir')] });
  const one = await diff(lab, { source: { type: 'number', id: 1 } });
  expect([one.from, one.isEvident]).toEqual([1, true]);
  const other = await diff(lab, { from: { type: 'snapshot', number: 2 } });
  expect([other.from, other.isEvident]).toEqual([2, false]);
});

describe('a file that was renamed', () => {
  test('is told so, unless that leads out of what is asked for', async () => {
    const lab = await prepare();
    fs.renameSync(lab.path('dir/a'), lab.path('new'));
    const all = (await diff(lab)).changes.filter(({ change }) => change !== 'metadata');
    expect(all).toEqual([
      { path: lab.bytes('dir/a'), change: 'removed', sizeBefore: 5, renamedTo: lab.bytes('new') },
      { path: lab.bytes('new'), change: 'added', sizeAfter: 5, renamedFrom: lab.bytes('dir/a') },
    ]);
    const paths = [lab.path('dir')];
    const asked = (await diff(lab, { paths })).changes.filter(({ change }) => change === 'removed');
    expect(asked).toEqual([{ path: lab.bytes('dir/a'), change: 'removed', sizeBefore: 5 }]);
  });
});

test('what is on the way to what is asked for is looked at, and not told', async () => {
  const lab = await prepare();
  fs.chmodSync(lab.path('dir'), 0o700);
  fs.chmodSync(lab.source, 0o700);
  lab.write('dir/a', 'changed');
  lab.write('z', 'changed');
  const { changes } = await diff(lab, { paths: [lab.path('dir/a')] });
  expect(named(lab, changes)).toEqual(['modified dir/a']);
});

test('files of rules that cannot be read are told, and leave nothing out', async () => {
  const lab = await prepare();
  lab.write('dir/.varveignore', 'a');
  lab.remove('dir/a');
  expect(named(lab, (await diff(lab)).changes)).not.toContain('removed dir/a');
  lab.useFiles(
    filesWithAt((real) => ({
      open(directory, name, mode) {
        if (name === '.varveignore') throw systemError('EACCES');
        return real.open(directory, name, mode);
      },
    })),
  );
  const { issues, changes } = await diff(lab);
  expect(named(lab, changes)).toContain('removed dir/a');
  expect(issues.map(({ code }) => code)).toEqual(['RULES_UNREADABLE']);
});

test('contents are told with each change that is', async () => {
  const lab = await prepare();
  lab.write('dir/a', 'changed');
  lab.write('z', 'changed');
  const told: string[] = [];
  await diff(lab, {
    paths: [lab.path('z')],
    onContents({ path }, { before, after }) {
      const text = (side: typeof before) =>
        side.type === 'bytes' ? Buffer.from(side.bytes).toString() : side.type;
      told.push(`${path.slice(lab.bytes().length + 1)}: ${text(before)} > ${text(after)}`);
    },
  });
  expect(told).toEqual(['z: z > changed']);
});
