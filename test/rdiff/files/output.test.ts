/** Outputs: whole or not there at all, and never one of the inputs. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { InputFile, openInput } from '../../../src/rdiff/files/input.js';
import { openOutput } from '../../../src/rdiff/files/output.js';
import { scratchDirectory } from '../../support/directory.js';
import { openFilesBelow } from '../../support/open-files.js';
import { overCalls } from '../../support/plain-calls.js';
import { noise, runs } from '../../support/seed.js';
import { makeFifo } from '../../support/special-files.js';

const LARGE = 64 * 1024;

function opened(path: string, flags: string): number {
  const descriptor = fs.openSync(path, flags);
  onTestFinished(() => fs.closeSync(descriptor));
  return descriptor;
}

async function inputOf(path: string): Promise<InputFile> {
  const input = await openInput(path, undefined);
  onTestFinished(() => input.close());
  return input;
}

/** A directory with two inputs, and other names of the first. */
function withInputs() {
  const directory = scratchDirectory();
  const path = (name: string): string => join(directory, name);
  fs.writeFileSync(path('first'), 'first');
  fs.writeFileSync(path('second'), 'second');
  fs.writeFileSync(path('other'), 'first');
  fs.symlinkSync('first', path('link'));
  fs.linkSync(path('first'), path('hard'));
  const inputs = (): Promise<InputFile[]> =>
    Promise.all(['first', 'second'].map((name) => inputOf(path(name))));
  return { path, inputs };
}

const SAME = [
  ['first', 'first'],
  ['second', 'second'],
  ['hard', 'first'],
  ['link', 'first'],
  ['./first', 'first'],
] as const;

describe('an output that is an input by another name', () => {
  test.each(SAME)('is refused as a path: %s', async (name, input) => {
    const { path, inputs } = withInputs();
    for (const force of [false, true]) {
      const options = { force, inputs: await inputs() };
      expect(() => openOutput(path(name), options)).toThrow(
        expect.objectContaining({
          code: 'RDIFF_IO',
          message: `"${path(name)}" is the same file as the input "${path(input)}"`,
        }),
      );
    }
    expect(fs.readFileSync(path(input), 'utf8')).toBe(input);
  });

  test.each(SAME)('is refused as what standard output goes to: %s', async (name, input) => {
    const { path, inputs } = withInputs();
    const { openOutput: open } = await overCalls(
      { STANDARD_OUTPUT: opened(path(name), 'r+') },
      () => import('../../../src/rdiff/files/output.js'),
    );
    for (const force of [false, true]) {
      const options = { force, inputs: await inputs() };
      expect(() => open(undefined, options)).toThrow(
        expect.objectContaining({
          code: 'RDIFF_IO',
          message: `"standard output" is the same file as the input "${path(input)}"`,
        }),
      );
    }
  });

  test('is fine where it is no file: what was read from it is gone', async () => {
    const fifo = join(scratchDirectory(), 'fifo');
    makeFifo(fifo);
    const both = opened(fifo, 'r+');
    const { openOutput: open } = await overCalls(
      { STANDARD_OUTPUT: both },
      () => import('../../../src/rdiff/files/output.js'),
    );
    const output = open(undefined, { force: false, inputs: [new InputFile('fifo', both)] });
    output.write(Buffer.from('through'));
    output.commit();
    const bytes = Buffer.alloc(20);
    expect(bytes.toString('utf8', 0, fs.readSync(both, bytes))).toBe('through');
  });
});

test('standard output takes the place of any other file, and stays open', async () => {
  const { path, inputs } = withInputs();
  const standard = opened(path('other'), 'r+');
  const { openOutput: open } = await overCalls(
    { STANDARD_OUTPUT: standard },
    () => import('../../../src/rdiff/files/output.js'),
  );
  const output = open(undefined, { force: false, inputs: await inputs() });
  output.write(Buffer.from('now'));
  expect(fs.readFileSync(path('other'), 'utf8')).toBe('first');
  output.commit();
  output.abort();
  expect(fs.readFileSync(path('other'), 'utf8')).toBe('nowst');
  expect(fs.fstatSync(standard).size).toBe(5);
});

describe('a file', () => {
  test('that exists is replaced only by force, and by whole bytes alone', () => {
    const path = join(scratchDirectory(), 'file');
    fs.writeFileSync(path, 'old');
    expect(() => openOutput(path, { force: false, inputs: [] })).toThrow(
      expect.objectContaining({ code: 'RDIFF_IO', message: `File exists "${path}", aborting!` }),
    );
    for (const isCommitted of [false, true]) {
      const output = openOutput(path, { force: true, inputs: [] });
      output.write(noise(2 * LARGE, 1));
      output.write(Buffer.from('end'));
      expect(fs.readFileSync(path, 'utf8')).toBe('old');
      if (isCommitted) output.commit();
      output.abort();
      expect(fs.readFileSync(path).length).toBe(isCommitted ? 2 * LARGE + 3 : 3);
      expect(fs.readdirSync(join(path, '..'))).toEqual(['file']);
    }
  });

  test('that is new has its name when it is whole, and not before', () => {
    const path = join(scratchDirectory(), 'file');
    for (const isCommitted of [false, true]) {
      const output = openOutput(path, { force: false, inputs: [] });
      output.write(noise(LARGE, 1));
      expect(fs.existsSync(path)).toBe(false);
      if (isCommitted) output.commit();
      output.abort();
      expect(fs.readdirSync(join(path, '..'))).toEqual(isCommitted ? ['file'] : []);
    }
  });

  test.each([1, 2, 1000, LARGE / 2, LARGE - 1])(
    'loses nothing where pieces fill what is gathered, or a little more: after %i bytes',
    (first) => {
      const path = join(scratchDirectory(), 'file');
      for (const sum of [LARGE - 1, LARGE, LARGE + 1, LARGE + 2, LARGE + first]) {
        const pieces = [noise(first, 1), noise(sum - first, 2), noise(3, 3)];
        const output = openOutput(path, { force: true, inputs: [] });
        for (const piece of pieces) output.write(piece);
        output.commit();
        expect(fs.readFileSync(path).equals(Buffer.concat(pieces)), `${sum} bytes`).toBe(true);
      }
    },
  );

  test('has the bytes that were written in their order, however long each piece is', () => {
    const lengths = fc.array(
      fc.oneof(fc.nat(100), fc.integer({ min: LARGE - 2, max: LARGE + 2 }), fc.nat(2 * LARGE)),
      { maxLength: 8 },
    );
    const path = join(scratchDirectory(), 'file');
    fc.assert(
      fc.property(lengths, (lengthsBytes) => {
        const output = openOutput(path, { force: true, inputs: [] });
        const pieces = lengthsBytes.map((length, i) => noise(length, i + 1));
        for (const piece of pieces) {
          // The writer uses its bytes again.
          const lent = Buffer.from(piece);
          output.write(lent);
          lent.fill(0);
        }
        output.commit();
        const expected = Buffer.concat(pieces);
        expect(output.bytes).toBe(expected.length);
        expect(fs.readFileSync(path).equals(expected)).toBe(true);
      }),
      runs(40),
    );
  });
});

describe('what is there and no file', () => {
  function lab() {
    const fifo = join(scratchDirectory(), 'fifo');
    makeFifo(fifo);
    const reader = opened(fifo, 'r+');
    // The reader is one of them.
    const isOpen = (): boolean => openFilesBelow(fifo).length > 1;
    return { fifo, reader, isOpen, open: () => openOutput(fifo, { force: true, inputs: [] }) };
  }

  test('is written to, and only by force', () => {
    const { fifo, reader, isOpen, open } = lab();
    expect(() => openOutput(fifo, { force: false, inputs: [] })).toThrow('File exists');
    expect(isOpen()).toBe(false);
    const output = open();
    output.write(Buffer.from('into it'));
    expect(isOpen()).toBe(true);
    output.commit();
    const bytes = Buffer.alloc(20);
    expect(bytes.toString('utf8', 0, fs.readSync(reader, bytes))).toBe('into it');
    expect(fs.statSync(fifo).isFIFO()).toBe(true);
    expect(isOpen()).toBe(false);
    // Another may have its number by now.
    const other = fs.openSync(fifo, 'r+');
    output.abort();
    expect(isOpen()).toBe(true);
    fs.closeSync(other);
  });

  test('is closed where not all is written', () => {
    const { isOpen, open } = lab();
    const output = open();
    output.write(Buffer.from('into it'));
    for (let times = 0; times < 2; times += 1) {
      output.abort();
      expect(isOpen()).toBe(false);
    }
    const full = openOutput('/dev/full', { force: true, inputs: [] });
    full.write(Buffer.from('text'));
    expect(() => full.commit()).toThrow(
      expect.objectContaining({
        code: 'RDIFF_IO',
        message: 'error writing "/dev/full": No space left on device',
      }),
    );
    expect(openFilesBelow('/dev/full')).toHaveLength(1);
    full.abort();
    expect(openFilesBelow('/dev/full')).toEqual([]);
  });
});
