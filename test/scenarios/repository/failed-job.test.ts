/** A job of a worker that fails is never passed over: what asked for it fails, and leaves all as it was. */
import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { WorkerPool } from '../../../src/repo/worker/pool.js';
import { logicalIndex } from '../../support/index-facts.js';
import { streamOf } from '../../support/byte-stream.js';
import { createLab, SMALL_PIECES, type Lab } from '../../support/lab.js';
import { noise, prose } from '../../support/seed.js';

type CreatePool = Lab['createPool'];

/** Files that are stored, in pieces and whole, replaced by deltas, moved and folded. */
async function prepare(): Promise<Lab> {
  const lab = createLab({ chunking: SMALL_PIECES });
  lab.write('alive', noise(5000, 1));
  for (let part = 0; part < 12; part += 1) lab.write(`dead-${part}`, noise(5000, 20 + part));
  for (const state of [1, 2, 3]) {
    lab.write('log.txt', prose(100 + state, 1));
    lab.write('large', Buffer.concat([noise(15_000, 3), noise(9000, 30 + state)]));
    await lab.backup();
    for (let part = 0; part < 12; part += 1) fs.rmSync(lab.path(`dead-${part}`), { force: true });
  }
  lab.write('log.txt', prose(104, 1));
  lab.write('large', Buffer.concat([noise(15_000, 3), noise(9000, 40)]));
  lab.write('new', noise(3000, 50));
  return lab;
}

/** Jobs of which the one at `position` fails, once it was done. */
function failingPool(lab: Lab, position: number) {
  const types: string[] = [];
  const createPool: CreatePool = (...of): WorkerPool => {
    const pool = lab.createPool(...of);
    return {
      ...pool,
      run: (job, lane) => {
        const isIt = types.push(job.type) === position;
        const result = pool.run(job, lane);
        if (!isIt) return result;
        return result.then(() => {
          throw new Error(`${job.type} failed`);
        });
      },
    };
  };
  return { createPool, types };
}

const OPERATIONS: readonly (readonly [
  string,
  (lab: Lab, createPool: CreatePool) => Promise<unknown>,
  jobs: readonly string[],
])[] = [
  [
    'a backup',
    (lab, createPool) => lab.backup({ createPool }),
    ['read-files', 'read-window', 'retire', 'store', 'survey', 'sync'],
  ],
  [
    'a backup of a stream',
    (lab, createPool) => lab.backupStream('dump', streamOf(noise(40_000, 60)), { createPool }),
    ['store', 'sync', 'take-pieces'],
  ],
  [
    'a prune',
    (lab, createPool) => lab.pruneNamed({ snapshots: [1, 2], createPool }),
    ['rewrite', 'sync'],
  ],
  ['a verification', (lab, createPool) => lab.verify({ createPool }), ['verify']],
  ['a restore', (lab, createPool) => lab.restore(1, { createPool }), ['restore']],
];

describe.each(OPERATIONS)('%s', (_, operate, jobs) => {
  test('fails as any of its jobs fails, and changes nothing', async () => {
    const lab = await prepare();
    const before = logicalIndex(lab.repository);
    const failed = new Set<string>();
    for (let position = 1; ; position += 1) {
      const { createPool, types } = failingPool(lab, position);
      const ended = await operate(lab, createPool).then(
        () => undefined,
        (error: unknown) => error as Error,
      );
      const type = types[position - 1];
      if (type === undefined) {
        expect(ended).toBeUndefined();
        break;
      }
      failed.add(type);
      expect(ended?.message, `job ${position}`).toBe(`${type} failed`);
      expect(logicalIndex(lab.repository), `job ${position}`).toEqual(before);
    }
    expect([...failed].sort()).toEqual(jobs);
    await lab.expectSound();
  });
});
