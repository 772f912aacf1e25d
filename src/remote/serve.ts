/** Starts and stops the HTTP server. */
import { isIP, type AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { CodedError } from '../errors.js';
import { bytesFromText } from '../platform/bytes.js';
import type { Platform } from '../platform/platform.js';
import { openListCache } from './copy/hashing/list-cache.js';
import { startWorkers } from './copy/worker/pool.js';
import { DraftMemory } from './copy/routes/drafts.js';
import { createCopyRoutes } from './copy/routes/routes.js';
import { createApplication } from './transport/server/application.js';
import {
  BOUNDS,
  createHttpServer,
  isLoopback,
  listen,
  type Bounds,
  type Tls,
} from './transport/server/http-server.js';
import { inTurn } from './transport/server/in-turn.js';
import { MemoryBudget } from './transport/server/memory-budget.js';

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
      `Listening on ${options.address} would expose the files to anyone.`,
      {
        hint: 'Give --token-file, listen on 127.0.0.1, or allow it with --no-auth.',
      },
    );
  }
  const { tls } = options;
  const bounds = { ...BOUNDS, ...options.bounds };
  const workers = startWorkers(options.jobs);
  const copies = createCopyRoutes({
    ...options,
    platform,
    workers,
    lists: openListCache(platform, options.cacheDirectory),
    memory: new MemoryBudget(bounds.mostMemoryBytes),
    draftMemory: new DraftMemory(bounds.mostMemoryBytes),
    root: bytesFromText(rootPath(platform, options.root)),
  });
  const application = createApplication({ ...options, platform }, [copies]);
  const answer = getRequestListener(application.fetch, { overrideGlobalObjects: false });
  const listener = inTurn((incoming, outgoing) => void answer(incoming, outgoing));
  const server = createHttpServer(tls, bounds, listener);
  await listen(server, options.address, options.port);
  const { port } = server.address() as AddressInfo;
  const host = isIP(options.address) === 6 ? `[${options.address}]` : options.address;
  return {
    url: `${tls ? 'https' : 'http'}://${host}:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await workers.close(stopped());
      await copies.close();
    },
  };
}

function rootPath({ files }: Platform, root: string): string {
  try {
    const path = files.realPath(files.absolutePath(root));
    if (files.stat(path)?.type === 'directory') return path;
  } catch {
    // Said below.
  }
  throw new CodedError('PATH_NOT_FOUND', `The root ${root} is not a directory.`, {
    hint: 'Give an existing directory with --root.',
  });
}

function stopped(): CodedError {
  return new CodedError('INTERRUPTED', 'The server was stopped.', {
    hint: 'Run the copy again once it is back.',
  });
}
