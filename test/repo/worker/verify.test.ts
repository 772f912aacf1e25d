import { expect, test } from 'vitest';
import { openDirectoryPackStore } from '../../../src/repo/packs/pack-store.js';
import { createInlinePool } from '../../../src/repo/worker/pool.js';
import { systemError } from '../../support/faulty-files.js';
import { createLab } from '../../support/lab.js';
import { prose } from '../../support/seed.js';

test.each([
  ['EIO', 'DISK_FAILED'],
  ['ENOMEM', 'OUT_OF_MEMORY'],
])('%s while a pack is read is no damage: the verification fails', async (code, told) => {
  const lab = createLab({ lanes: 1 });
  for (const state of [1, 2, 3]) {
    lab.write('log.txt', prose(100 + state, 1));
    await lab.backup();
  }
  const { files } = lab.platform;
  const broken = {
    ...files,
    read: (): number => {
      throw systemError(code);
    },
  };
  const createPool = (laneCount: number) =>
    createInlinePool(broken, () => openDirectoryPackStore(broken, lab.packs, lab.id), laneCount);
  await expect(lab.verify({ createPool })).rejects.toMatchObject({ code: told });
  await lab.expectSound();
});
