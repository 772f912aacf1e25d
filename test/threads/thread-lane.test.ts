import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { bytesFromText } from '../../src/platform/bytes.js';
import { signatureKind } from '../../src/rdiff/format/kinds.js';
import { kernelModule } from '../../src/rdiff/format/wasm/kernel.js';
import type { PartJob, WorkerStart } from '../../src/rdiff/worker/messages.js';
import { PackKind } from '../../src/repo/packs/pack-store.js';
import { STAT_FIELDS, type Job, type WorkerSetup } from '../../src/repo/worker/jobs.js';
import { createPool } from '../../src/threads/pool.js';
import { threadLanes } from '../../src/threads/thread-lane.js';
import { scratchDirectory } from '../support/directory.js';

const TEBIBYTE = 2 ** 40;

/** A thread that sums the blocks of a file of a tebibyte of zeros: an hour's work. */
function longWork() {
  const path = `${scratchDirectory()}/zeros`;
  fs.writeFileSync(path, '');
  fs.truncateSync(path, TEBIBYTE);
  const descriptor = fs.openSync(path, 'r');
  const header = { kind: signatureKind('rollsum', 'md4'), blockLength: 2 ** 20, strongLength: 16 };
  const setup: WorkerStart = {
    task: { type: 'signature', descriptor, header },
    kernel: kernelModule(),
  };
  const said: unknown[] = [];
  const lane = threadLanes<PartJob>(
    'dist/thread-rdiff.js',
    setup,
  )({
    done: (id, result) => said.push({ id, bytes: (result as Uint8Array).length }),
    failed: (id, { message }) => said.push({ id, message }),
    died: ({ message }) => said.push({ died: message }),
  });
  const sum = (id: number, end: number): void =>
    lane.post({ id, job: { type: 'signature', start: 0, end } });
  return { lane, said, sum, close: () => fs.closeSync(descriptor) };
}

/** When the lane has said so much. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

test('closing ends a thread in the midst of a job, and it begins no other', async () => {
  const { lane, said, sum, close } = longWork();
  sum(1, 2 ** 21);
  await until(() => said.length > 0);
  expect(said).toEqual([{ id: 1, bytes: 2 * (4 + 16) }]);
  sum(2, TEBIBYTE);
  sum(3, 2 ** 20);
  await lane.close();
  expect(said).toHaveLength(1);
  close();
});

test('closing ends a thread that has not begun: while it is being loaded, and where it was idle', async () => {
  const early = longWork();
  early.sum(1, TEBIBYTE);
  await early.lane.close();
  expect(early.said).toEqual([]);
  early.close();
  const idle = longWork();
  await idle.lane.close();
  await idle.lane.close();
  idle.close();
});

test('a lane whose thread died can be closed', async () => {
  const died: string[] = [];
  const lane = threadLanes(
    'dist/no-such-thread.js',
    undefined,
  )({
    done: () => undefined,
    failed: () => undefined,
    died: ({ message }) => died.push(message),
  });
  await until(() => died.length > 0);
  await lane.close();
  expect(died).toHaveLength(1);
});

test('a thread that was ended has closed what its job had open, and the packs of its lane', async () => {
  const directory = scratchDirectory();
  const paths = Array.from({ length: 2000 }, (_, index) => `${directory}/${index}`);
  for (const path of paths) fs.writeFileSync(path, path);
  fs.mkdirSync(`${directory}/packs`);
  const open = (): string[] =>
    fs.readdirSync('/proc/self/fd').flatMap((descriptor) => {
      try {
        const path = fs.readlinkSync(`/proc/self/fd/${descriptor}`);
        return path.startsWith(directory) ? [path] : [];
      } catch {
        return [];
      }
    });
  const setup: WorkerSetup = {
    packDirectory: `${directory}/packs`,
    repositoryId: Buffer.alloc(16, 7),
  };
  const lane = { kind: PackKind.blobs, firstNumber: 1, step: 1 };
  const pool = createPool<Job, Record<Job['type'], unknown>>({
    laneCount: 1,
    startCost: 0,
    open: threadLanes('dist/thread-repo.js', setup),
    begin: () => ({ type: 'begin', generation: 1, level: 1, lane }),
  });
  const read = (ticket: number): Promise<unknown> =>
    pool.run({
      type: 'read-files',
      ticket,
      paths: paths.map(bytesFromText),
      stats: new Float64Array(paths.length * STAT_FIELDS),
      tellSizes: new Uint8Array(paths.length),
      mostBytes: 4096,
    });
  await read(1);
  await pool.run({ type: 'store', ticket: 1, wanted: new Uint8Array(2000).fill(1), replaced: [] });
  expect(open()).toEqual([`${directory}/packs/00000001.pack`]);
  const jobs = Promise.allSettled([read(2), read(3), read(4)]);
  await until(() => open().length > 1);
  await pool.close(new Error('stopped'));
  expect(open()).toEqual([]);
  for (const job of await jobs) expect(job).toMatchObject({ reason: { message: 'stopped' } });
});
