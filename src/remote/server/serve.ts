/** Starts and stops the HTTP server. */
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { CodedError } from '../../errors.js';
import { bytesFromText } from '../../repo/platform/bytes.js';
import { systemErrorCode, type Platform } from '../../repo/platform/platform.js';
import { openListCache } from '../hashing/list-cache.js';
import { startWorkers } from '../worker/pool.js';
import { createApplication } from './application.js';

/** Headers and bodies must come in this time; a connection where nothing moves is cut. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 15 * 60_000;
const IDLE_MS = 60_000;
const MOST_CONNECTIONS = 512;
const MOST_HEADER_BYTES = 16 * 1024;

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
  /** Certificate and key, PEM. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly jobs: number;
  /** Where hash lists are kept; undefined: in memory only. */
  readonly cacheDirectory: string | undefined;
}

export interface RunningServer {
  readonly url: string;
  /** Ends all requests and threads at once. What clients sent stays for their next attempt. */
  close(): Promise<void>;
}

/** @throws CodedError SERVE_UNPROTECTED, SERVE_ADDRESS, PATH_NOT_FOUND */
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
  const workers = startWorkers(options.jobs);
  const application = createApplication({
    ...options,
    platform,
    workers,
    lists: openListCache(platform, options.cacheDirectory),
    root: bytesFromText(rootPath(platform, options.root)),
  });
  const answer = getRequestListener(application.app.fetch, { overrideGlobalObjects: false });
  const server = createServer(options, (incoming, outgoing) => void answer(incoming, outgoing));
  server.maxConnections = MOST_CONNECTIONS;
  server.setTimeout(IDLE_MS);
  server.keepAliveTimeout = IDLE_MS;
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const host = isIP(options.address) === 6 ? `[${options.address}]` : options.address;
  return {
    url: `${options.tls ? 'https' : 'http'}://${host}:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await workers.close(stopped());
      await application.close();
    },
  };
}

function createServer({ tls }: ServeOptions, listener: http.RequestListener): http.Server {
  const limits = {
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    maxHeaderSize: MOST_HEADER_BYTES,
    // How often the timeouts are looked after.
    connectionsCheckingInterval: HEADERS_MS / 2,
    noDelay: true,
  };
  return tls
    ? https.createServer({ ...limits, ...tls }, listener)
    : http.createServer(limits, listener);
}

async function listen(server: http.Server, { address, port }: ServeOptions): Promise<void> {
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
