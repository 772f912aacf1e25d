import { expect, test } from 'vitest';
import { CodedError } from '../../../../src/errors.js';
import { createApplication } from '../../../../src/remote/transport/server/application.js';

async function ask(path: string, authorization?: string) {
  const platform = { clock: { nowMs: () => 0 }, hostName: 'attic' };
  const fail = (code: 'COPY_MISMATCH' | 'COPY_SOURCE_CHANGED') => () => {
    throw new CodedError(code, 'No.');
  };
  const app = createApplication({ platform, token: 'secret', hosts: [] }, [
    {
      statuses: { COPY_MISMATCH: 422 },
      add: (routes) => void routes.get('/one', fail('COPY_MISMATCH')),
    },
    {
      statuses: { COPY_SOURCE_CHANGED: 409 },
      add: (routes) =>
        void routes
          .get('/two', fail('COPY_SOURCE_CHANGED'))
          .get('/three', (context) => context.text('yes')),
    },
  ]);
  const own: Record<string, string> = {};
  const outgoing = { setHeader: (name: string, value: string) => void (own[name] = value) };
  const headers = { host: 'attic', ...(authorization && { authorization }) };
  const incoming = { headers, socket: { remoteAddress: '::1' } };
  const bindings: object = { incoming, outgoing };
  const answer = await app.request(path, {}, bindings);
  expect(own).toEqual({ 'varve-copy': '1' });
  expect(answer.headers.get('varve-copy')).toBe('1');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

test.each([
  ['/one', 422, '"COPY_MISMATCH"'],
  ['/two', 409, '"COPY_SOURCE_CHANGED"'],
  ['/three', 200, 'yes'],
  ['/none', 404, '{"error":{"code":"REMOTE_REQUEST","message":"No such request."}}'],
])(
  '%s is answered %i, as every answer in its version and kept by nobody',
  async (path, status, text) => {
    const answer = await ask(path, 'Bearer secret');
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
  },
);

test('who has no token learns how to give one, and not which requests there are', async () => {
  for (const path of ['/one', '/three', '/none']) {
    const { status, text, headers } = await ask(path);
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(JSON.parse(text)).toEqual({
      error: {
        code: 'REMOTE_REFUSED',
        message: 'The token is missing or wrong.',
        hint: 'Give the token of the server with --token-file or $VARVE_TOKEN.',
      },
    });
  }
});
