/** One fuzz target for each parser of `rdiff`: damaged and invented inputs, failures by name only. */
import { CodedError } from '../../src/errors.js';
import { Patcher } from '../../src/rdiff/format/patcher.js';
import { SignatureReader } from '../../src/rdiff/format/signature-reader.js';
import { parseSidecar } from '../../src/rdiff/sidecar.js';
import { golden } from './golden.js';
import { Seeded } from './seeded.js';

/** Bytes beyond which no patch of a fuzzed delta may go. */
const MAX_OUTPUT = 10_000;
const MAX_ADDED = 24;

/** A parser under attack. */
export interface FuzzTarget {
  readonly name: string;
  /** Valid inputs to damage. */
  readonly corpus: readonly Buffer[];
  /** Parses; throws what the parser throws, or an Error when a promise is broken. */
  readonly parse: (input: Buffer, random: Seeded) => void;
}

/** The input in pieces, some of them empty. */
function* pieces(input: Buffer, random: Seeded): Generator<Buffer> {
  for (let at = 0; at < input.length;) {
    const length = random.below(40);
    yield input.subarray(at, at + length);
    at += length;
  }
}

function parseSignature(input: Buffer, random: Seeded): void {
  const reader = new SignatureReader();
  for (const piece of pieces(input, random)) reader.update(piece);
  const { blockCount, weak, entries, strongLength } = reader.finish();
  if (blockCount !== weak.length || entries.length !== blockCount * (4 + strongLength)) {
    throw new Error('the signature contradicts itself');
  }
  if (12 + blockCount * (4 + strongLength) !== input.length) {
    throw new Error('the signature is not what was read');
  }
}

function parseDelta(input: Buffer, random: Seeded): void {
  const patcher = new Patcher({ maxOutput: MAX_OUTPUT });
  for (const piece of pieces(input, random)) {
    for (const step of patcher.update(piece)) {
      if (step.type === 'copy' && !(step.position >= 0 && step.length > 0)) {
        throw new Error(`copy of ${step.length} from ${step.position}`);
      }
    }
    if (patcher.length > MAX_OUTPUT) throw new Error('the output is beyond its bound');
  }
  patcher.finish();
}

function parseSidecarFile(input: Buffer): void {
  const { size, blake3 } = parseSidecar(input.toString());
  if (!Number.isSafeInteger(size) || size < 0 || blake3.length !== 64) {
    throw new Error('the sidecar is not one');
  }
}

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'signature',
    corpus: ['rabinkarp-blake2-b256-S8.sig', 'rollsum-md4-b256-S8.sig']
      .map((name) => golden(`golden/big-literal/${name}`).subarray(0, 12 + 12 * 6))
      .concat(golden('errors/sig-magic-0.bin')),
    parse: parseSignature,
  },
  {
    name: 'delta',
    corpus: ['copy-n8-n8', 'literal-n2', 'overlapping-copies', 'literal-imm-33', 'trailing-bytes']
      .map((name) => golden(`patch-only/${name}.delta`).subarray(0, 200))
      .concat(golden('errors/delta-amplify.bin').subarray(0, 300)),
    parse: parseDelta,
  },
  {
    name: 'sidecar',
    corpus: [Buffer.from(`varve-rdiff-hash 1\nsize 123\nblake3 ${'0a'.repeat(32)}\n`)],
    parse: parseSidecarFile,
  },
];

/** A valid input, damaged in a few places; or, now and then, one of noise behind a valid start. */
function damaged(corpus: readonly Buffer[], random: Seeded): Buffer {
  let input = Buffer.from(corpus[random.below(corpus.length)]!);
  for (let damage = random.below(4); damage >= 0; damage--) {
    const at = random.below(input.length + 1);
    const added = Buffer.from(
      Array.from({ length: random.below(MAX_ADDED) }, () => random.below(256)),
    );
    switch (random.below(4)) {
      case 0:
        input = input.subarray(0, at);
        break;
      case 1:
        input = Buffer.concat([input.subarray(0, at), added, input.subarray(at)]);
        break;
      case 2:
        input = Buffer.concat([input.subarray(0, at), added, input.subarray(at + added.length)]);
        break;
      default:
        if (at < input.length) input[at] = input[at]! ^ (1 << random.below(8));
    }
  }
  return input;
}

/** Feeds `count` inputs from `seed` on; returns how many were refused. Throws at the first broken promise. */
export function fuzz(target: FuzzTarget, seed: number, count: number): number {
  let refused = 0;
  for (let i = 0; i < count; i++) {
    const random = new Seeded(seed + i);
    const input = damaged(target.corpus, random);
    try {
      target.parse(input, random);
    } catch (error) {
      if (!(error instanceof CodedError)) {
        throw new Error(`seed ${seed + i}, input ${input.toString('hex')}`, { cause: error });
      }
      refused++;
    }
  }
  return refused;
}
