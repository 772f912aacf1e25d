/** The HTTP server itself: plain or with TLS, and what one client may take of it. */
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import { CodedError } from '../../../errors.js';
import { systemErrorCode } from '../../../platform/platform.js';

/** Certificate and key, PEM. */
export interface Tls {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** How long a client may keep a connection, and what all of them together may take. */
export interface Bounds {
  /** In this time TLS must be agreed upon, and then the headers of a request be there. */
  readonly headersMs: number;
  /** In this time a request must be there whole. */
  readonly requestMs: number;
  /** A connection where nothing moves for so long is cut. */
  readonly idleMs: number;
  /** Connections beyond this many are closed on arrival. */
  readonly mostConnections: number;
  /** Bodies and lists that do not fit into this wait for their turn; new files have as much again. */
  readonly mostMemoryBytes: number;
}

export const BOUNDS: Bounds = {
  headersMs: 10_000,
  requestMs: 15 * 60_000,
  idleMs: 60_000,
  mostConnections: 512,
  mostMemoryBytes: 512 * 1024 * 1024,
};
const MAX_HEADER_BYTES = 16 * 1024;

/** @throws CodedError SERVE_CERTIFICATE */
export function createHttpServer(
  tls: Tls | undefined,
  { headersMs, requestMs, idleMs, mostConnections }: Bounds,
  listener: http.RequestListener,
): http.Server {
  const limits = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    maxHeaderSize: MAX_HEADER_BYTES,
    // How often the timeouts are looked after.
    connectionsCheckingInterval: headersMs / 2,
    noDelay: true,
  };
  const server = tls
    ? createSecure({ ...limits, ...tls, handshakeTimeout: headersMs }, listener)
    : http.createServer(limits, listener);
  server.maxConnections = mostConnections;
  server.setTimeout(idleMs);
  server.keepAliveTimeout = idleMs;
  return server;
}

function createSecure(options: https.ServerOptions, listener: http.RequestListener): http.Server {
  try {
    return https.createServer(options, listener);
  } catch (cause) {
    const { message } = cause as Error;
    throw new CodedError(
      'SERVE_CERTIFICATE',
      `TLS does not work with this certificate and key: ${message}.`,
      {
        hint: 'Give a certificate with --cert and its key with --key, both in PEM.',
        cause,
      },
    );
  }
}

/** @throws CodedError SERVE_ADDRESS */
export async function listen(server: http.Server, address: string, port: number): Promise<void> {
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
    const where = isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
    throw new CodedError('SERVE_ADDRESS', `Cannot listen on ${where} (${code}).`, {
      hint: 'Another program may be using the port, or the address is not one of this machine: give another with --listen.',
      cause,
    });
  }
}

/** Whether only programs of this machine reach it. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}
