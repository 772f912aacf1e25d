/** Copies over HTTP for a long time. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { killAndResume } from '../support/killed.js';
import { createCopyLab } from '../support/copy-lab.js';
import { noise } from '../support/seed.js';

const lab = createCopyLab();

test('killed at two hundred places and resumed, the target is always whole', async () => {
  await killAndResume(lab, 200, 1);
});

test('fifty clients with a thousand requests each leave no memory behind', async () => {
  const server = await lab.serve('--allow-write', '--no-cache');
  const { pid } = server.process;
  const residentBytes = (): number => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  };
  const content = noise(128 * 1024, 41);
  lab.put(lab.root, 'file', content);
  let requests = 0;
  const client = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const { identity } = (
        (await (await fetch(`${server.url}/info?filename=file`)).json()) as {
          varve: { identity: string };
        }
      ).varve;
      const range = Buffer.alloc(16);
      range.writeBigUInt64BE(BigInt(content.length), 8);
      const path = `${server.url}/v1/read?filename=file&identity=${identity}`;
      const answer = await fetch(path, { method: 'POST', body: range });
      expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
      requests += 2;
    }
  };
  const clients = (count: number) => Promise.all(Array.from({ length: 50 }, () => client(count)));
  // Warm: the heap has its size.
  await clients(100);
  const before = residentBytes();
  await clients(400);
  expect(requests).toBe(50_000);
  expect(residentBytes()).toBeLessThan(before * 1.2);
});
