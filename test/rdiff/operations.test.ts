/** The actions on files: what each reports, and that whatever happens nothing stays open or lies about. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { startBlake3 } from '../../src/platform/hash.js';
import {
  makeDelta,
  makeDirectDelta,
  makeSignature,
  readSignature,
} from '../../src/rdiff/format/whole.js';
import {
  deltaFiles,
  directDeltaFiles,
  explainFiles,
  patchFiles,
  signatureFiles,
} from '../../src/rdiff/operations.js';
import { testDirectory } from '../support/directory.js';
import { openFilesBelow } from '../support/open-files.js';
import { makeFifo } from '../support/special-files.js';
import { noise } from '../support/seed.js';

const directory = testDirectory();
const path = (name: string): string => join(directory, name);
const old = noise(20_000, 1);
const now = Buffer.concat([old.subarray(0, 12_000), Buffer.from('new'), old.subarray(13_000)]);
const sums = makeSignature(old, { blockLength: 256, strongLength: 8 });
const difference = makeDelta(readSignature(sums), now);
const hashOf = (bytes: Uint8Array): string => {
  const hash = startBlake3();
  hash.update(bytes);
  return hash.hex();
};
const hashFile = (size: number, hash = hashOf(now)): string =>
  `varve-rdiff-hash 1\nsize ${size}\nblake3 ${hash}\n`;

beforeEach(() => {
  for (const name of readdirSync(directory)) rmSync(path(name), { recursive: true });
  for (const [name, bytes] of Object.entries({ old, now, sums, difference }))
    writeFileSync(path(name), bytes);
  writeFileSync(path('hash'), hashFile(now.length));
});

/** An input that is a pipe through which nothing comes. */
async function expectToStop(
  input: string,
  run: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  rmSync(path(input));
  makeFifo(path(input));
  const writer = openSync(path(input), 'r+');
  try {
    const controller = new AbortController();
    const stopped = expect(run(controller.signal)).rejects.toThrow('enough');
    // It is open here and there: now it is read.
    await vi.waitFor(() => expect(openFilesBelow(path(input))).toHaveLength(2), { interval: 1 });
    controller.abort(new Error('enough'));
    await stopped;
  } finally {
    closeSync(writer);
  }
  await vi.waitFor(() => expect(openFilesBelow(directory)).toEqual([]));
}

const options = { blockLength: 256, strongLength: 8 };
const ACTIONS = {
  signature: (more: object = {}) =>
    signatureFiles({ basis: path('old'), signature: path('out'), ...options, ...more }),
  delta: (more: object = {}) =>
    deltaFiles({ signature: path('sums'), target: path('now'), delta: path('out'), ...more }),
  'direct delta': (more: object = {}) =>
    directDeltaFiles({ basis: path('old'), target: path('now'), delta: path('out'), ...more }),
  'delta with its hash': (more: object = {}) =>
    deltaFiles({
      signature: path('sums'),
      target: path('now'),
      delta: path('out'),
      sidecar: path('out2'),
      ...more,
    }),
  'direct delta with its hash': (more: object = {}) =>
    directDeltaFiles({
      basis: path('old'),
      target: path('now'),
      delta: path('out'),
      sidecar: path('out2'),
      ...more,
    }),
  patch: (more: object = {}) =>
    patchFiles({ basis: path('old'), delta: path('difference'), target: path('out'), ...more }),
  'patch by its hash': (more: object = {}) =>
    patchFiles({
      basis: path('old'),
      delta: path('difference'),
      target: path('out'),
      sidecar: path('hash'),
      ...more,
    }),
} as const;
/** The files that each of them reads. */
const INPUTS: Readonly<Record<keyof typeof ACTIONS, readonly string[]>> = {
  signature: ['old'],
  delta: ['sums', 'now'],
  'direct delta': ['old', 'now'],
  'delta with its hash': ['sums', 'now'],
  'direct delta with its hash': ['old', 'now'],
  patch: ['old', 'difference'],
  'patch by its hash': ['old', 'difference', 'hash'],
};
const EXPECTED: Readonly<Record<keyof typeof ACTIONS, Uint8Array>> = {
  signature: sums,
  delta: difference,
  'direct delta': makeDirectDelta(old, now),
  'delta with its hash': difference,
  'direct delta with its hash': makeDirectDelta(old, now),
  patch: now,
  'patch by its hash': now,
};
const MADE = ['difference', 'hash', 'now', 'old', 'sums'];

describe.each(Object.keys(ACTIONS) as (keyof typeof ACTIONS)[])('%s', (name) => {
  const action = ACTIONS[name];
  const outputs = name.endsWith('with its hash') ? ['out', 'out2'] : ['out'];
  const nothingIsLeft = (): void => {
    expect(openFilesBelow(directory)).toEqual([]);
    expect(readdirSync(directory).filter((one) => !MADE.includes(one))).toEqual([]);
  };

  test('writes what it should, and leaves nothing open', async () => {
    await action();
    expect(readFileSync(path('out')).equals(EXPECTED[name])).toBe(true);
    if (outputs.length > 1) expect(readFileSync(path('out2'), 'utf8')).toBe(hashFile(now.length));
    expect(openFilesBelow(directory)).toEqual([]);
    expect(readdirSync(directory).toSorted()).toEqual([...MADE, ...outputs].toSorted());
  });

  test.each(INPUTS[name])('fails without %s, and leaves nothing', async (input) => {
    rmSync(path(input));
    await expect(action()).rejects.toMatchObject({
      code: 'RDIFF_IO',
      message: expect.stringContaining(`"${path(input)}" for read`) as string,
    });
    nothingIsLeft();
  });

  test.each(INPUTS[name])('fails where %s is a directory, and leaves nothing', async (input) => {
    rmSync(path(input));
    mkdirSync(path(input));
    await expect(action()).rejects.toMatchObject({ code: 'RDIFF_IO' });
    nothingIsLeft();
  });

  test.each(outputs)('replaces %s only if told so, and never one of its inputs', async (output) => {
    writeFileSync(path(output), 'there');
    for (const more of [{}, { force: false }]) {
      await expect(action(more)).rejects.toMatchObject({
        code: 'RDIFF_IO',
        message: `File exists "${path(output)}", aborting!`,
      });
      expect(openFilesBelow(directory)).toEqual([]);
    }
    await action({ force: true });
    expect(readFileSync(path('out')).equals(EXPECTED[name])).toBe(true);
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test.each(INPUTS[name].filter((one) => one !== 'hash'))(
    'does not write over %s',
    async (input) => {
      const before = readFileSync(path(input));
      const field = { signature: 'signature', delta: 'delta', patch: 'target' }[
        name.replace(/^direct /, '').split(' ')[0] as 'delta'
      ];
      for (const one of outputs.length > 1 ? [field, 'sidecar'] : [field]) {
        await expect(action({ [one]: path(input), force: true })).rejects.toMatchObject({
          message: `"${path(input)}" is the same file as the input "${path(input)}"`,
        });
        expect(readFileSync(path(input)).equals(before)).toBe(true);
        nothingIsLeft();
      }
    },
  );

  test('that is told to stop ends with the reason, and leaves nothing', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(action({ signal })).rejects.toThrow('enough');
    await vi.waitFor(nothingIsLeft);
  });

  const pipes = INPUTS[name].filter((one) => !(name.startsWith('patch') && one === 'old'));
  test.each(pipes)('that waits for %s from a pipe is told to stop', async (input) => {
    await expectToStop(input, (signal) => action({ signal }));
    expect(readdirSync(directory).filter((one) => !MADE.includes(one))).toEqual([]);
  });

  test('takes options, and no wrong ones', async () => {
    await expect(action({ force: 1 })).rejects.toMatchObject({ code: 'RDIFF_PARAMETER' });
    expect(readdirSync(directory).toSorted()).toEqual(MADE);
  });
});

test('a delta says of the signature how long its file is, and what it holds', async () => {
  const report = await deltaFiles({
    signature: path('sums'),
    target: path('now'),
    delta: path('out'),
  });
  expect(report).toMatchObject({
    signature: { blocks: 79, blockLength: 256, bytes: sums.length },
    bytesIn: now.length,
    bytesOut: difference.length,
  });
});

test('a direct delta needs a basis that is a path', async () => {
  for (const basis of [undefined, 5]) {
    await expect(
      directDeltaFiles({ basis: basis as never, target: path('now'), delta: path('out') }),
    ).rejects.toMatchObject({
      code: 'RDIFF_PARAMETER',
      message: expect.stringMatching(/^The option basis must be a path, not /) as string,
    });
  }
});

test('a basis of a patch is read anywhere: it is no pipe', async () => {
  rmSync(path('old'));
  makeFifo(path('old'));
  const writer = openSync(path('old'), 'r+');
  await expect(ACTIONS.patch()).rejects.toMatchObject({
    code: 'RDIFF_IO',
    message: `The basis, ${path('old')}, does not support random access`,
    hint: 'Give the basis as a file, not as a pipe.',
  });
  closeSync(writer);
  expect(openFilesBelow(directory)).toEqual([]);
});

describe('the hash of a result', () => {
  const limits = [now.length - 1, now.length, now.length + 1, undefined];

  test.each(limits)('and the limit of %s bytes both hold', async (maxOutput) => {
    const patching = ACTIONS['patch by its hash']({ maxOutput });
    if (maxOutput === now.length - 1)
      await expect(patching).rejects.toMatchObject({ code: 'RDIFF_OUTPUT_LIMIT' });
    else expect(await patching).toMatchObject({ bytesOut: now.length });
  });

  test.each([
    [now.length - 1, undefined, 'RDIFF_HASH_MISMATCH'],
    [now.length - 1, now.length, 'RDIFF_HASH_MISMATCH'],
    // Where both limits are the same, it is the user's that was reached.
    [now.length - 1, now.length - 1, 'RDIFF_OUTPUT_LIMIT'],
    [now.length + 1, undefined, 'RDIFF_HASH_MISMATCH'],
    [now.length + 1, now.length, 'RDIFF_HASH_MISMATCH'],
  ])('of %i bytes, with the limit %s, is another file: %s', async (size, maxOutput, code) => {
    writeFileSync(path('hash'), hashFile(size));
    await expect(ACTIONS['patch by its hash']({ maxOutput })).rejects.toMatchObject({ code });
    expect(readdirSync(directory).toSorted()).toEqual(MADE);
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test('stops a delta that makes more at once', async () => {
    writeFileSync(path('hash'), hashFile(5));
    await expect(ACTIONS['patch by its hash']()).rejects.toMatchObject({
      code: 'RDIFF_HASH_MISMATCH',
      message: expect.stringContaining('more than the expected 5 bytes') as string,
    });
  });

  test.each([
    ['other bytes', hashFile(now.length, hashOf(old)), 'RDIFF_HASH_MISMATCH'],
    ['none', '', 'RDIFF_CORRUPT'],
    ['another file', 'x'.repeat(1000), 'RDIFF_CORRUPT'],
    ['more behind it', `${hashFile(now.length)}${' '.repeat(300)}`, 'RDIFF_CORRUPT'],
  ])('that is that of %s fails: %#', async (_, text, code) => {
    writeFileSync(path('hash'), text);
    await expect(ACTIONS['patch by its hash']()).rejects.toMatchObject({ code });
    expect(readdirSync(directory).toSorted()).toEqual(MADE);
  });

  test('leaves a failure of another kind as it is', async () => {
    writeFileSync(path('difference'), difference.subarray(0, -1));
    await expect(ACTIONS['patch by its hash']()).rejects.toMatchObject({
      code: 'RDIFF_INPUT_ENDED',
    });
  });
});

describe('an explanation of two files', () => {
  const explain = (more: object = {}) =>
    explainFiles({ old: path('old'), new: path('now'), blockLength: 256, ...more });

  test('is of these, and leaves nothing open', async () => {
    expect(await explain()).toMatchObject({ oldSize: old.length, newSize: now.length, blocks: 79 });
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test.each(['old', 'now'])('fails without %s, and leaves nothing open', async (input) => {
    rmSync(path(input));
    await expect(explain()).rejects.toMatchObject({ code: 'RDIFF_IO' });
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test.each(['old', 'now'])('that waits for %s is told to stop', async (input) => {
    await expectToStop(input, (signal) => explain({ signal }));
  });

  test('takes no wrong options', async () => {
    await expect(explain({ maxBlockSums: -1 })).rejects.toMatchObject({ code: 'RDIFF_PARAMETER' });
  });
});
