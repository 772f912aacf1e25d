/** librsync's three steps on whole byte strings, one call each. */
import { signatureArguments, type SignatureSizes } from './arguments.js';
import { ByteBuilder } from './bytes.js';
import { DeltaWriter } from './delta-writer.js';
import { compareDirectly } from './direct.js';
import { expectBytes, expectOptions } from './expect.js';
import { InstructionWriter } from './instruction-writer.js';
import { signatureKind, type StrongName, type WeakName } from './kinds.js';
import { beyondBasis, Patcher, type PatchLimits } from './patcher.js';
import { SignatureReader } from './signature-reader.js';
import { SignatureWriter } from './signature-writer.js';
import type { Signature } from './signature.js';

/** Which signature to make; by default what `rdiff` makes. */
export interface SignatureOptions extends SignatureSizes {
  readonly weak?: WeakName;
  readonly strong?: StrongName;
}

/** A result that is kept in memory stops here, unless told otherwise. */
export const DEFAULT_MAX_OUTPUT = 2 ** 30;

/** The signature file of `basis`. @throws CodedError RDIFF_PARAMETER */
export function makeSignature(basis: Uint8Array, options: SignatureOptions = {}): Uint8Array {
  expectBytes('The basis', basis);
  expectOptions(options);
  const kind = signatureKind(options.weak, options.strong);
  const sizes = signatureArguments(kind, basis.length, options);
  const writer = new SignatureWriter({ kind, ...sizes });
  return Buffer.concat([writer.update(basis), writer.finish()]);
}

/** A signature file, read. @throws CodedError RDIFF_INPUT_ENDED, RDIFF_BAD_MAGIC, RDIFF_CORRUPT, RDIFF_PARAMETER */
export function readSignature(file: Uint8Array): Signature {
  expectBytes('The signature file', file);
  const reader = new SignatureReader();
  reader.update(file);
  return reader.finish();
}

/** The delta file that turns the basis behind `signature` into `target`. @throws CodedError RDIFF_PARAMETER */
export function makeDelta(signature: Signature, target: Uint8Array): Uint8Array {
  expectBytes('The target', target);
  const writer = new DeltaWriter(signature);
  return Buffer.concat([writer.update(target), writer.finish()]);
}

/**
 * The delta file that turns `basis` into `target`, both at hand: matches are exact, begin and end at
 * any byte, and rest on no hash. `rdiff patch` applies it as any other.
 */
export function makeDirectDelta(basis: Uint8Array, target: Uint8Array): Uint8Array {
  expectBytes('The basis', basis);
  expectBytes('The target', target);
  const output = new ByteBuilder();
  const writer = new InstructionWriter(output);
  compareDirectly(basis, target, writer);
  writer.finish();
  return output.take();
}

/**
 * The file that `delta` makes of `basis`. Nothing in the format proves that the basis is the right
 * one: compare the result's hash wherever it is known.
 * @throws CodedError RDIFF_INPUT_ENDED, RDIFF_BAD_MAGIC, RDIFF_CORRUPT, RDIFF_OUTPUT_LIMIT
 */
export function applyDelta(
  basis: Uint8Array,
  delta: Uint8Array,
  limits: PatchLimits = {},
): Uint8Array {
  expectBytes('The basis', basis);
  expectBytes('The delta', delta);
  expectOptions(limits);
  const { maxOutput = DEFAULT_MAX_OUTPUT } = limits;
  const output = new ByteBuilder();
  const patcher = new Patcher({ maxOutput });
  for (const step of patcher.update(delta)) {
    if (step.type === 'literal') output.push(step.bytes);
    else output.push(slice(basis, step.position, step.length));
  }
  patcher.finish();
  return output.take();
}

function slice(basis: Uint8Array, position: number, length: number): Uint8Array {
  if (position + length > basis.length) throw beyondBasis(position, length, basis.length);
  return basis.subarray(position, position + length);
}
