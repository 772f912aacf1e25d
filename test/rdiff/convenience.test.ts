import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import {
  delta,
  patch,
  PYTHON_LIBRSYNC,
  readResult,
  signature,
} from '../../src/rdiff/convenience.js';
import { testDirectory } from '../support/directory.js';
import { seededBytes } from '../support/golden.js';

const directory = testDirectory();
const path = (name: string): string => join(directory, name);

describe('what the tests of python-librsync ask', () => {
  const megabyte = seededBytes('python 1', 2 ** 20);
  const other = seededBytes('python 2', 2 ** 20);

  test.each([
    { name: 'equal files', old: megabyte, now: megabyte },
    { name: 'unlike files', old: megabyte, now: other },
    { name: 'its issue 3', old: Buffer.from('Text.'), now: Buffer.from('New text.\nText.') },
    { name: 'an appended text', old: Buffer.from('FF'), now: Buffer.from('FF123FF') },
  ])('$name come back', async ({ old, now }) => {
    const sums = await readResult(await signature(old, PYTHON_LIBRSYNC));
    expect(sums.subarray(0, 12).toString('hex')).toBe('727301360000080000000008');
    const difference = await delta(now, sums);
    expect((await readResult(await patch(old, difference))).equals(now)).toBe(true);
  });

  test('random bytes are no signature and no delta', async () => {
    const noise = seededBytes('noise', 8192);
    const bad = expect.objectContaining({ code: 'RDIFF_BAD_MAGIC' }) as Error;
    await expect(delta(megabyte, noise)).rejects.toThrow(bad);
    await expect(patch(megabyte, noise)).rejects.toThrow(bad);
  });

  test('a basis that cannot be read anywhere is refused', async () => {
    await expect(patch(Readable.from([megabyte]), Buffer.alloc(0))).rejects.toThrow(
      expect.objectContaining({ code: 'RDIFF_PARAMETER' }),
    );
  });
});

test('handles, streams and bytes give the same', async () => {
  const old = seededBytes('handles', 300_000);
  const now = Buffer.concat([Buffer.from('x'), old.subarray(0, 200_000)]);
  writeFileSync(path('old'), old);
  const stream = (bytes: Uint8Array) =>
    Readable.from([bytes.subarray(0, 70_001), bytes.subarray(70_001)]);

  const handle = await open(path('old'));
  const sums = await readResult(await signature(handle, { blockLength: 512 }));
  expect(await signature(stream(old), { blockLength: 512 })).toEqual(sums);
  expect(await signature(old, { blockLength: 512 })).toEqual(sums);

  const difference = await readResult(await delta(stream(now), stream(sums)));
  expect(await delta(now, sums)).toEqual(difference);

  const file = await open(path('new'), 'w');
  const report = await patch(handle, stream(difference), { output: file });
  await file.close();
  await handle.close();
  expect(report.bytesOut).toBe(now.length);
  expect(readFileSync(path('new')).equals(now)).toBe(true);
});

test('an output stream that is slow is waited for', async () => {
  const old = seededBytes('slow', 1_000_000);
  const output = new PassThrough({ highWaterMark: 1000 });
  const received: Buffer[] = [];
  const end = (async () => {
    for await (const piece of output) received.push(piece as Buffer);
  })();
  await delta(seededBytes('else', 500_000), await signature(old), { output });
  output.end();
  await end;
  expect(Buffer.concat(received)).toEqual(
    await delta(seededBytes('else', 500_000), await signature(old)),
  );
});

describe('a stream keeps what it is given', () => {
  const old = seededBytes('kept', 600_000);
  const now = Buffer.concat([seededBytes('kept else', 300_000), old.subarray(1000)]);

  /** Takes all at once, and looks at it only when all was given. */
  function keeper() {
    const kept: Buffer[] = [];
    const output = new Writable({
      highWaterMark: 2 ** 30,
      write(piece: Buffer, _encoding, done) {
        kept.push(piece);
        setImmediate(done);
      },
    });
    const whole = async (): Promise<Buffer> => {
      output.end();
      await finished(output);
      return Buffer.concat(kept);
    };
    return { output, whole };
  }

  test('a signature', async () => {
    const { output, whole } = keeper();
    await signature(old, { blockLength: 64, output });
    expect(await whole()).toEqual(await signature(old, { blockLength: 64 }));
  });

  test.each([
    ['a delta', old],
    ['a delta of nothing but new bytes', Buffer.alloc(0)],
  ])('%s', async (_, basis) => {
    const sums = await signature(basis);
    const { output, whole } = keeper();
    await delta(now, sums, { output });
    expect(await whole()).toEqual(await delta(now, sums));
  });

  test.each([
    ['a patched file', old],
    ['a patched file of nothing but new bytes', Buffer.alloc(0)],
  ])('%s', async (_, basis) => {
    const difference = await delta(now, await signature(basis));
    const { output, whole } = keeper();
    await patch(basis, difference, { output });
    expect((await whole()).equals(now)).toBe(true);
  });
});

test('a result that is returned is bounded', async () => {
  const old = Buffer.alloc(1000);
  const grow = Buffer.concat([
    Buffer.from('72730236', 'hex'),
    Buffer.alloc(4 * 100, Buffer.from('460003e8', 'hex')),
    Buffer.from('00', 'hex'),
  ]);
  expect((await readResult(await patch(old, grow))).length).toBe(100_000);
  await expect(patch(old, grow, { maxOutput: 99_999 })).rejects.toThrow(
    expect.objectContaining({ code: 'RDIFF_OUTPUT_LIMIT' }),
  );
});

test('a result that is returned has at most 1 GiB, one that is written any length', async () => {
  const old = Buffer.alloc(1000);
  const copyOf = (length: number): Buffer => {
    const delta = Buffer.from('72730236' + '4700' + '00000000' + '00', 'hex');
    delta.writeUInt32BE(length, 6);
    return delta;
  };
  const output = new Writable({ write: (_piece, _encoding, done) => done() });
  for (const [length, options, code] of [
    [2 ** 30 + 1, {}, 'RDIFF_OUTPUT_LIMIT'],
    // What is allowed is begun, and then the basis ends.
    [2 ** 30, {}, 'RDIFF_INPUT_ENDED'],
    [2 ** 30 + 1, { maxOutput: 2 ** 31 }, 'RDIFF_INPUT_ENDED'],
    [2 ** 30 + 1, { output }, 'RDIFF_INPUT_ENDED'],
  ] as const) {
    await expect(
      patch(old, copyOf(length), options as { maxOutput?: number }),
    ).rejects.toMatchObject({ code });
  }
});

test('a result that was read is closed', async () => {
  const result = await signature(seededBytes('closed', 5000), { maxMemory: 0 });
  if (result instanceof Uint8Array) throw new Error('it is in memory');
  expect(result.fd).toBeGreaterThan(2);
  expect((await readResult(result)).length).toBeGreaterThan(100);
  expect(result.fd).toBe(-1);
});

test('a stream goes on after a piece of no bytes', async () => {
  const bytes = seededBytes('pieces', 5000);
  const none = Buffer.alloc(0);
  const stream = Readable.from([none, bytes.subarray(0, 10), none, none, bytes.subarray(10), none]);
  expect(await signature(stream, PYTHON_LIBRSYNC)).toEqual(await signature(bytes, PYTHON_LIBRSYNC));
});

test('an aborted step ends with the reason', async () => {
  const controller = new AbortController();
  const never = new PassThrough();
  const work = signature(never, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(work).rejects.toThrow('enough');
});

describe('a source that yields no bytes', () => {
  test.each([
    ['text', () => Readable.from(['text'])],
    ['objects', () => Readable.from([{}])],
    ['bytes of which text is made', () => Readable.from([Buffer.from('x')]).setEncoding('utf8')],
  ])('is refused: %s', async (_, make) => {
    const refused = { code: 'RDIFF_PARAMETER' };
    await expect(signature(make())).rejects.toMatchObject(refused);
    await expect(delta(make(), await signature(Buffer.alloc(9)))).rejects.toMatchObject(refused);
    await expect(patch(Buffer.alloc(9), make())).rejects.toMatchObject(refused);
  });
});

describe('an output stream that takes no more', () => {
  const old = seededBytes('stuck', 300_000);
  const closed = {
    code: 'RDIFF_IO',
    message: 'The output stream was closed before all was written',
  };
  const failed = { message: 'the reader has gone' };
  const failure = (): Error => new Error('the reader has gone');
  const stuck = (): Writable => new Writable({ highWaterMark: 10, write: () => undefined });
  const soon = (work: () => void): unknown => setImmediate(work);

  type Step = (output: Writable, signal?: AbortSignal) => Promise<unknown>;
  const steps: readonly (readonly [string, Step])[] = [
    ['a signature', (output, signal) => signature(old, { output, ...(signal && { signal }) })],
    [
      'a delta',
      async (output, signal) => {
        const sums = await signature(Buffer.alloc(0));
        return delta(old, sums, { output, ...(signal && { signal }) });
      },
    ],
    [
      'a patched file',
      async (output, signal) => {
        const difference = await delta(old, await signature(Buffer.alloc(0)));
        return patch(Buffer.alloc(0), difference, { output, ...(signal && { signal }) });
      },
    ],
  ];

  describe.each(steps)('ends %s', (_, step) => {
    test('that finds it destroyed', async () => {
      await expect(step(stuck().destroy())).rejects.toMatchObject(closed);
      const broken = stuck().on('error', () => undefined);
      await expect(step(broken.destroy(failure()))).rejects.toMatchObject(failed);
      for (const one of [stuck().destroy(), broken]) {
        if (!one.closed) await once(one, 'close');
        await expect(step(one)).rejects.toMatchObject(one === broken ? failed : closed);
      }
    });

    test('that finds it ended', async () => {
      const ended = stuck().end();
      await expect(step(ended)).rejects.toMatchObject({ code: 'ERR_STREAM_WRITE_AFTER_END' });
    });

    test('that waits for it when it is destroyed, or fails', async () => {
      const goes = stuck();
      const write = goes.write.bind(goes);
      goes.write = ((bytes: Uint8Array) => {
        soon(() => goes.destroy());
        return write(bytes);
      }) as Writable['write'];
      await expect(step(goes)).rejects.toMatchObject(closed);
      const fails = new Writable({
        highWaterMark: 10,
        write: (_piece, _encoding, done) => void soon(() => done(failure())),
      });
      await expect(step(fails)).rejects.toMatchObject(failed);
    });

    test('that waits for it when it is told to stop', async () => {
      const controller = new AbortController();
      const output = new Writable({
        highWaterMark: 10,
        write: () => void soon(() => controller.abort(new Error('enough'))),
      });
      await expect(step(output, controller.signal)).rejects.toThrow('enough');
    });

    test('and leaves no listener on one that goes on', async () => {
      const output = new PassThrough({ highWaterMark: 10 });
      output.resume();
      const events = ['drain', 'error', 'close'];
      const before = events.map((event) => output.listenerCount(event));
      await step(output);
      expect(events.map((event) => output.listenerCount(event))).toEqual(before);
    });
  });
});
