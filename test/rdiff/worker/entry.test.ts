/** What a thread makes of the parts that it is sent, on this thread. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ByteBuilder } from '../../../src/rdiff/format/bytes.js';
import { InstructionWriter } from '../../../src/rdiff/format/instruction-writer.js';
import { InstructionJoiner } from '../../../src/rdiff/format/joiner.js';
import { addMatchCounts, emptyMatchCounts } from '../../../src/rdiff/format/statistics.js';
import { kernelModule } from '../../../src/rdiff/format/wasm/kernel.js';
import { applyDelta, makeSignature, readSignature } from '../../../src/rdiff/format/whole.js';
import { splitEvenly, type FilePart } from '../../../src/rdiff/parts.js';
import type { PartResults, Task, WorkerStart } from '../../../src/rdiff/worker/messages.js';
import type { serveJobs } from '../../../src/threads/serve-jobs.js';
import { createStopWord, stop, Stopped, type StopWord } from '../../../src/threads/stop.js';
import { scratchDirectory } from '../../support/directory.js';
import { noise } from '../../support/seed.js';

type Prepare = (start: WorkerStart, stopWord: StopWord) => { run(part: FilePart): unknown };
const served = vi.hoisted((): { prepare?: unknown } => ({}));
vi.mock('../../../src/threads/serve-jobs.js', () => ({
  serveJobs: (prepare: Parameters<typeof serveJobs>[0]) => (served.prepare = prepare),
}));
await import('../../../src/rdiff/worker/entry.js');

const BLOCK = 64;
const old = noise(40 * BLOCK + 10, 1);

function descriptorOf(bytes: Uint8Array): number {
  const path = join(scratchDirectory(), 'file');
  writeFileSync(path, bytes);
  const descriptor = openSync(path, 'r');
  onTestFinished(() => closeSync(descriptor));
  return descriptor;
}

/** A thread with a task. */
function thread<T extends Task>(task: T, stopWord = createStopWord()) {
  const start = { task, kernel: kernelModule() };
  const runner = (served.prepare as Prepare)(start, stopWord);
  return (part: FilePart) => runner.run(part) as PartResults[T['type']];
}

const signature = readSignature(makeSignature(old, { blockLength: BLOCK }));
const signatureTask = (bytes: Uint8Array) =>
  ({ type: 'signature', descriptor: descriptorOf(bytes), header: signature }) as const;
const deltaTask = (bytes: Uint8Array) =>
  ({ type: 'delta', descriptor: descriptorOf(bytes), signature, size: bytes.length }) as const;

describe.each([1, 3, 16, 100])('a part of %i blocks', (blocks) => {
  test('has the entries of its blocks, the last of all of what there is', () => {
    const run = thread(signatureTask(old));
    const entries = splitEvenly(old.length, blocks * BLOCK).map(run);
    const whole = makeSignature(old, { blockLength: BLOCK }).subarray(12);
    expect(Buffer.concat(entries).equals(whole)).toBe(true);
  });

  test.each([
    ['the same', old],
    ['moved by a byte', Buffer.concat([Buffer.from('x'), old])],
    ['of another end', Buffer.concat([old.subarray(0, 1000), noise(700, 2)])],
    ['ending as the old one', Buffer.concat([noise(1001, 2), old.subarray(20 * BLOCK)])],
    ['new', noise(1000, 3)],
    ['of nothing but the old end', old.subarray(-10)],
  ])('gives instructions that rebuild a file that is %s', (_, now) => {
    const run = thread(deltaTask(now));
    const output = new ByteBuilder();
    const writer = new InstructionWriter(output);
    const joiner = new InstructionJoiner(writer, (at, length) => now.subarray(at, at + length));
    const counts = emptyMatchCounts();
    for (const part of splitEvenly(now.length, blocks * BLOCK, BLOCK)) {
      const result = run(part);
      joiner.add(part.start, result.instructions);
      addMatchCounts(counts, result.counts);
    }
    joiner.finish();
    writer.finish();
    expect(Buffer.from(applyDelta(old, output.take())).equals(now)).toBe(true);
    const found = now === old || now.length > 1700;
    if (found) expect(counts.matches).toBeGreaterThan(10);
    // The short last block of the old file is found at the end of the new one.
    if (now.subarray(-10).equals(old.subarray(-10))) {
      expect(writer.counts.literalBytes).toBeLessThan(now.length < 20 ? 1 : 1100);
    }
  });
});

test('a part begins with the block at its own place, and counts only what it did itself', () => {
  const run = thread(deltaTask(old));
  for (const part of splitEvenly(40 * BLOCK, 8 * BLOCK)) {
    const { counts, instructions } = run(part);
    // A block length less a byte of the next part is searched, too: nothing in it is a whole block.
    expect(counts).toMatchObject({ matches: 8, searches: 0, strongSums: 8, falseMatches: 0 });
    expect([...instructions].filter((_, index) => index % 2 === 0)[0]).toBe(part.start);
  }
});

test.each([
  ['a signature', signatureTask],
  ['a delta', deltaTask],
])('a thread that is to end reads nothing more of %s', (_, taskOf) => {
  const stopWord = createStopWord();
  const run = thread({ ...taskOf(old), descriptor: -1 }, stopWord);
  stop(stopWord);
  expect(() => run({ start: 0, end: 100 })).toThrow(Stopped);
});

test.each([
  ['a signature', signatureTask],
  ['a delta', deltaTask],
])('a file that is shorter than it was fails %s', (_, taskOf) => {
  const run = thread({ ...taskOf(old.subarray(0, 100)), size: 500 } as never);
  expect(() => run({ start: 0, end: 500 })).toThrow(
    expect.objectContaining({
      code: 'RDIFF_IO',
      message: expect.stringContaining('ends at 100') as string,
    }),
  );
});
