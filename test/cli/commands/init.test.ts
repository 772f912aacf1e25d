/** What `varve init` creates where, and what it says of it. */
import { beforeEach, expect, test, vi } from 'vitest';
import { initCommand } from '../../../src/cli/commands/init.js';
import { bytesToText } from '../../../src/platform/bytes.js';
import { runCommand, type RunSettings } from '../../support/command-run.js';

const { initRepository } = vi.hoisted(() => ({
  initRepository: vi.fn<(...args: unknown[]) => Promise<{ id: Buffer }>>(),
}));
vi.mock('../../../src/store.js', async (load) => ({ ...(await load<object>()), initRepository }));

const id = Buffer.from('0a0b0c0d', 'hex');
beforeEach(() => void initRepository.mockReset().mockResolvedValue({ id }));

const run = (
  path: string,
  settings: RunSettings & { isDefault?: boolean } = {},
  ...args: string[]
) =>
  runCommand('init', initCommand, args, {
    repository: { path, isDefault: settings.isDefault ?? false },
    ...settings,
  });

test.each([
  [false, [], false],
  [false, ['--make-parents'], true],
  [true, [], true],
  [true, ['--make-parents'], true],
])('directories above are made where asked for, or of the default: %s, %j', async (...row) => {
  const [isDefault, args, makesParents] = row;
  const { code, opened } = await run('/repo', { isDefault }, ...args);
  expect({ code, opened }).toEqual({ code: 0, opened: [] });
  const [[path, , options] = []] = initRepository.mock.calls;
  expect([path, options]).toEqual(['/repo', { makesParents }]);
});

test('it is said where it is, safe for a terminal; -q says nothing', async () => {
  const what = 'The repository /re\\x1bpo was created';
  expect(await run('/re\x1bpo')).toMatchObject({
    stdout: 'Created a repository at /re\\x1bpo.\n',
    said: [],
    settled: { what, exitCode: 0 },
  });
  expect(await run('/re\x1bpo', { isQuiet: true })).toMatchObject({
    stdout: '',
    settled: { what, exitCode: 0 },
  });
});

test('a document names it, by its bytes where they are not text', async () => {
  const documentOf = async (path: string): Promise<unknown> =>
    JSON.parse((await run(path, { isJson: true, isQuiet: true })).stdout);
  expect(await documentOf('/repo')).toEqual({ repository: '/repo', id: '0a0b0c0d' });
  const bytes = Buffer.from('/re\xffpo', 'latin1');
  expect(await documentOf(bytesToText(bytes))).toEqual({
    repository: '/re\\xffpo',
    repository_base64: bytes.toString('base64'),
    id: '0a0b0c0d',
  });
});
