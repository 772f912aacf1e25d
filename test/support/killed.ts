/** Kills one side in the midst of copies, at places that a seed gives, and resumes. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect } from 'vitest';
import { noise, drawer } from './seed.js';
import { type CopyLab } from './copy-lab.js';

const BLOCK = 4096;
const old = noise(200 * BLOCK + 11, 21);
/** Half of it is new, a quarter moved. */
const content = Buffer.concat([
  old.subarray(100 * BLOCK + 77, 150 * BLOCK),
  noise(100 * BLOCK, 22),
  old.subarray(150 * BLOCK),
]);

/** A way to a server on which `act` is done after so many bytes, both ways together. */
async function tripwire(url: string, bytes: number, act: () => void) {
  let rest = bytes;
  const server = createServer((client: Socket) => {
    const far = connect(Number(new URL(url).port), '127.0.0.1');
    for (const [from, to] of [
      [client, far],
      [far, client],
    ] as const) {
      from.on('data', (chunk: Buffer) => {
        to.write(chunk);
        const isReached = rest > 0 && rest <= chunk.length;
        rest -= chunk.length;
        if (isReached) act();
      });
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/** Copies `count` times to a server; each copy loses the server or, every other time, the client. */
export async function killAndResume(lab: CopyLab, count: number, seed: number): Promise<void> {
  const draw = drawer(seed);
  const source = lab.put(lab.here, 'source', content);
  for (let index = 0; index < count; index++) {
    const target = lab.put(lab.root, 'target', old);
    const place = draw(450_000) + 1;
    const first = await lab.serve('--allow-write', '--no-cache');
    const controller = new AbortController();
    const killsServer = index % 2 === 0;
    const wire = await tripwire(first.url, place, () => {
      if (killsServer) first.process.kill('SIGKILL');
      else controller.abort();
    });
    const attempt = lab.copyFile(source, `${wire.url}/target`, { signal: controller.signal });
    const failure: unknown = await attempt.then(
      () => undefined,
      (error: unknown) => error,
    );
    wire.close();
    first.process.kill('SIGKILL');
    const now = readFileSync(target);
    const context = `seed ${seed}, copy ${index}, killed after ${place} bytes`;
    expect(now.equals(old) || now.equals(content), context).toBe(true);
    if (failure === undefined) expect(now.equals(content), context).toBe(true);
    const second = await lab.serve('--allow-write', '--no-cache');
    await lab.copyFile(source, second.file('target'));
    second.process.kill('SIGKILL');
    expect(readFileSync(target).equals(content), context).toBe(true);
  }
}
