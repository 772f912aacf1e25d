/** Answers that are written piece by piece: what the client gets of them, and what becomes of them without it. */
import { once } from 'node:events';
import * as http from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  BinaryAnswer,
  PiecemealAnswer,
  TextAnswer,
} from '../../../../src/remote/transport/server/answers.js';
import { ask } from '../../../support/requests.js';
import { listen } from '../../../support/tampering.js';

/** The answer that a client waits for. */
async function asked(): Promise<{ readonly outgoing: http.ServerResponse }> {
  const server = http.createServer();
  const url = new URL(await listen(server));
  const request = http.get({ hostname: url.hostname, port: url.port, agent: false });
  request.on('error', () => undefined);
  request.on('response', (answer) => answer.on('error', () => undefined));
  onTestFinished(() => void request.destroy());
  const [, outgoing] = (await once(server, 'request')) as [unknown, http.ServerResponse];
  return { outgoing };
}

async function served(answer: (outgoing: http.ServerResponse) => Promise<void>) {
  const server = http.createServer((_, outgoing) => void answer(outgoing));
  return { url: await listen(server) };
}

describe('the client gets', () => {
  test('bytes with their length, and all pieces in order', async () => {
    const server = await served(async (outgoing) => {
      const answer = new BinaryAnswer(outgoing, 6, { 'varve-identity': 'x' });
      for (const piece of ['ab', 'cd', 'ef']) await answer.write(Buffer.from(piece));
      await answer.end();
    });
    const { status, headers, body } = await ask(server, '/');
    expect([status, body]).toEqual([200, 'abcdef']);
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '6',
      'cache-control': 'no-store',
      'varve-identity': 'x',
    });
  });

  test('text without a length', async () => {
    const server = await served(async (outgoing) => {
      const answer = new TextAnswer(outgoing);
      await answer.write(Buffer.from('line\n'));
      await answer.end();
    });
    const { headers, body } = await ask(server, '/');
    expect(body).toBe('line\n');
    expect(headers).toMatchObject({ 'content-type': 'text/plain', 'cache-control': 'no-store' });
    expect(headers['content-length']).toBeUndefined();
  });

  test.each([0, 3])('a broken connection where it is broken off after %i bytes', async (bytes) => {
    const server = await served(async (outgoing) => {
      const answer = new TextAnswer(outgoing);
      if (bytes > 0) await answer.write(Buffer.alloc(bytes));
      answer.breakOff();
      expect(answer.isGone).toBe(true);
    });
    await expect(ask(server, '/')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('whoever writes', () => {
  test('waits until a piece is taken, and leaves no listener', async () => {
    const { outgoing } = await asked();
    const answer = new PiecemealAnswer(outgoing, {});
    await answer.write(Buffer.alloc(1));
    const listeners = outgoing.listenerCount('close');
    for (let pieces = 0; pieces < 30; pieces += 1) await answer.write(Buffer.alloc(1));
    expect(outgoing.listenerCount('close')).toBe(listeners);
  });

  test('has its memory free again only when the socket has taken it', async () => {
    const { outgoing } = await asked();
    const answer = new PiecemealAnswer(outgoing, {});
    let take = (): void => undefined;
    outgoing.write = ((_: unknown, taken: () => void) => {
      take = taken;
      return true;
    }) as never;
    let isFree = false;
    const writing = answer.write(Buffer.alloc(1)).then(() => (isFree = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isFree).toBe(false);
    take();
    await writing;
  });

  test('waits no longer when the client is gone, and writes nothing more', async () => {
    const { outgoing } = await asked();
    const answer = new PiecemealAnswer(outgoing, {});
    // What the socket has not taken when it closes, it never does.
    outgoing.write = (() => false) as never;
    const writing = answer.write(Buffer.alloc(1));
    outgoing.socket?.destroy();
    await writing;
    expect(answer.isGone).toBe(true);
    let written = 0;
    outgoing.write = (() => (written += 1)) as never;
    outgoing.end = (() => (written += 1)) as never;
    await answer.write(Buffer.alloc(1));
    await answer.end();
    expect(written).toBe(0);
  });

  test('waits for the end until the answer is closed', async () => {
    const { outgoing } = await asked();
    const answer = new PiecemealAnswer(outgoing, {});
    const ending = answer.end();
    expect(answer.isGone).toBe(false);
    await ending;
    expect([outgoing.closed, outgoing.writableFinished]).toEqual([true, true]);
  });
});
