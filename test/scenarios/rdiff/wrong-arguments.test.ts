/** Every function and class of the library, with every argument and option of the wrong kind. */
import { createReadStream } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as library from '../../../src/index.js';
import { CodedError } from '../../../src/index.js';

const bytes = new Uint8Array(10);
const signature = library.readSignature(library.makeSignature(bytes));
const sink = { copy: () => undefined, literal: () => undefined };
const kind = library.signatureKind();

type Function = (...values: never[]) => unknown;
/** A function, what it takes, and the options of its last argument. */
interface Case {
  readonly call: Function;
  readonly right: readonly unknown[];
  readonly options?: readonly string[];
}

const STEP = ['signal'];
const SIGNATURE = ['blockLength', 'strongLength', 'weak', 'strong'];
const FILES = [...STEP, 'force', 'jobs'];

const CASES: Readonly<Record<string, Case>> = {
  signature: {
    call: library.signature,
    right: [bytes],
    options: [...STEP, ...SIGNATURE, 'output', 'maxMemory'],
  },
  delta: {
    call: library.delta,
    right: [bytes, library.makeSignature(bytes)],
    options: [...STEP, 'output', 'maxMemory'],
  },
  patch: {
    call: library.patch,
    right: [bytes, library.makeLibrsyncDelta(signature, bytes)],
    options: [...STEP, 'output', 'maxMemory', 'maxOutput'],
  },
  readResult: { call: library.readResult, right: [Buffer.from(bytes)] },
  signatureFiles: {
    call: (options: never) => library.signatureFiles(options),
    right: [],
    options: [...FILES, ...SIGNATURE, 'basis', 'signature'],
  },
  deltaFiles: {
    call: (options: never) => library.deltaFiles(options),
    right: [],
    options: [...FILES, 'signature', 'target', 'delta', 'sidecar'],
  },
  directDeltaFiles: {
    call: (options: never) => library.directDeltaFiles(options),
    right: [],
    options: [...FILES, 'basis', 'target', 'delta', 'sidecar'],
  },
  patchFiles: {
    call: (options: never) => library.patchFiles(options),
    right: [],
    options: [...FILES, 'basis', 'delta', 'target', 'sidecar', 'maxOutput'],
  },
  explainFiles: {
    call: (options: never) => library.explainFiles(options),
    right: [],
    options: [...STEP, ...SIGNATURE, 'old', 'new', 'maxBlockSums'],
  },
  makeSignature: { call: library.makeSignature, right: [bytes], options: SIGNATURE },
  readSignature: { call: library.readSignature, right: [library.makeSignature(bytes)] },
  makeLibrsyncDelta: { call: library.makeLibrsyncDelta, right: [signature, bytes] },
  makeDirectLibrsyncDelta: { call: library.makeDirectLibrsyncDelta, right: [bytes, bytes] },
  applyLibrsyncDelta: {
    call: library.applyLibrsyncDelta,
    right: [bytes, library.makeLibrsyncDelta(signature, bytes)],
    options: ['maxOutput'],
  },
  signatureArguments: {
    call: library.signatureArguments,
    right: [kind, 10],
    options: ['blockLength', 'strongLength'],
  },
  signatureKind: { call: library.signatureKind, right: ['rabinkarp', 'blake2'] },
  sidecarPath: { call: library.sidecarPath, right: ['delta'] },
  'new DeltaReader': { call: (one: never) => new library.DeltaReader(one), right: [sink] },
  'DeltaReader.update': {
    call: (one: never) => new library.DeltaReader(sink).update(one),
    right: [library.makeLibrsyncDelta(signature, bytes)],
  },
  'new DeltaWriter': { call: (one: never) => new library.DeltaWriter(one), right: [signature] },
  'DeltaWriter.update': {
    call: (one: never) => new library.DeltaWriter(signature).update(one),
    right: [bytes],
  },
  'new SignatureWriter': {
    call: (one: never) => new library.SignatureWriter(one),
    right: [{ kind, blockLength: 10, strongLength: 8 }],
  },
  'SignatureWriter.update': {
    call: (one: never) =>
      new library.SignatureWriter({ kind, blockLength: 10, strongLength: 8 }).update(one),
    right: [bytes],
  },
  'SignatureReader.update': {
    call: (one: never) => new library.SignatureReader().update(one),
    right: [bytes],
  },
  'new Patcher': {
    call: (one: never) => new library.Patcher(one),
    right: [],
    options: ['maxOutput'],
  },
  'Patcher.update': {
    call: (one: never) => new library.Patcher().update(one),
    right: [library.makeLibrsyncDelta(signature, bytes)],
  },
  'new DirectDeltaWriter': {
    call: (one: never, two?: never) => new library.DirectDeltaWriter(one, two),
    right: [bytes],
    options: ['blockLength'],
  },
  'DirectDeltaWriter.update': {
    call: (one: never) => new library.DirectDeltaWriter(bytes).update(one),
    right: [bytes],
  },
  packLibrsyncDelta: {
    call: library.packLibrsyncDelta,
    right: [bytes, library.makeLibrsyncDelta(signature, bytes)],
  },
  unpackLibrsyncDelta: {
    call: library.unpackLibrsyncDelta,
    right: [bytes, library.packLibrsyncDelta(bytes, library.makeLibrsyncDelta(signature, bytes))],
    options: ['maxOutput'],
  },
  signatureCollisions: { call: library.signatureCollisions, right: [signature] },
  md4: { call: library.md4, right: [bytes] },
  'Md4.update': { call: (one: never) => new library.Md4().update(one), right: [bytes] },
  'RabinKarp.update': { call: (one: never) => new library.RabinKarp().update(one), right: [bytes] },
  'Rollsum.update': { call: (one: never) => new library.Rollsum().update(one), right: [bytes] },
};

/** Values that are nothing that anything here takes. */
const WRONG: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['a symbol', Symbol('x')],
  ['an array', [1, 2]],
  ['a function', () => 1],
  ['a bigint', 5n],
  ['NaN', NaN],
  ['an object without a kind', Object.create(null)],
  ['an ArrayBuffer', new ArrayBuffer(3)],
];

async function failureOf(work: () => unknown): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
}

function expectCoded(error: unknown): void {
  expect(error).toBeInstanceOf(CodedError);
  expect(error).toMatchObject({ code: 'RDIFF_PARAMETER' });
  expect((error as Error).message).toMatch(/must be .+/);
}

describe.each(Object.entries(CASES))('%s', (_, { call, right, options }) => {
  const run = (...values: unknown[]): Promise<unknown> =>
    failureOf(() => (call as (...all: unknown[]) => unknown)(...values));

  test.each(WRONG)('takes %s for no argument', async (_name, wrong) => {
    for (let index = 0; index < right.length; index++) {
      expectCoded(await run(...right.with(index, wrong)));
    }
  });

  if (options === undefined) return;
  test('takes nothing for options but an object', async () => {
    for (const wrong of [null, 'x', 5, true, Symbol('x')]) expectCoded(await run(...right, wrong));
  });

  test.each(options)('takes no wrong option %s', async (option) => {
    for (const [, wrong] of WRONG) expectCoded(await run(...right, { [option]: wrong }));
  });
});

test.each([
  [
    () => library.signature('old.txt' as never),
    'The file must be a file handle, a Readable or bytes, not "old.txt"',
    'signatureFiles, deltaFiles and patchFiles take paths.',
  ],
  [
    () => library.delta(bytes, new ReadableStream() as never),
    'The signature file must be a file handle, a Readable or bytes, not an object of the kind ReadableStream',
    'Readable.fromWeb makes a Readable of it.',
  ],
  [
    () => library.signature(bytes, { output: createReadStream('/dev/null') as never }),
    'The option output must be a file handle or a Writable, not an object of the kind ReadStream',
    undefined,
  ],
  [
    () => library.makeLibrsyncDelta(library.makeSignature(bytes) as never, bytes),
    `The signature must be a signature, not ${library.makeSignature(bytes).length} bytes`,
    'readSignature makes one of a signature file.',
  ],
  [
    () => library.signature(bytes, { strong: 'sha1' as never }),
    'The option strong must be "blake2" or "md4", not "sha1"',
    undefined,
  ],
  [
    () => library.deltaFiles({ jobs: 0 }),
    'The option jobs must be a whole number, 1 or more, not 0',
    undefined,
  ],
])('what was expected, what came, and what helps: %#', async (work, message, hint) => {
  expect(await failureOf(work)).toMatchObject({ code: 'RDIFF_PARAMETER', message, hint });
});
