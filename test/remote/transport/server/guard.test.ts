import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { answerOf } from '../../../../src/remote/transport/server/failures.js';
import { guard } from '../../../../src/remote/transport/server/guard.js';

interface Client {
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
}

/** A guarded application that says yes, and the status of its answers. */
function guarded(token: string | undefined) {
  let nowMs = 0;
  const app = new Hono();
  const platform = { clock: { nowMs: () => nowMs }, hostName: 'Attic' };
  app.use(guard({ platform, token, hosts: ['files.example'] }) as never);
  app.get('/', (context) => context.text('yes'));
  app.onError((error, context) => {
    const { status, body } = answerOf(error, {});
    return context.json(body, status as 403);
  });
  return {
    later: (ms: number) => void (nowMs += ms),
    ask: async ({ headers = {}, address = '::1' }: Client = {}): Promise<number> => {
      const incoming = {
        headers: { host: 'localhost', ...headers },
        socket: { remoteAddress: address },
      };
      return (await app.request('/', {}, { incoming })).status;
    },
  };
}

test.each([
  ['localhost', 200],
  ['localhost:8080', 200],
  ['127.0.0.1:8080', 200],
  ['192.0.2.7', 200],
  ['[::1]:8080', 200],
  ['attic', 200],
  ['FILES.example:1', 200],
  ['evil.example', 403],
  ['localhost.evil.example', 403],
  ['', 403],
])('called as %j: %i', async (host, status) => {
  expect(await guarded(undefined).ask({ headers: { host } })).toBe(status);
});

test.each([{ origin: 'http://localhost' }, { 'sec-fetch-site': 'same-origin' }])(
  'a browser is refused, even with the token: %j',
  async (headers) => {
    const both = { ...headers, authorization: 'Bearer secret' };
    expect(await guarded('secret').ask({ headers: both })).toBe(403);
  },
);

test.each([
  ['Bearer secret', 200],
  ['Bearer Secret', 401],
  ['Bearer secret ', 401],
  ['secret', 401],
  ['', 401],
])('with the authorization %j: %i', async (authorization, status) => {
  expect(await guarded('secret').ask({ headers: { authorization } })).toBe(status);
});

test('after ten wrong tokens of one address in a minute even the right one is not looked at', async () => {
  const { ask, later } = guarded('secret');
  const right = { headers: { authorization: 'Bearer secret' } };
  for (let tries = 0; tries < 10; tries++) expect(await ask()).toBe(401);
  expect(await ask(right)).toBe(429);
  expect(await ask({ ...right, address: '192.0.2.7' })).toBe(200);
  later(60_000);
  expect(await ask(right)).toBe(200);
});

test('nine wrong tokens bar nobody, and who is barred is so to the end of the minute', async () => {
  const { ask, later } = guarded('secret');
  const right = { headers: { authorization: 'Bearer secret' } };
  for (let tries = 0; tries < 9; tries++) expect(await ask()).toBe(401);
  expect(await ask(right)).toBe(200);
  expect(await ask()).toBe(401);
  expect(await ask(right)).toBe(429);
  later(59_999);
  expect(await ask(right)).toBe(429);
  later(1);
  expect(await ask(right)).toBe(200);
});

test('right tokens are not counted, and those that are barred are not answered otherwise', async () => {
  const { ask } = guarded('secret');
  const right = { headers: { authorization: 'Bearer secret' } };
  for (let tries = 0; tries < 20; tries++) expect(await ask(right)).toBe(200);
  for (let tries = 0; tries < 10; tries++) await ask();
  expect([await ask(), await ask({ headers: { origin: 'http://x' } })]).toEqual([429, 403]);
});

test('no more than ten thousand addresses are remembered', async () => {
  const { ask } = guarded('secret');
  const wrong = { headers: { authorization: 'Bearer wrong' } };
  for (let tries = 0; tries < 10; tries += 1) expect(await ask(wrong)).toBe(401);
  expect(await ask(wrong)).toBe(429);
  for (let other = 0; other < 9999; other += 1) await ask({ ...wrong, address: `10.${other}` });
  expect(await ask(wrong)).toBe(429);
  await ask({ ...wrong, address: '10.x' });
  // All are forgotten, and all begin anew.
  expect(await ask(wrong)).toBe(401);
});
