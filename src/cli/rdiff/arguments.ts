/**
 * `rdiff`'s grammar: options anywhere (until `--`), short ones bundled, values joined or separate,
 * any unambiguous beginning of an action, `-` or nothing for a standard stream.
 */
import { ACTION_USAGE, type ActionName } from './usage.js';

/** A command line that makes no sense. */
export class SyntaxFailure extends Error {}

/** Options that were given. */
export interface RdiffOptions {
  hash?: 'md4' | 'blake2';
  rollsum?: 'rollsum' | 'rabinkarp';
  blockLength?: number;
  strongLength?: number;
  /** 0: all cores. */
  jobs?: number;
  basis?: string;
  maxOutput?: number;
  /** Lines of an explanation; 0: all. */
  limit?: number;
  /** True: beside the delta. */
  verifyHash?: string | true;
  force?: boolean;
  statistics?: boolean;
  verbose?: boolean;
  json?: boolean;
}

/** An action on files. A path that is undefined is a standard stream. */
export interface RdiffAction {
  readonly action: ActionName;
  readonly paths: readonly (string | undefined)[];
  readonly options: RdiffOptions;
}

/** What to do. */
export type RdiffCommand =
  RdiffAction | { readonly action: 'help' } | { readonly action: 'version' };

type Apply = (options: RdiffOptions, value: string) => void;
interface OptionRule {
  readonly names: readonly string[];
  readonly value: 'none' | 'required' | 'optional';
  readonly apply: Apply;
}

const MAX_INT = 2 ** 31 - 1;

/** As C's strtol with base 0: decimal, 0x hexadecimal, 0 octal. */
function integer(text: string, low: number): number {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.exec(text.trim());
  if (match === null) throw new SyntaxFailure(`invalid numeric value: ${text}`);
  const digits = match[2] as string;
  const size = /^0[0-7]+$/.test(digits) ? parseInt(digits, 8) : Number(digits);
  const value = match[1] === '-' ? -size : size;
  if (value < low || value > MAX_INT) {
    throw new SyntaxFailure(
      `number too large or too small: ${text} (it must be ${low} to ${MAX_INT})`,
    );
  }
  return value === 0 ? 0 : value;
}

/** Bytes, with K, M, G or T for powers of 1024. */
function byteCount(text: string): number {
  const match = /^([0-9]+)([KMGT]?)(i?B)?$/i.exec(text);
  if (match === null) throw new SyntaxFailure(`invalid size: ${text}`);
  const unit = (match[2] as string).toUpperCase();
  const value = Number(match[1]) * 1024 ** ' KMGT'.indexOf(unit === '' ? ' ' : unit);
  if (!Number.isSafeInteger(value)) throw new SyntaxFailure(`size too large: ${text}`);
  return value;
}

const flag = (names: readonly string[], apply: (options: RdiffOptions) => void): OptionRule => ({
  names,
  value: 'none',
  apply,
});
const valued = (names: readonly string[], apply: Apply): OptionRule => ({
  names,
  value: 'required',
  apply,
});

const RULES: readonly OptionRule[] = [
  flag(['-v', '--verbose'], (options) => (options.verbose = true)),
  flag(['-s', '--statistics'], (options) => (options.statistics = true)),
  flag(['--json'], (options) => (options.json = true)),
  flag(['-f', '--force'], (options) => (options.force = true)),
  valued(['-j', '--jobs'], (options, value) => (options.jobs = integer(value, 0))),
  valued(['-H', '--hash'], (options, value) => {
    if (value !== 'md4' && value !== 'blake2') {
      throw new SyntaxFailure(`Unknown hash algorithm '${value}'.`);
    }
    options.hash = value;
  }),
  valued(['-R', '--rollsum'], (options, value) => {
    if (value !== 'rollsum' && value !== 'rabinkarp') {
      throw new SyntaxFailure(`Unknown rollsum algorithm '${value}'.`);
    }
    options.rollsum = value;
  }),
  valued(['-b', '--block-size'], (options, value) => (options.blockLength = integer(value, 0))),
  // Values that no signature has are the library's to refuse, with librsync's own result.
  valued(
    ['-S', '--sum-size'],
    (options, value) => (options.strongLength = integer(value, -MAX_INT)),
  ),
  valued(['-I', '--input-size'], (_, value) => void integer(value, 0)),
  valued(['-O', '--output-size'], (_, value) => void integer(value, 0)),
  valued(['--basis'], (options, value) => (options.basis = value)),
  valued(['--max-output'], (options, value) => (options.maxOutput = byteCount(value))),
  valued(['--limit'], (options, value) => (options.limit = integer(value, 0))),
  {
    names: ['--verify-hash'],
    value: 'optional',
    apply: (options, value) => (options.verifyHash = value === '' ? true : value),
  },
];

const HELP = ['-?', '-h', '--help'];
const VERSION = ['-V', '--version'];

/** One option as written: its name, and a value if one is joined to it. */
interface WrittenOption {
  readonly name: string;
  readonly joined: string | undefined;
}

/** `--name=value`, or the first letter of a bundle with the rest as its possible value. */
function splitOption(argument: string): WrittenOption {
  if (argument.startsWith('--')) {
    const equals = argument.indexOf('=');
    if (equals < 0) return { name: argument, joined: undefined };
    return { name: argument.slice(0, equals), joined: argument.slice(equals + 1) };
  }
  const rest = argument.slice(2);
  return { name: argument.slice(0, 2), joined: rest === '' ? undefined : rest };
}

/** Applies the option at the front of `pending`, and removes what it used. */
function takeOption(pending: string[], options: RdiffOptions): 'help' | 'version' | undefined {
  const { name, joined } = splitOption(pending.shift() as string);
  const long = name.startsWith('--');
  if (HELP.includes(name)) return 'help';
  if (VERSION.includes(name)) return 'version';
  const rule = RULES.find(({ names }) => names.includes(name));
  if (rule === undefined) throw new SyntaxFailure(`unknown option: ${name}`);
  if (rule.value === 'none') {
    if (joined !== undefined && long) throw new SyntaxFailure(`option takes no value: ${name}`);
    if (joined !== undefined) pending.unshift(`-${joined}`);
    rule.apply(options, '');
    return undefined;
  }
  const value = joined ?? (rule.value === 'required' ? pending.shift() : '');
  if (value === undefined) throw new SyntaxFailure(`missing argument: ${name}`);
  rule.apply(options, long ? value : value.replace(/^=/, ''));
  return undefined;
}

function actionOf(word: string | undefined): ActionName {
  const names = Object.keys(ACTION_USAGE) as ActionName[];
  const [action, ...others] = names.filter((name) => name.startsWith(word ?? ''));
  if (word === undefined || action === undefined || others.length > 0) {
    throw new SyntaxFailure("You must specify an action: `signature', `delta', or `patch'.");
  }
  return action;
}

/** How many paths an action must and may have. */
function pathCounts(action: ActionName, options: RdiffOptions): { least: number; most: number } {
  if (action === 'signature') return { least: 0, most: 2 };
  if (action === 'explain') return { least: 2, most: 2 };
  if (action === 'delta' && options.basis !== undefined) return { least: 0, most: 2 };
  return { least: 1, most: 3 };
}

/** Options that mean nothing to an action are mistakes, not noise. */
function checkOptions(action: ActionName, options: RdiffOptions): void {
  const only = (given: boolean, name: string, ...actions: ActionName[]) => {
    if (given && !actions.includes(action)) {
      throw new SyntaxFailure(`${name} has no meaning for ${action}`);
    }
  };
  only(options.basis !== undefined, '--basis', 'delta');
  only(options.maxOutput !== undefined, '--max-output', 'patch');
  only(options.limit !== undefined, '--limit', 'explain');
  only(options.verifyHash !== undefined, '--verify-hash', 'delta', 'patch');
}

/** @throws SyntaxFailure */
export function parseArguments(argv: readonly string[]): RdiffCommand {
  const pending = [...argv];
  const words: string[] = [];
  const options: RdiffOptions = {};
  while (pending.length > 0) {
    const next = pending[0] as string;
    if (next === '--') {
      words.push(...pending.slice(1));
      break;
    }
    if (!next.startsWith('-') || next === '-') {
      words.push(pending.shift() as string);
      continue;
    }
    const request = takeOption(pending, options);
    if (request !== undefined) return { action: request };
  }
  const [word, ...names] = words;
  const action = actionOf(word);
  checkOptions(action, options);
  const { least, most } = pathCounts(action, options);
  if (names.length < least) {
    throw new SyntaxFailure(`Usage for ${action}: ${ACTION_USAGE[action]}`);
  }
  if (names.length > most) throw new SyntaxFailure('Too many arguments.');
  return { action, paths: names.map((name) => (name === '-' ? undefined : name)), options };
}

/** Whether the result itself goes to standard output, where nothing else may go then. */
export function usesStdout({ action, paths, options }: RdiffAction): boolean {
  const position = {
    signature: 1,
    delta: options.basis === undefined ? 2 : 1,
    patch: 2,
    explain: 9,
  };
  return paths[position[action]] === undefined;
}
