/** Who may ask: no browser, nobody by a foreign name, and only with the token. */
import { isIP } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import { createMiddleware } from 'hono/factory';
import { CodedError } from '../../../errors.js';
import { crypto } from '../../../platform/node-modules.js';
import type { Platform } from '../../../platform/platform.js';

/** Who may ask. */
export interface GuardSettings {
  readonly platform: Pick<Platform, 'clock' | 'hostName'>;
  /** Requests must bear it; undefined: none is asked for. */
  readonly token: string | undefined;
  /** Names by which clients may call this host, besides its own and addresses. */
  readonly hosts: readonly string[];
}

/** So many wrong tokens of one address in a minute, then none of it is looked at for the rest of it. */
const MAX_WRONG_TOKENS = 10;
const MINUTE_MS = 60_000;
/** Addresses that are remembered. */
const MAX_ADDRESSES = 10_000;

/** Checks each request before anything of it is acted upon. */
export function guard(settings: GuardSettings) {
  const isToken = settings.token === undefined ? undefined : tokenCheck(settings.token);
  const wrong = new WrongTokens(() => settings.platform.clock.nowMs());
  return createMiddleware<{ Bindings: HttpBindings }>(async (context, next) => {
    const { headers, socket } = context.env.incoming;
    refuseBrowsers(headers);
    refuseForeignNames(headers.host, settings);
    if (isToken) {
      const address = socket.remoteAddress ?? '';
      if (wrong.isBarred(address)) {
        return context.json(refusal('Too many wrong tokens; wait a minute.'), 429);
      }
      if (!isToken(headers.authorization)) {
        wrong.count(address);
        context.header('www-authenticate', 'Bearer');
        return context.json(refusal('The token is missing or wrong.'), 401);
      }
    }
    return next();
  });
}

/** Compares in a time that does not depend on the token. */
function tokenCheck(token: string): (authorization: string | undefined) => boolean {
  const { createHash, timingSafeEqual } = crypto();
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${token}`);
  return (authorization = '') => timingSafeEqual(digest(authorization), expected);
}

/** A page of another site can make a browser send requests to this host; each says where it is from. */
function refuseBrowsers(headers: Readonly<Record<string, unknown>>): void {
  if (headers['origin'] === undefined && headers['sec-fetch-site'] === undefined) return;
  throw new CodedError('REMOTE_REFUSED', 'Requests from browsers are not answered.', {
    hint: 'Use `varve copy`.',
  });
}

/** A foreign name that leads to this address is how a web page would get around its browser's rules. */
function refuseForeignNames(host: string | undefined, settings: GuardSettings): void {
  const name = (host ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  const known = ['localhost', settings.platform.hostName, ...settings.hosts];
  if (isIP(name) !== 0 || known.some((one) => one.toLowerCase() === name)) return;
  throw new CodedError('REMOTE_REFUSED', `This server does not go by the name "${name}".`, {
    hint: 'Use its address, or start it with --allow-host and that name.',
  });
}

function refusal(message: string): object {
  const hint = 'Give the token of the server with --token-file or $VARVE_TOKEN.';
  return { error: { code: 'REMOTE_REFUSED', message, hint } };
}

class WrongTokens {
  private readonly nowMs: () => number;
  private counts = new Map<string, number>();
  private minute = 0;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  isBarred(address: string): boolean {
    const minute = Math.floor(this.nowMs() / MINUTE_MS);
    if (minute !== this.minute) this.counts.clear();
    this.minute = minute;
    return (this.counts.get(address) ?? 0) >= MAX_WRONG_TOKENS;
  }

  count(address: string): void {
    if (this.counts.size >= MAX_ADDRESSES) this.counts.clear();
    this.counts.set(address, (this.counts.get(address) ?? 0) + 1);
  }
}
