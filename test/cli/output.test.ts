import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { describeFailure } from '../../src/cli/failure.js';
import { createOutput, NotReported, OutputFailed, terminalColumns } from '../../src/cli/output.js';

/** A stream that keeps what it is given, until `fails` names an error. */
function setUp(terminal: { isTTY?: boolean; columns?: number } = {}) {
  const written: string[] = [];
  const state: { fails?: string } = {};
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      if (state.fails !== undefined) {
        done(Object.assign(new Error(`no room`), { code: state.fails }));
        return;
      }
      written.push(chunk.toString());
      done();
    },
  });
  const stream = Object.assign(sink, terminal) as unknown as NodeJS.WriteStream;
  return { written, state, stream, output: createOutput(stream) };
}

describe('standard output', () => {
  test('that nobody reads any more takes the rest in silence, and asks for no more', async () => {
    const { written, state, output } = setUp();
    await output.write('read');
    state.fails = 'EPIPE';
    const asked: number[] = [];
    function* chunks(): Generator<string> {
      for (let i = 0; i < 5; i += 1) {
        asked.push(i);
        yield String(i);
      }
    }
    await output.writeAll(chunks());
    expect(asked).toEqual([0]);
    expect(output.isClosed).toBe(true);
    await output.prose('more');
    expect(written).toEqual(['read']);
  });

  test.each(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EBADF'])(
    'that cannot take it (%s) is a failure, once',
    async (code) => {
      const { state, output } = setUp();
      state.fails = code;
      await expect(output.write('x')).rejects.toThrow(
        'Standard output cannot be written: no room.',
      );
      expect(output.isClosed).toBe(true);
      await output.write('y');
    },
  );

  test('gets one document', async () => {
    const { written, output } = setUp();
    expect(output.hasDocument).toBe(false);
    await output.json({ a: [1, 2] });
    expect(output.hasDocument).toBe(true);
    expect(written.join('')).toBe('{"a":[1,2]}\n');
    await expect(output.json({})).rejects.toThrow('two JSON documents');
  });

  test.each([
    [{ isTTY: true, columns: 12 }, 12, 'one two\nthree four\n'],
    [{ isTTY: true, columns: 0 }, undefined, 'one two three four\n'],
    [{ isTTY: false, columns: 12 }, undefined, 'one two three four\n'],
    [{ columns: 12 }, undefined, 'one two three four\n'],
  ])(
    '%j is %s columns wide for running text, and as wide as it is for other',
    async (terminal, columns, wrapped) => {
      const { written, stream, output } = setUp(terminal);
      expect([terminalColumns(stream), output.columns]).toEqual([columns, columns]);
      await output.prose('one two three four\n');
      await output.write('one two three four\n');
      expect(written).toEqual([wrapped, 'one two three four\n']);
    },
  );
});

describe('a report that cannot be written', () => {
  const failed = new OutputFailed(new Error('no room'));

  test('is a failure where nothing was done', () => {
    expect(describeFailure(failed)).toMatchObject({
      code: 'OUTPUT_FAILED',
      message: 'Standard output cannot be written: no room.',
      hint: 'Free space where standard output goes, or redirect it elsewhere.',
      exitCode: 1,
    });
  });

  test.each([
    [0, 3],
    [3, 3],
    [4, 4],
    [5, 5],
    [130, 130],
  ])('says what is done all the same; %d becomes %d', (exitCode, shown) => {
    const settled = { what: 'Snapshot 3 was taken', exitCode: exitCode as 0 };
    expect(describeFailure(new NotReported(settled, failed))).toMatchObject({
      code: 'OUTPUT_FAILED',
      message: 'Snapshot 3 was taken, but standard output cannot be written: no room.',
      exitCode: shown,
    });
  });
});
