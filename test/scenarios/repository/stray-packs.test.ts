/** What lies in `packs/` and is no pack of this repository is left alone, and keeps nobody from working. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { needPrograms } from '../../support/machine.js';
import { createLab, type Lab } from '../../support/lab.js';

const write = (content: string | Buffer) => (path: string) => fs.writeFileSync(path, content);

const STRAYS: Record<string, [name: string, make: (path: string) => void]> = {
  'a number of 20 digits': ['12345678901234567890.pack', write('x'.repeat(5000))],
  'a number of 11 digits': ['12345678901.pack', write('')],
  'a number beyond 32 bits': ['4294967296.pack', write('x'.repeat(5000))],
  'the last number': ['4294967295.pack', write('x'.repeat(5000))],
  'a number with too many zeros': ['000000001.pack', write('x'.repeat(5000))],
  'a directory': ['00000007.pack', (path) => fs.mkdirSync(path)],
  'a directory with the next number': ['00000004.pack', (path) => fs.mkdirSync(path)],
  'a named pipe': ['00000005.pack', (path) => void spawnSync('mkfifo', [path])],
  'a link to nothing': ['00000008.pack', (path) => fs.symlinkSync('nothing', path)],
  'a link to a directory': ['00000009.pack', (path) => fs.symlinkSync('.', path)],
  'a short note': ['00000006.pack', write('to do')],
  'half of a header and more': ['00000010.pack', write('VARVPACKxxxx')],
  'a long text': ['00000011.pack', write('a long text '.repeat(1000))],
  zeros: ['00000012.pack', write(Buffer.alloc(100))],
  'another name': ['notes.txt', write('to do')],
};

async function prepare(): Promise<Lab> {
  const lab = createLab({ lanes: 2 });
  for (const content of ['one', 'two']) {
    lab.write('a', content.repeat(3000));
    lab.write(content, content);
    await lab.backup();
  }
  return lab;
}

function look(path: string): string {
  const stat = fs.lstatSync(path);
  return stat.isFile() ? fs.readFileSync(path, 'latin1') : `${stat.mode} ${stat.ino}`;
}

describe.each(Object.entries(STRAYS))('%s in packs/', (_, [name, make]) => {
  test('is left alone by every operation', async () => {
    needPrograms('mkfifo');
    const lab = await prepare();
    const path = join(lab.packs, name);
    make(path);
    const before = look(path);
    const operations = [
      () => lab.verify(),
      () => lab.backup(),
      () => lab.restore(2),
      () => lab.backup({ isDryRun: true }),
      () => lab.repair(),
      () => lab.rebuild(),
      () => lab.prune({ keepLast: 1 }),
      () => lab.backup(),
    ];
    for (const operate of operations) {
      lab.write('new', `${Math.random()}`.repeat(5000));
      await operate();
      expect(look(path)).toBe(before);
    }
    await lab.expectSound();
  });
});

test('what an interrupted run left of a pack goes, however short it is', async () => {
  for (const length of [0, 1, 8, 31]) {
    const lab = await prepare();
    const header = fs.readFileSync(join(lab.packs, '00000001.pack')).subarray(0, 32);
    header.writeUInt32LE(9, 12);
    fs.writeFileSync(join(lab.packs, '00000009.pack'), header.subarray(0, length));
    await lab.backup();
    expect(fs.existsSync(join(lab.packs, '00000009.pack')), `${length} bytes`).toBe(false);
    await lab.expectSound();
  }
});

test('a pack in whose place something else lies is damage, and none that is waited for', async () => {
  needPrograms('mkfifo');
  for (const make of [STRAYS['a directory']![1], STRAYS['a named pipe']![1]]) {
    const lab = await prepare();
    const path = join(lab.packs, '00000001.pack');
    fs.rmSync(path);
    make(path);
    const { ok, damage } = await lab.verify();
    expect(ok).toBe(false);
    expect(damage[0]?.code).toBe('PACK_CORRUPT');
  }
});
