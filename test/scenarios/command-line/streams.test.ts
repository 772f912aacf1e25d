import { randomBytes } from 'node:crypto';
import { openSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, test } from 'vitest';
import { createWorkspace, finished, until } from '../../support/varve-command.js';

const { run, start, path, write, defaultRepository } = createWorkspace();
const large = Buffer.alloc(3_000_000, 'Varve, ');

beforeAll(async () => {
  const names = Array.from({ length: 3000 }, (_, i) => `tree/${'long-name-'.repeat(10)}${i}`);
  write({ ...Object.fromEntries(names.map((name) => [name, ''])), 'tree/large': large });
  await run(['backup', '-q', 'tree']);
});

describe('standard output', () => {
  test.each([[['ls', 'tree']], [['ls', 'tree', '--json']], [['cat', 'tree/large']]])(
    'may be closed early: %j',
    async (args) => {
      const child = start(args);
      child.stdout?.once('data', () => child.stdout?.destroy());
      expect(await finished(child)).toMatchObject({ code: 0, stderr: '' });
    },
  );

  test('may be read slowly', async () => {
    const child = start(['cat', 'tree/large']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { code, stdout } = await finished(child);
    expect(code).toBe(0);
    expect(Buffer.from(stdout).equals(large)).toBe(true);
  });

  test.each([
    [['ls', 'tree']],
    [['snapshots', '--json']],
    [['cat', 'tree/large']],
    [['--version']],
  ])('may be full: %j', async (args) => {
    const full = openSync('/dev/full', 'w');
    const { code, stderr } = await run(args, { stdio: ['ignore', full, 'pipe'] });
    expect(code).toBe(1);
    expect(stderr).toContain('varve: Standard output cannot be written: ENOSPC');
  });
});

/** The files that a process has open. */
function openFiles(pid: number | undefined): string[] {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).flatMap((descriptor) => {
    try {
      return [readlinkSync(`${directory}/${descriptor}`)];
    } catch {
      return [];
    }
  });
}

describe('an interrupt', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s stops a backup cleanly', async (signal) => {
    // At this level enough for many seconds, and hexadecimal digits are not stored raw.
    writeFileSync(path('huge'), randomBytes(24 * 2 ** 20).toString('hex'));
    const child = start(['backup', '--level', '12', 'huge']);
    await until(() => openFiles(child.pid).includes(`${defaultRepository}/lock.sqlite`));
    child.kill(signal);
    const { code, stdout, stderr } = await finished(child);
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toContain('varve: Stopping cleanly; interrupt again to end at once.\nvarve: ');
    expect((await run(['snapshots'])).stdout).not.toContain(path('huge'));
  });

  test('stops the wait for another writer', async () => {
    const lock = new Database(`${defaultRepository}/lock.sqlite`);
    lock.exec('BEGIN IMMEDIATE');
    const child = start(['backup', 'tree', '--json', '--lock-wait', '1h']);
    await until(() => openFiles(child.pid).includes(`${defaultRepository}/lock.sqlite`));
    child.kill('SIGINT');
    const { code, stdout } = await finished(child);
    lock.close();
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'INTERRUPTED' } });
  });
});
