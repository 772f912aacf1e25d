/** Ten thousand connections at once: the server keeps its 512, and has room for the next client. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { closed } from '../../support/requests.js';
import { createCopyLab } from '../../support/copy-lab.js';
import { noise } from '../../support/seed.js';

const CROWD = 10_000;
const lab = createCopyLab();

test('of ten thousand connections 512 are kept, in little memory, and the next client is answered', async () => {
  lab.put(lab.root, 'file', noise(100_000, 81));
  const server = await lab.serve('--no-cache');
  const { pid } = server.process;
  const residentBytes = (): number => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  };
  const openDescriptors = (): number => readdirSync(`/proc/${pid}/fd`).length;
  const info = async (): Promise<number> =>
    (await fetch(`${server.file('info')}?filename=file`)).status;
  expect(await info()).toBe(200);
  const [bytes, descriptors] = [residentBytes(), openDescriptors()];

  const port = Number(new URL(server.url).port);
  const sockets = Array.from({ length: CROWD }, () => connect(port, '127.0.0.1'));
  let gone = 0;
  // One of the 512 is the client's that asked before.
  const refused = new Promise<void>((resolve) => {
    const count = (): void => {
      gone += 1;
      if (gone === CROWD - 512) resolve();
    };
    sockets.forEach((socket) => socket.once('close', count));
  });
  sockets.forEach((socket) => {
    socket.on('error', () => undefined);
    socket.write('GET /info?filename=file HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.resume();
  });
  await refused;
  expect(gone).toBeLessThanOrEqual(CROWD - 511);
  expect(openDescriptors() - descriptors).toBeLessThanOrEqual(512);
  expect(residentBytes() - bytes).toBeLessThan(64 * 1024 * 1024);

  const kept = sockets.filter((socket) => !socket.destroyed);
  const all = Promise.all(kept.map(closed));
  kept.forEach((socket) => socket.destroy());
  await all;
  const target = await lab.copy(server.file('file'), 'copied');
  expect(target.size).toBe(100_000);
});

test('a server whose connections are all taken refuses the next client at once', async () => {
  const server = await lab.serve('--no-cache');
  const port = Number(new URL(server.url).port);
  const sockets = Array.from({ length: 512 }, () => connect(port, '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const { code, stderr } = await lab.run(['copy', server.file('file'), 'refused']);
  expect(code).toBe(1);
  expect(stderr).toContain('does not answer');
  sockets.forEach((socket) => socket.destroy());
});
