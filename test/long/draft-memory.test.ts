/** What all new files that a server is sent take of its memory, at the bound as it is. */
import { closeSync, ftruncateSync, openSync } from 'node:fs';
import * as http from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCopyLab } from '../support/copy-lab.js';
import { ask, type Answer } from '../support/requests.js';

const lab = createCopyLab();
const GIB = 2 ** 30;

test('all new files together take no more than their share of memory', async () => {
  const server = await lab.serve('--allow-write', '--no-cache', '--jobs', '2');
  const agents = Array.from({ length: 4 }, () => new http.Agent({ keepAlive: true }));
  const begin = async (count: number): Promise<Answer> => {
    const info = await ask(server, `/info?filename=basis-${count}`);
    const { varve } = JSON.parse(info.body) as { varve: { identity: string } };
    const basis = { name: 'old', identity: varve.identity };
    const body = JSON.stringify({ method: 'blake3', size: 4096, block_size: 4096, basis });
    const agent = agents[count]!;
    return ask(server, `/v1/drafts?filename=basis-${count}`, { method: 'POST', body, agent });
  };
  const ids: string[] = [];
  const statuses: number[] = [];
  for (let count = 0; count < 4; count++) {
    const descriptor = openSync(join(lab.root, `basis-${count}`), 'w');
    ftruncateSync(descriptor, 28 * GIB);
    closeSync(descriptor);
    const answer = await begin(count);
    statuses.push(answer.status);
    if (answer.status === 201) ids.push((JSON.parse(answer.body) as { id: string }).id);
    else expect(answer.body).toContain('would take more than 512 MiB');
  }
  expect(statuses).toEqual([201, 201, 409, 409]);
  const drop = (id: string) => ask(server, `/v1/drafts/${id}`, { method: 'DELETE' });
  await Promise.all(ids.map(drop));
  expect((await begin(3)).status).toBe(201);
  agents.forEach((agent) => agent.destroy());
}, 120_000);
