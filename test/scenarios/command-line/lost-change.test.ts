/** Changes that hide from a comparison by size and whole seconds. */
import { closeSync, openSync, statSync, utimesSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import { beforeEach, expect, test } from 'vitest';
import { createWorkspace } from '../../support/varve-command.js';
import { runProgram } from '../../support/machine.js';

const { run, json, path, write, defaultRepository } = createWorkspace();

const FILE = path('tree/file');
const MTIME = 1_500_000_000.25;

/** As if the files had been written long before the backup, which then need not read them again. */
function forgetRacy(): void {
  const db = new Database(`${defaultRepository}/index.sqlite`);
  db.exec('UPDATE version SET flags = 0');
  db.close();
}

function overwriteFourBytes(): void {
  const descriptor = openSync(FILE, 'r+');
  writeSync(descriptor, 'ROTT', 1000);
  closeSync(descriptor);
}

async function expectCaught(): Promise<void> {
  const changes = [{ path: FILE, change: 'modified' }];
  expect(await json('diff')).toMatchObject({ changes, issues: [] });
  expect(await json('backup', 'tree')).toMatchObject({ files_changed: 1, issues: [] });
  expect((await run(['cat', FILE])).stdout.slice(998, 1006)).toBe('xxROTTxx');
  expect((await run(['cat', FILE, '--at', '1B'])).stdout).toBe('x'.repeat(4000));
}

beforeEach(async () => {
  write({ 'tree/file': 'x'.repeat(4000), 'tree/other': 'y' });
  utimesSync(FILE, MTIME, MTIME);
  expect(await run(['-q', 'backup', 'tree'])).toMatchObject({ code: 0 });
  forgetRacy();
  expect(await json('backup', 'tree')).toMatchObject({ files_unchanged: 2, bytes_read: 0 });
  expect(await json('diff')).toMatchObject({ changes: [] });
});

test('four bytes overwritten and the mtime moved within its second', async () => {
  overwriteFourBytes();
  utimesSync(FILE, MTIME + 0.5, MTIME + 0.5);
  await expectCaught();
});

test('four bytes overwritten and the mtime put back by touch -d', async () => {
  const before = statSync(FILE, { bigint: true });
  overwriteFourBytes();
  runProgram('touch', ['-d', '@1500000000.25', FILE]);
  expect(statSync(FILE, { bigint: true }).mtimeNs).toBe(before.mtimeNs);
  await expectCaught();
});

test('four bytes that no time tells of are found by reading, logged, and guarded', async () => {
  overwriteFourBytes();
  utimesSync(FILE, MTIME, MTIME);
  // The index is made to know the change time that the file has now, as if it had not moved.
  const db = new Database(`${defaultRepository}/index.sqlite`);
  const ctimeNs = statSync(FILE, { bigint: true }).ctimeNs;
  db.prepare('UPDATE version SET ctime_s = ?, ctime_ns = ? WHERE size = 4000 AND last = 0').run(
    ctimeNs / 1_000_000_000n,
    ctimeNs % 1_000_000_000n,
  );
  db.close();

  expect(await json('diff')).toMatchObject({ changes: [] });
  expect(await json('diff', '--read-all')).toMatchObject({
    changes: [{ path: FILE, change: 'modified' }],
    issues: [{ path: FILE, code: 'POSSIBLE_BIT_ROT' }],
  });
  const { code, stderr } = await run(['backup', '--reread', '100%', 'tree']);
  expect(code).toBe(3);
  expect(stderr).toContain(
    `varve: ${FILE} has changed since it was saved although its size and times have not: possible bit rot.`,
  );
  expect((await run(['log', FILE])).stdout).toMatch(/possible bit rot\n$/);

  const policy = ['prune', '--keep-last', '1'];
  const guarded = await run(policy);
  expect(guarded.stdout).toContain('contents from before possible bit rot');
  expect((await run(['cat', FILE, '--at', '1B'])).stdout).toBe('x'.repeat(4000));
  const dropped = await run([...policy, '--drop-before-bit-rot']);
  expect(dropped.stderr).toContain(
    `is the last to hold ${FILE} as it was before possible bit rot, and no rule keeps it.`,
  );
});
