import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createWorkspace } from '../../support/varve-command.js';

const { run, json, path, write } = createWorkspace();

write({
  'tree/.varveignore': '# what can be made again\n*.o\n!keep.o\n',
  'tree/a.o': 'a',
  'tree/keep.o': 'k',
  'tree/sub/b.txt': 'b',
});
await run(['backup', '-q', 'tree']);
await run(['backup', '-q', 'tree']);

async function explain(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(['explain', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

test('what is left out is explained by the line of a file', async () => {
  expect(await explain('tree/a.o')).toBe(
    `${path('tree/a.o')}\n` +
      `  Left out: by '*.o', line 2 of ${path('tree/.varveignore')}.\n` +
      '  Saved: not in the latest snapshot.\n',
  );
});

test('what is backed up, by the rule that takes it back, and by when it was read', async () => {
  const shown = await explain('--read-all', 'tree/keep.o');
  expect(shown).toContain(
    `${path('tree/keep.o')}\n` +
      `  Backed up: by '!keep.o', line 3 of ${path('tree/.varveignore')}.\n` +
      '  Saved: in snapshot 2, unchanged since snapshot 1, which read it because it was never saved before.\n' +
      '  Read by the next backup: yes, because the backup was told to read it again',
  );
});

test('the options are those of backup', async () => {
  expect(await explain('tree/sub/b.txt', '--exclude', 'sub/')).toBe(
    `${path('tree/sub/b.txt')}\n` +
      `  Left out: ${path('tree/sub')} is left out, by --exclude 'sub/'.\n` +
      '  Saved: in snapshot 2, unchanged since snapshot 1, which read it because it was never saved before.\n' +
      '  The next backup counts it as removed; the snapshots that contain it keep it.\n',
  );
});

test('the document says the same', async () => {
  expect(await json('explain', 'tree/a.o')).toEqual({
    path: path('tree/a.o'),
    source: 1,
    outcome: 'left_out',
    at: { path: path('tree/a.o') },
    reason: {
      type: 'rule',
      action: 'exclude',
      pattern: '*.o',
      file: path('tree/.varveignore'),
      line: 2,
    },
    saved: null,
    read_because: null,
    issues: [],
  });
});

test('what is not there was removed', async () => {
  write({ 'tree/gone': 'x' });
  await run(['backup', '-q', 'tree']);
  rmSync(path('tree/gone'));
  expect(await explain('tree/gone')).toContain(`  Missing: ${path('tree/gone')} does not exist.\n`);
});
