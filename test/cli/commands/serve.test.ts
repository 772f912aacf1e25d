/** What `varve serve` asks of a server, and that it closes it when it is interrupted. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { serveCommand } from '../../../src/cli/commands/serve.js';
import type { ServeOptions } from '../../../src/store.js';
import { runCommand, type RunSettings } from '../../support/command-run.js';
import { scratchDirectory } from '../../support/directory.js';

const { serve, close } = vi.hoisted(() => ({
  serve: vi.fn<(platform: unknown, options: ServeOptions) => Promise<unknown>>(),
  close: vi.fn<() => Promise<void>>(),
}));
vi.mock('../../../src/store.js', async (load) => ({ ...(await load<object>()), serve }));

beforeEach(() => {
  close.mockReset().mockResolvedValue();
  serve.mockReset().mockResolvedValue({ url: 'http://127.0.0.1:8080', close });
});

const run = (args: readonly string[], settings: RunSettings = {}) =>
  runCommand('serve', serveCommand, ['--root', '/srv', ...args], {
    signal: AbortSignal.abort(),
    platform: { coreCount: 6 },
    env: { XDG_CACHE_HOME: '/cache' },
    ...settings,
  });
async function asked(args: readonly string[], settings?: RunSettings): Promise<ServeOptions> {
  await run(args, settings);
  const [[, options] = []] = serve.mock.calls.splice(0);
  if (!options) throw new Error('nothing was served');
  return options;
}

const USUAL = {
  ...{ address: '127.0.0.1', port: 8080, root: '/srv', allowsWriting: false, token: undefined },
  ...{ isOpen: false, hosts: [], isPdiffcopy: false, tls: undefined, jobs: 6 },
  cacheDirectory: '/cache/varve/hash-lists',
};

describe('a server', () => {
  test.each([
    [[], {}],
    [['-l', '0.0.0.0:9'], { address: '0.0.0.0', port: 9 }],
    [['--allow-write'], { allowsWriting: true }],
    [['--no-auth'], { isOpen: true }],
    [['--allow-host', 'a', 'b'], { hosts: ['a', 'b'] }],
    [['--compat', 'pdiffcopy'], { isPdiffcopy: true }],
    [['--no-cache'], { cacheDirectory: undefined }],
    [['--jobs', '2'], { jobs: 2 }],
  ])('with %j is that and nothing else', async (args, more) => {
    expect(await asked(args)).toEqual({ ...USUAL, ...more });
  });

  test('requires the token of the environment or of a file, unless it requires none', async () => {
    const env = { XDG_CACHE_HOME: '/cache', VARVE_TOKEN: 'inherited' };
    const file = join(scratchDirectory(), 'token');
    writeFileSync(file, 'of-the-file\n');
    expect(await asked([], { env })).toEqual({ ...USUAL, token: 'inherited' });
    const fromFile = await asked(['--token-file', file], { env });
    expect(fromFile).toEqual({ ...USUAL, token: 'of-the-file' });
    expect(await asked(['--no-auth', '--token-file', file], { env })).toEqual({
      ...USUAL,
      isOpen: true,
    });
  });

  test('is encrypted with the bytes of both files', async () => {
    const directory = scratchDirectory();
    for (const name of ['cert', 'key']) writeFileSync(join(directory, name), `of ${name}`);
    const [cert, key] = [join(directory, 'cert'), join(directory, 'key')];
    const { tls } = await asked(['--cert', cert, '--key', key]);
    expect([tls?.cert, tls?.key].map(String)).toEqual(['of cert', 'of key']);
  });

  test.each([
    [['--cert', 'x'], '--cert and --key must be given together.'],
    [['--key', 'x'], '--cert and --key must be given together.'],
    [['--compat', 'rsync'], '--compat: "rsync" is unknown.'],
    [['--allow-host', '\udcff'], '--allow-host: '],
    [['-l', 'x:y'], '--listen: '],
    [['--jobs', '0'], '--jobs: '],
  ])('is refused %j', async (args, message) => {
    await expect(run(args)).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) as string }) as Error,
    );
    expect(serve).not.toHaveBeenCalled();
  });
});

describe('it goes on', () => {
  test('until it is interrupted, and ends when the server has closed', async () => {
    const controller = new AbortController();
    const events: string[] = [];
    let closed = (): void => undefined;
    close.mockImplementation(() => {
      events.push('closing');
      return new Promise((resolve) => (closed = resolve));
    });
    const ended = run([], { signal: controller.signal }).then((done) => {
      events.push('ended');
      return done;
    });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    await turn();
    expect(events).toEqual([]);
    controller.abort();
    await turn();
    expect(events).toEqual(['closing']);
    closed();
    expect(await ended).toMatchObject({
      code: 130,
      stdout: '',
      said: ['notice: Serving /srv at http://127.0.0.1:8080'],
    });
    expect(close).toHaveBeenCalledOnce();
  });

  test('not at all where it was interrupted before', async () => {
    expect(await run([])).toMatchObject({ code: 130 });
    expect(close).toHaveBeenCalledOnce();
  });
});
