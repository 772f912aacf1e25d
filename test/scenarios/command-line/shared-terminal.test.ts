/** What commands write where standard output is a terminal, and so is standard error. */
import { rmSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createInProcess, type RunOptions } from '../../support/in-process.js';

const { run, path, write } = createInProcess();
const BOTH = { isTerminal: true, isOutputTerminal: true };
const ERASED = '\r\u001b[';

beforeAll(async () => {
  write({ 'tree/text': 'one\n', 'tree/other': 'other\n', source: 'source' });
  await run(['backup', 'tree']);
  write({ 'tree/text': 'one\n\x1b[31m\tred\x07\n\tcaf\u00e9\n' });
  await run(['backup', 'tree']);
});

describe('the line of progress', () => {
  test.each([
    [['backup', 'tree', '--read-all']],
    [['backup', '-n', 'tree', '--read-all']],
    [['restore', '--to', 'target']],
    [['restore', '-n', '--to', 'target']],
    [['restore', '--in-place', '--overwrite', 'always']],
  ])('is not drawn among the lines that -v writes to the same terminal: %j', async (args) => {
    const drawn = async (more: readonly string[], terminals: RunOptions): Promise<boolean> => {
      rmSync(path('target'), { recursive: true, force: true });
      const { code, stderr } = await run([...args, '--jobs', '1', ...more], terminals);
      expect(code).toBe(0);
      return stderr.includes(ERASED);
    };
    expect(await drawn(['-v'], BOTH)).toBe(false);
    expect(await drawn([], BOTH)).toBe(true);
    // Lines that go elsewhere are not torn apart, nor are those that a document replaces.
    expect(await drawn(['-v'], { isTerminal: true })).toBe(true);
    expect(await drawn(['-v', '--json'], BOTH)).toBe(true);
  });

  test('counts bytes alone where one file is copied', async () => {
    const { stderr } = await run(['copy', 'source', 'copied', '-c', '1'], BOTH);
    expect(stderr).toContain(`${ERASED}Kcopy [0:00]`);
    expect(stderr).not.toMatch(/\d files?\b/);
  });
});

describe('the lines of a file', () => {
  const diff = ['diff', '-p', '1', '2', path('tree/text')];

  test('are made safe for a terminal, which may keep their tabs', async () => {
    const { code, stdout } = await run(diff, BOTH);
    expect(code).toBe(0);
    const plain = stdout.replaceAll(/\x1b\[\d\d?m/g, ''); // eslint-disable-line no-control-regex
    expect(plain).toContain('\n+\\x1b[31m\tred\\x07\n+\tcaf\u00e9\n');
    expect(stdout).not.toContain('\x07');
  });

  test('stay as they are, to the byte, for anything else', async () => {
    const { stdout } = await run(diff, { isTerminal: true });
    expect(stdout).toContain('\n+\x1b[31m\tred\x07\n+\tcaf\u00e9\n');
  });
});
