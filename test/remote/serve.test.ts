/** To whom a server may be opened without a token, and what it serves. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { beforeEach, expect, test, vi } from 'vitest';
import type * as listCache from '../../src/remote/copy/hashing/list-cache.js';
import type { DraftMemory } from '../../src/remote/copy/routes/drafts.js';
import type * as copyRoutes from '../../src/remote/copy/routes/routes.js';
import type { CopySettings } from '../../src/remote/copy/routes/settings.js';
import { openPlatform, serve, type ServeOptions } from '../../src/store.js';
import { scratchDirectory } from '../support/directory.js';

interface Seen {
  settings?: CopySettings;
  caches: unknown[];
  closed: number;
}
const seen = vi.hoisted((): Seen => ({ caches: [], closed: 0 }));
vi.mock('../../src/remote/copy/routes/routes.js', async (original) => {
  const real = await original<typeof copyRoutes>();
  return {
    createCopyRoutes: (settings: CopySettings) => {
      const routes = real.createCopyRoutes(settings);
      seen.settings = settings;
      const close = (): Promise<void> => {
        seen.closed += 1;
        return routes.close();
      };
      return { ...routes, close };
    },
  };
});
vi.mock('../../src/remote/copy/hashing/list-cache.js', async (original) => {
  const real = await original<typeof listCache>();
  return {
    openListCache: (...args: Parameters<typeof real.openListCache>) => {
      seen.caches.push(args[1]);
      return real.openListCache(...args);
    },
  };
});
beforeEach(() => {
  Object.assign(seen, { caches: [], closed: 0 });
});

const OPTIONS: Omit<ServeOptions, 'root'> = {
  address: '127.0.0.1',
  port: 0,
  allowsWriting: false,
  token: undefined,
  isOpen: false,
  hosts: [],
  isPdiffcopy: false,
  tls: undefined,
  jobs: 1,
  cacheDirectory: undefined,
};

/** Whether it listens; it is closed at once. Else the code of its refusal. */
async function tryToServe(root: string, options: Partial<ServeOptions>): Promise<string> {
  try {
    const server = await serve(openPlatform(), { ...OPTIONS, root, ...options });
    const { url } = server;
    await server.close();
    await expect(fetch(url)).rejects.toThrow();
    return 'listens';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test.each<[string, Partial<ServeOptions>, string]>([
  ['this machine', {}, 'listens'],
  ['this machine, by another of its addresses', { address: '127.0.0.2' }, 'listens'],
  ['everybody', { address: '0.0.0.0' }, 'SERVE_UNPROTECTED'],
  ['everybody who has a token', { address: '0.0.0.0', token: 'secret' }, 'listens'],
  ['everybody, where that is asked for', { address: '0.0.0.0', isOpen: true }, 'listens'],
])('a server for %s', async (_, options, outcome) => {
  expect(await tryToServe(scratchDirectory(), options)).toBe(outcome);
});

test('what is no directory is no root', async () => {
  const file = join(scratchDirectory(), 'file');
  writeFileSync(file, '');
  for (const root of [file, `${file}-missing`]) {
    expect(await tryToServe(root, {})).toBe('PATH_NOT_FOUND');
  }
});

test.each([
  ['idle', ''],
  ['in the midst of its head', 'GET /info?filename=x HTTP/1.1\r\nHost: lo'],
  [
    'in the midst of its body',
    'POST /blocks?filename=x&offset=0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\npart',
  ],
])('a connection that is %s is ended with the server', async (_, sent) => {
  const server = await serve(openPlatform(), {
    ...OPTIONS,
    root: scratchDirectory(),
    allowsWriting: true,
    isPdiffcopy: true,
  });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(sent);
  // So that the server has it.
  await fetch(`${server.url}/info?filename=x`).catch(() => undefined);
  const ended = once(socket, 'close');
  socket.resume();
  await server.close();
  await ended;
});

test('what a server is told it hands on, and its copies are given up with it', async () => {
  const root = scratchDirectory();
  const cacheDirectory = join(scratchDirectory(), 'cache');
  const told = { root, cacheDirectory, jobs: 3, allowsWriting: true, isPdiffcopy: true };
  const server = await serve(openPlatform(), {
    ...OPTIONS,
    ...told,
    bounds: { mostMemoryBytes: 12_345 },
  });
  const { settings } = seen;
  expect(seen.caches).toEqual([cacheDirectory]);
  expect(settings).toMatchObject({ root, allowsWriting: true, isPdiffcopy: true });
  expect(settings?.workers.laneCount).toBe(3);
  expect(settings?.memory).toMatchObject({ freeBytes: 12_345 });
  const { draftMemory } = settings as { readonly draftMemory: DraftMemory };
  draftMemory.share().hold(12_345);
  expect(() => draftMemory.share().hold(1)).toThrow(expect.objectContaining({ code: 'COPY_BUSY' }));
  expect(seen.closed).toBe(0);
  await server.close();
  expect(seen.closed).toBe(1);
});
