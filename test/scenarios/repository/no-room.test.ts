/** A run that finds no room for more bytes leaves none of its own behind. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { faultyFiles, systemError } from '../../support/faulty-files.js';
import { noise } from '../../support/seed.js';
import { streamOf } from '../../support/byte-stream.js';
import { createLab, type Lab } from '../../support/lab.js';

function packsOf({ packs }: Lab): Record<string, number> {
  const names = fs.readdirSync(packs).sort();
  return Object.fromEntries(names.map((name) => [name, fs.statSync(join(packs, name)).size]));
}

/** Two snapshots, and more to come than fits into the packs that there are. */
async function prepare(): Promise<Lab> {
  const lab = createLab({ lanes: 2, answersAtOnce: true });
  for (const seed of [1, 2]) {
    lab.write('a', noise(30_000, seed));
    lab.write(`b${seed}`, noise(30_000, seed + 10));
    await lab.backup();
  }
  for (let i = 0; i < 6; i++) lab.write(`new/${i}`, noise(700_000, i + 20));
  lab.write('a', noise(30_000, 3));
  return lab;
}

/** Every write from the nth on fails; whether one did. */
async function failFrom(
  lab: Lab,
  nth: number,
  code: string,
  operate: () => Promise<unknown>,
): Promise<boolean> {
  let writes = 0;
  lab.useFiles(
    faultyFiles(({ name }) => {
      if ((name !== 'write' && name !== 'create') || ++writes < nth) return undefined;
      return { type: 'tear', lengthBytes: 10, error: systemError(code) };
    }),
  );
  const isFailed = await operate().then(
    () => false,
    () => true,
  );
  lab.useRealFiles();
  return isFailed;
}

describe.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('after %s at any write', (code) => {
  test('a backup, a backup of a stream and a prune take their packs away', async () => {
    const lab = await prepare();
    const operations = [
      () => lab.backup(),
      () => lab.backupStream('stream', streamOf(noise(900_000, 77))),
      () => lab.prune({ keepLast: 1 }),
    ];
    for (const operate of operations) {
      const before = packsOf(lab);
      for (let nth = 1; nth < 30; nth++) {
        if (!(await failFrom(lab, nth, code, operate))) break;
        expect(packsOf(lab), `write ${nth}`).toEqual(before);
      }
    }
    await lab.backup();
    await lab.expectSound();
  });
});

test('packs that a run began go, and those that are somebody else’s stay', async () => {
  const lab = createLab({ lanes: 2, answersAtOnce: true });
  for (let i = 0; i < 6; i++) lab.write(`new/${i}`, noise(700_000, i + 20));
  fs.writeFileSync(join(lab.packs, '00000009.pack'), 'somebody’s, and longer than a header is');
  const before = packsOf(lab);
  let hits = 0;
  for (let nth = 1; nth < 30; nth++) {
    if (!(await failFrom(lab, nth, 'ENOSPC', () => lab.backup()))) break;
    hits += 1;
    expect(packsOf(lab), `write ${nth}`).toEqual(before);
  }
  expect(hits).toBeGreaterThan(5);
  await lab.expectSound();
});

test.each(['EIO', 'ESTALE', 'EACCES'])('after %s they stay, and are taken up', async (code) => {
  const lab = await prepare();
  const before = packsOf(lab);
  expect(await failFrom(lab, 5, code, () => lab.backup())).toBe(true);
  expect(packsOf(lab)).not.toEqual(before);
  const { bytesStored } = await lab.backup();
  expect(bytesStored).toBeLessThan(6 * 700_000);
  await lab.expectSound();
});
