/** Servers and clients that stop in the midst, with the bounds of time as they are; and cuts at every byte. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { closed } from '../support/requests.js';
import { createCopyLab } from '../support/copy-lab.js';
import { noise } from '../support/seed.js';
import { fragile, listen, only, tampered, type Tamper } from '../support/tampering.js';

vi.mock('../../src/remote/copy/worker/pool.js', () => import('../support/in-thread-workers.js'));

const lab = createCopyLab();
const content = noise(300, 43);
const old = noise(200, 44);

describe.concurrent('a server that stops in the midst is given up after a minute', () => {
  const silent: Tamper = () => 'taken';
  const halfOf: Tamper = (_, body, answer) => {
    answer.writeHead(200, { 'content-length': body.length, 'varve-copy': '1' });
    answer.write(body.subarray(0, body.length / 2));
    return 'taken';
  };
  test.each<readonly [string, Tamper]>([
    ['before its first answer', silent],
    [
      'in the midst of a document',
      (path, body, answer) => (path.startsWith('/info') ? halfOf(path, body, answer) : undefined),
    ],
    ['before a list', only('/v1/list', () => 'taken')],
    ['before bytes', only('/v1/read', () => 'taken')],
    [
      'in the midst of bytes',
      (path, body, answer) =>
        path.startsWith('/v1/read') ? halfOf(path, body, answer) : undefined,
    ],
  ])('%s', async (name, tamper) => {
    lab.put(lab.root, 'file', content);
    const honest = await lab.serve();
    const target = lab.put(lab.here, name, old);
    const startedMs = Date.now();
    const url = await tampered(honest.url, tamper);
    await expect(lab.copyFile(`${url}/file`, target)).rejects.toMatchObject({
      code: 'REMOTE_UNREACHABLE',
    });
    expect(Date.now() - startedMs).toBeGreaterThan(55_000);
    expect(readFileSync(target).equals(old)).toBe(true);
  });

  test('when it takes nothing of what it is sent', async () => {
    const url = await listen(
      createServer((incoming, outgoing) => {
        outgoing.setHeader('varve-copy', '1');
        if (incoming.url?.startsWith('/info')) outgoing.writeHead(404).end('{"varve":{}}');
        else if (incoming.url?.startsWith('/v1/drafts?')) outgoing.writeHead(201).end('{"id":"1"}');
        else incoming.pause();
      }),
    );
    const source = lab.put(lab.here, 'much', noise(16 * 1024 * 1024, 45));
    await expect(lab.copyFile(source, `${url}/new`)).rejects.toMatchObject({
      code: 'REMOTE_UNREACHABLE',
    });
  });
});

describe.concurrent('a client that stops in the midst is cut', () => {
  test.each([
    ['before its first byte', '', 20],
    ['in the midst of headers', 'GET /info HTTP/1.1\r\n', 20],
    [
      'in the midst of a body',
      'POST /v1/read?filename=x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 160\r\n\r\nx',
      65,
    ],
    ['after an answer', 'GET /info?filename=x HTTP/1.1\r\nHost: localhost\r\n\r\n', 70],
  ])('%s', async (_, text, mostSeconds) => {
    const server = await lab.serve();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const startedMs = Date.now();
    socket.on('error', () => undefined);
    socket.write(text);
    socket.resume();
    await closed(socket);
    expect(Date.now() - startedMs).toBeLessThan(mostSeconds * 1000);
  });
});

test('cut at every byte, the target is what it was or what it should be, and the next copy ends well', async () => {
  const honest = await lab.serve('--allow-write', '--no-cache');
  const source = lab.put(lab.here, 'source', content);
  lab.put(lab.root, 'source', content);
  for (const way of ['pull', 'push'] as const) {
    const target =
      way === 'pull' ? lab.put(lab.here, 'pulled', old) : lab.put(lab.root, 'pushed', old);
    const copy = async (url: string): Promise<unknown> =>
      way === 'pull'
        ? lab.copyFile(`${url}/source`, target)
        : lab.copyFile(source, `${url}/pushed`);
    let isWhole = false;
    for (let bytes = 1; !isWhole; bytes++) {
      lab.put(way === 'pull' ? lab.here : lab.root, way === 'pull' ? 'pulled' : 'pushed', old);
      const failure = await copy(await fragile(honest.url, bytes)).then(
        () => undefined,
        (error: unknown) => error as { readonly code: string },
      );
      const now = readFileSync(target);
      isWhole = failure === undefined;
      const context = `${way}, cut after ${bytes} bytes`;
      if (failure) expect(failure.code, context).toBe('REMOTE_UNREACHABLE');
      expect(now.equals(content) || (!isWhole && now.equals(old)), context).toBe(true);
      await copy(honest.url);
      expect(readFileSync(target).equals(content), context).toBe(true);
    }
  }
});
