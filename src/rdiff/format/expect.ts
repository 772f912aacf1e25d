/**
 * What callers of the library hand over, checked at its doors: a wrong argument is told by its name, with
 * what was expected and what came, wherever a bare TypeError would come from deep within.
 */
import { CodedError } from '../../errors.js';
import { count } from '../../platform/count.js';

/** A property of options: what it must be, in words and as a check. */
interface Rule {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const isWhole = (value: unknown, least: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= least;

const BYTES = 'bytes (a Uint8Array or a Buffer)';
const AMOUNT: Rule = {
  expected: 'a number of bytes, 0 or more',
  holds: (value) => isWhole(value, 0) || value === Infinity,
};
const COUNT: Rule = {
  expected: 'a whole number, 0 or more',
  holds: (value) => isWhole(value, 0) || value === Infinity,
};
const PATH: Rule = { expected: 'a path', holds: (value) => typeof value === 'string' };
const oneOf = (...names: readonly string[]): Rule => ({
  expected: names.map((name) => `"${name}"`).join(' or '),
  holds: (value) => names.includes(value as string),
});

/** All options of this part of the library; each means the same wherever it is taken. */
const OPTIONS: Readonly<Record<string, Rule>> = {
  // Their bounds depend on each other: `signatureArguments` says them.
  blockLength: { expected: 'a number of bytes', holds: (value) => typeof value === 'number' },
  strongLength: { expected: 'a number of bytes', holds: (value) => typeof value === 'number' },
  weak: oneOf('rabinkarp', 'rollsum'),
  strong: oneOf('blake2', 'md4'),
  signal: { expected: 'an AbortSignal', holds: (value) => value instanceof AbortSignal },
  maxOutput: AMOUNT,
  maxMemory: AMOUNT,
  maxBlockSums: COUNT,
  force: { expected: 'true or false', holds: (value) => typeof value === 'boolean' },
  jobs: { expected: 'a whole number, 1 or more', holds: (value) => isWhole(value, 1) },
  basis: PATH,
  signature: PATH,
  target: PATH,
  delta: PATH,
  sidecar: PATH,
  old: PATH,
  new: PATH,
};

/** The failure of an argument or option that is something else than it must be. */
export function wrongArgument(
  name: string,
  expected: string,
  value: unknown,
  hint?: string,
): CodedError {
  const message = `${name} must be ${expected}, not ${describe(value)}`;
  return new CodedError('RDIFF_PARAMETER', message, hint === undefined ? {} : { hint });
}

/** @throws CodedError RDIFF_PARAMETER */
export function expectBytes(name: string, value: unknown): void {
  if (!(value instanceof Uint8Array)) throw wrongArgument(name, BYTES, value);
}

/** @throws CodedError RDIFF_PARAMETER */
export function expectPath(name: string, value: unknown): void {
  if (typeof value !== 'string') throw wrongArgument(name, PATH.expected, value);
}

/** Options are an object; those that are known are what they must be. @throws CodedError RDIFF_PARAMETER */
export function expectOptions(value: unknown, name = 'options'): void {
  if (!isObject(value)) throw wrongArgument(name, 'an object', value);
  for (const [option, given] of Object.entries(value)) {
    const rule = Object.hasOwn(OPTIONS, option) ? OPTIONS[option] : undefined;
    if (rule === undefined || given === undefined || rule.holds(given)) continue;
    throw wrongArgument(`The option ${option}`, rule.expected, given);
  }
}

/** A signature that was read, not the bytes of one. @throws CodedError RDIFF_PARAMETER */
export function expectSignature(name: string, value: unknown): void {
  const isSignature =
    isObject(value) && 'weak' in value && 'entries' in value && isObject(value['kind']);
  if (isSignature) return;
  throw wrongArgument(name, 'a signature', value, 'readSignature makes one of a signature file.');
}

/** An object with these functions. @throws CodedError RDIFF_PARAMETER */
export function expectFunctions(name: string, value: unknown, functions: readonly string[]): void {
  const has = (one: string): boolean => isObject(value) && typeof value[one] === 'function';
  if (functions.every(has)) return;
  throw wrongArgument(name, `an object with the functions ${functions.join(' and ')}`, value);
}

/** @throws CodedError RDIFF_PARAMETER */
export function expectOneOf(name: string, value: unknown, names: readonly string[]): void {
  const rule = oneOf(...names);
  if (!rule.holds(value)) throw wrongArgument(name, rule.expected, value);
}

/** @throws CodedError RDIFF_PARAMETER */
export function expectWhole(name: string, value: unknown, least: number, most: number): void {
  if (isWhole(value, least) && (value as number) <= most) return;
  throw wrongArgument(name, `a whole number from ${least} to ${most}`, value);
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** What a value is, in few words. */
function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value === 'bigint') return `${value}n`;
  if (!isObject(value)) return String(value);
  if (value instanceof Uint8Array) return count(value.length, 'byte');
  const { constructor } = value;
  const kind = typeof constructor === 'function' ? constructor.name : '';
  return kind === '' || kind === 'Object' ? 'an object' : `an object of the kind ${kind}`;
}
