/** Starts and stops the HTTP server. */
import type { Server } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { CodedError } from '../../errors.js';
import { bytesFromText } from '../../platform/bytes.js';
import { systemErrorCode, type Platform } from '../../platform/platform.js';
import { openListCache } from '../hashing/list-cache.js';
import { startWorkers } from '../worker/pool.js';
import { createApplication } from './application.js';
import { BOUNDS, createHttpServer, type Bounds, type Tls } from './http-server.js';
import { inTurn } from './in-turn.js';
import { MemoryBudget } from './memory-budget.js';

export interface ServeOptions {
  readonly root: string;
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly allowsWriting: boolean;
  readonly token: string | undefined;
  /** Serves other addresses than loopback without a token. */
  readonly isOpen: boolean;
  readonly hosts: readonly string[];
  readonly isPdiffcopy: boolean;
  readonly tls: Tls | undefined;
  readonly jobs: number;
  /** Where hash lists are kept; undefined: in memory only. */
  readonly cacheDirectory: string | undefined;
  /** Those that differ from the usual, which docs/copy.md lists. */
  readonly bounds?: Partial<Bounds>;
}

export interface RunningServer {
  readonly url: string;
  /** Ends all requests and threads at once. What clients sent stays for their next attempt. */
  close(): Promise<void>;
}

/** @throws CodedError PATH_NOT_FOUND, SERVE_ADDRESS, SERVE_CERTIFICATE, SERVE_UNPROTECTED */
export async function serve(platform: Platform, options: ServeOptions): Promise<RunningServer> {
  if (!isLoopback(options.address) && options.token === undefined && !options.isOpen) {
    throw new CodedError(
      'SERVE_UNPROTECTED',
      `Anybody could reach the files through ${options.address}.`,
      {
        hint: 'Give --token-file, listen on 127.0.0.1, or say --no-auth if everybody may.',
      },
    );
  }
  const { tls } = options;
  const bounds = { ...BOUNDS, ...options.bounds };
  const workers = startWorkers(options.jobs);
  const application = createApplication({
    ...options,
    platform,
    workers,
    lists: openListCache(platform, options.cacheDirectory),
    memory: new MemoryBudget(bounds.mostMemoryBytes),
    root: bytesFromText(rootPath(platform, options.root)),
  });
  const answer = getRequestListener(application.app.fetch, { overrideGlobalObjects: false });
  const listener = inTurn((incoming, outgoing) => void answer(incoming, outgoing));
  const server = createHttpServer(tls, bounds, listener);
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const host = isIP(options.address) === 6 ? `[${options.address}]` : options.address;
  return {
    url: `${tls ? 'https' : 'http'}://${host}:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await workers.close(stopped());
      await application.close();
    },
  };
}

async function listen(server: Server, { address, port }: ServeOptions): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, address, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    const code = systemErrorCode(cause) ?? 'unknown';
    throw new CodedError('SERVE_ADDRESS', `${address}:${port} cannot be listened on (${code}).`, {
      hint: 'Another program may have the port, or the address is not of this machine: give another with --listen.',
      cause,
    });
  }
}

function rootPath({ files }: Platform, root: string): string {
  try {
    const path = files.realPath(files.absolutePath(root));
    if (files.stat(path)?.type === 'directory') return path;
  } catch {
    // Said below.
  }
  throw new CodedError('PATH_NOT_FOUND', `The root ${root} is not a directory.`, {
    hint: 'Give a directory that exists with --root.',
  });
}

export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

function stopped(): CodedError {
  return new CodedError('INTERRUPTED', 'The server was stopped.', {
    hint: 'Run the copy again when it is back.',
  });
}
