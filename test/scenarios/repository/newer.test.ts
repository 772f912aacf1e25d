/** What a newer program would have written, under checksums that are right: never called damaged. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { FrameKind } from '../../../src/repo/packs/frame.js';
import { queryIndex } from '../../support/index-facts.js';
import { createLab, type Lab } from '../../support/lab.js';
import { prose } from '../../support/seed.js';
import { readTree } from '../../support/tree.js';

const HEADER_BYTES = 48;
const CODEC_OF_FIRST_SECTION = HEADER_BYTES;

/** Changes the newest frame of a kind, and makes its checksums right again. */
function rewrite(lab: Lab, kind: FrameKind, at: number): void {
  const [{ pack, start } = { pack: 0, start: 0 }] = queryIndex<{ pack: number; start: number }>(
    lab.repository,
    `SELECT pack, start FROM frame WHERE kind = ${kind} ORDER BY pack DESC, start DESC LIMIT 1`,
  );
  const path = join(lab.packs, `${String(pack).padStart(8, '0')}.pack`);
  const bytes = fs.readFileSync(path);
  const frame = bytes.subarray(start);
  frame.writeUInt8(9, at);
  const tableBytes = frame.readUInt32LE(12);
  frame.writeUInt32LE(crc32(frame.subarray(HEADER_BYTES, HEADER_BYTES + tableBytes)), 36);
  frame.writeUInt32LE(crc32(frame.subarray(0, 44)), 44);
  fs.writeFileSync(path, bytes);
}

async function prepare(): Promise<Lab> {
  const lab = createLab({ lanes: 1 });
  for (const state of [1, 2, 3]) {
    lab.write('log.txt', prose(60 + 5 * state, 1));
    lab.write(`new-${state}.txt`, prose(40, state));
    await lab.backup();
  }
  return lab;
}

const newer = {
  code: 'FORMAT_UNKNOWN',
  hint: 'Use the newer version of Varve that wrote it.',
};

describe.each([
  ['a codec of file contents', FrameKind.full, CODEC_OF_FIRST_SECTION],
  ['a codec of deltas', FrameKind.delta, CODEC_OF_FIRST_SECTION],
  ['a codec of a manifest', FrameKind.manifestPart, CODEC_OF_FIRST_SECTION],
  ['a kind of frame', FrameKind.full, 5],
  ['a version of a frame', FrameKind.delta, 4],
])('%s that is not known', (_, kind, at) => {
  test('stops verify, repair and a rebuild of the index, which change nothing', async () => {
    const lab = await prepare();
    rewrite(lab, kind, at);
    const before = readTree(lab.repository);
    await expect(lab.verify()).rejects.toMatchObject(newer);
    await expect(lab.repair()).rejects.toMatchObject(newer);
    await expect(lab.rebuild()).rejects.toMatchObject(newer);
    const packs = [...readTree(lab.repository)].filter(([path]) => path.startsWith('packs/'));
    expect(packs).toEqual([...before].filter(([path]) => path.startsWith('packs/')));
  });
});

describe.each([
  ['a codec of file contents', FrameKind.full, 3],
  ['a codec of deltas', FrameKind.delta, 1],
])('%s that is not known', (_, kind, snapshot) => {
  test('stops a restore that needs it', async () => {
    const lab = await prepare();
    rewrite(lab, kind, CODEC_OF_FIRST_SECTION);
    await expect(lab.restore(snapshot)).rejects.toMatchObject(newer);
  });
});
