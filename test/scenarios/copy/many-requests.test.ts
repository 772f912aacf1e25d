/** Many requests at once: nothing collects listeners, and all end with the signal. */
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Connection } from '../../../src/remote/transport/client/connection.js';
import { Link } from '../../../src/remote/transport/client/link.js';

let release: () => void;
let gate: Promise<void>;
let arrived = 0;
const server = http.createServer((_, outgoing) => {
  arrived += 1;
  void gate.then(() => outgoing.end('{}'));
});
const warnings: Error[] = [];
const onWarning = (warning: Error): void => void warnings.push(warning);

beforeAll(async () => {
  process.on('warning', onWarning);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  process.off('warning', onWarning);
  server.closeAllConnections();
  server.close();
});

function ask(
  count: number,
  signal: AbortSignal,
): { connection: Connection; all: Promise<unknown>[] } {
  gate = new Promise((resolve) => (release = resolve));
  arrived = 0;
  const { port } = server.address() as AddressInfo;
  const connection = new Connection({
    url: new URL(`http://127.0.0.1:${port}`),
    token: undefined,
    concurrency: count,
    signal,
    link: new Link({ compression: 'off', mostBytesPerSecond: undefined, nowMs: () => 0 }),
    reportedCodes: [],
  });
  const request = { method: 'POST', path: '/', body: [Buffer.alloc(300_000)] } as const;
  const all = Array.from({ length: count }, () => connection.json(request));
  return { connection, all };
}

test.each([11, 40, 64])('%i of them in flight raise no warning', async (count) => {
  const { connection, all } = ask(count, new AbortController().signal);
  await vi.waitFor(() => expect(arrived).toBe(count));
  release();
  expect(await Promise.all(all)).toHaveLength(count);
  connection.close();
  expect(warnings).toEqual([]);
});

test('all of them are interrupted at once, those that are still to come too', async () => {
  const controller = new AbortController();
  const { connection, all } = ask(20, controller.signal);
  await vi.waitFor(() => expect(arrived).toBe(20));
  controller.abort();
  const interrupted = { code: 'INTERRUPTED' };
  for (const one of await Promise.allSettled(all)) {
    expect(one).toMatchObject({ status: 'rejected', reason: interrupted });
  }
  await expect(connection.json({ method: 'GET', path: '/' })).rejects.toMatchObject(interrupted);
  expect(warnings).toEqual([]);
});
