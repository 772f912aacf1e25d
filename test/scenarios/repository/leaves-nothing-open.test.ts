/** Whatever an operation does and however it ends: what it opened is closed, and its workers are ended. */
import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { FileSystem } from '../../../src/platform/files.js';
import type { BeginJob } from '../../../src/repo/worker/jobs.js';
import type { WorkerPool } from '../../../src/repo/worker/pool.js';
import { isChange, watchedFiles, type Call } from '../../support/disk/watched-files.js';
import { systemError } from '../../support/faulty-files.js';
import { createLab, SMALL_PIECES, type Lab } from '../../support/lab.js';
import { noise, prose } from '../../support/seed.js';

type CreatePool = (lanes: number, begin?: (lane: number) => BeginJob) => WorkerPool;

/** Files of which it is known what is open, and pools of which it is known whether they were closed. */
function watchLab(
  lab: Lab,
  fails: (call: Call, position: number) => string | undefined = () => undefined,
) {
  const open = new Map<number, string>();
  const pools: { isClosed: boolean }[] = [];
  let position = 0;
  const files: FileSystem = watchedFiles((call, act) => {
    const code = isChange(call) || call.name === 'open' ? fails(call, ++position) : undefined;
    if (code !== undefined) throw systemError(code);
    const result = act();
    if (call.name === 'open' || call.name === 'create') open.set(result as number, call.path);
    if (call.name === 'close') open.delete(call.descriptor ?? -1);
    return result;
  });
  lab.useFiles(files);
  const createPool: CreatePool = (...of) => {
    const pool = lab.createPool(...of);
    const state = { isClosed: false };
    pools.push(state);
    return {
      ...pool,
      close(reason) {
        state.isClosed = true;
        return pool.close(reason);
      },
    };
  };
  return {
    createPool,
    calls: () => position,
    expectClosed(label: string): void {
      lab.useRealFiles();
      expect([...open.values()], label).toEqual([]);
      expect(
        pools.filter(({ isClosed }) => !isClosed),
        label,
      ).toEqual([]);
    },
  };
}

/** Two snapshots and a source that has moved on: small files, a large one, a link, directories. */
async function prepare(): Promise<Lab> {
  const lab = createLab({ chunking: SMALL_PIECES });
  for (const state of [1, 2, 3]) {
    lab.write('d/e/text', prose(30 + state, 1));
    lab.write('large', noise(20_000 + state, 2));
    lab.write(`only-${state}`, prose(5, state));
    if (state === 1) fs.symlinkSync('large', lab.path('link'));
    if (state < 3) await lab.backup();
  }
  return lab;
}

type Operation = (lab: Lab, how: How) => Promise<unknown>;

interface How {
  readonly createPool: CreatePool;
  readonly signal?: AbortSignal;
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  backup: (lab, how) => lab.backup(how),
  'backup of several roots, of which one is gone and one is the repository': (lab, how) =>
    lab.backup({
      ...how,
      paths: [lab.path('d'), lab.path('large'), lab.repository, lab.path('missing')],
      toleratesMissing: true,
    }),
  'backup of nothing but the repository': (lab, how) =>
    lab.backup({ ...how, paths: [lab.repository, lab.packs] }),
  'backup that finds nothing new': async (lab, how) => {
    lab.useRealFiles();
    await lab.backup();
    return lab.backup({ ...how, skipsIfUnchanged: true });
  },
  'dry run of a backup': (lab, how) => lab.backup({ ...how, isDryRun: true }),
  restore: (lab, how) => lab.restore(2, how),
  'restore that reads back': (lab, how) => lab.restore(1, { ...how, verifies: true }),
  'restore in place': (lab, how) =>
    lab.restoreInPlace(1, { overwrite: 'always', deletes: 'always' }, how),
  'restore of what is not there': (lab, how) =>
    lab.restore(1, { ...how, paths: [lab.path('none')] }),
  verify: (lab, how) => lab.verify(how),
  prune: (lab, how) => lab.prune({ keepLast: 1 }, how),
  repair: (lab, how) => lab.repair(how),
  'rebuild of the index': (lab) => lab.rebuild(),
};

describe.each(Object.entries(OPERATIONS))('%s', (name, operate) => {
  test('leaves nothing open', async () => {
    const lab = await prepare();
    const watch = watchLab(lab);
    await operate(lab, watch).catch(() => undefined);
    watch.expectClosed(name);
  });

  test('leaves nothing open when the system refuses one of its calls', async () => {
    const lab = await prepare();
    const count = 6;
    const dry = watchLab(lab);
    await operate(lab, dry).catch(() => undefined);
    lab.useRealFiles();
    for (let turn = 0; turn < count; turn++) {
      const hit = 1 + Math.floor((turn * dry.calls()) / count);
      const code = turn % 2 === 0 ? 'EIO' : 'ENOSPC';
      const watch = watchLab(lab, (_, position) => (position === hit ? code : undefined));
      await operate(lab, watch).catch(() => undefined);
      watch.expectClosed(`${name}, ${code} at call ${hit}`);
    }
  });

  test('leaves nothing open when it is interrupted', async () => {
    const lab = await prepare();
    const controller = new AbortController();
    const watch = watchLab(lab);
    const createPool: CreatePool = (...of) => {
      controller.abort();
      return watch.createPool(...of);
    };
    await operate(lab, { createPool, signal: controller.signal }).catch(() => undefined);
    watch.expectClosed(name);
  });
});
