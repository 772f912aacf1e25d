/** What commander refuses, in our own words: what is wrong, what is meant, where the help is. */
import type { Command, CommanderError } from 'commander';
import { CodedError } from '../store.js';
import { count } from '../platform/count.js';
import { nearestWords } from './near-miss.js';
import { PEER_COMMANDS, PEER_OPTIONS, REMOVING } from './peer-words.js';

interface Refusal {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What was typed. `program` has all commands; `command` is the one that was named, with its options. */
interface Typed {
  readonly program: Command;
  readonly command: Command | undefined;
  readonly args: readonly string[];
}

/** `parts`: of commander's message, what its expression captures. */
type Describe = (parts: readonly string[], typed: Typed) => Refusal;

const RULES: Readonly<Record<string, readonly [said: RegExp, describe: Describe]>> = {
  'commander.unknownOption': [/^error: unknown option '(.*)'$/s, unknownOption],
  'commander.unknownCommand': [/^error: unknown command '(.*)'$/s, unknownCommand],
  'commander.missingArgument': [/^error: missing required argument '(.*)'$/, missingArgument],
  'commander.optionMissingArgument': [/^error: option '(.*)' argument missing$/, missingValue],
  'commander.missingMandatoryOptionValue': [
    /^error: required option '(.*)' not specified$/,
    missingOption,
  ],
  'commander.excessArguments': [/Expected (\d+) .* got (\d+)/, excessArguments],
  'commander.invalidArgument': [
    /^error: option '(.*)' argument '(.*)' is invalid\. Allowed choices are (.*)\.$/s,
    invalidChoice,
  ],
};

/** The refusal as an error of ours, for its caller to throw. */
export function usageError(error: CommanderError, typed: Typed): CodedError {
  const [said, describe] = RULES[error.code] ?? [];
  const parts = said?.exec(error.message)?.slice(1);
  const refusal = parts && describe ? describe(parts, typed) : { message: error.message };
  const name = typed.command === undefined ? '' : ` ${typed.command.name()}`;
  const help = `See \`varve help${name}\`.`;
  return new CodedError('USAGE', refusal.message, {
    hint: refusal.hint === undefined ? help : `${refusal.hint} ${help}`,
    cause: error,
  });
}

function unknownOption([option = '']: readonly string[], typed: Typed): Refusal {
  const name = option.replace(/=.*$/s, '');
  const own = typed.command ?? typed.program;
  const names = own.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : []));
  const message = typed.command
    ? `\`varve ${typed.command.name()}\` has no option ${name}.`
    : `There is no option ${name}.`;
  if (isOfRunCommand(typed.args, option)) {
    return {
      message,
      hint: `If ${name} belongs to the command to run, put two dashes before that command: -- CMD...`,
    };
  }
  return { message, hint: peerOption(name, names) ?? didYouMean(name, names) };
}

function peerOption(name: string, names: readonly string[]): string | undefined {
  const answer = Object.hasOwn(PEER_OPTIONS, name) ? PEER_OPTIONS[name] : undefined;
  if (answer === undefined || typeof answer === 'string') return answer;
  const ours = answer.find((option) => names.includes(option));
  return ours && `Use ${ours}.`;
}

/** `backup --command NAME CMD --option`, without the dashes that end Varve's own options. */
function isOfRunCommand(args: readonly string[], option: string): boolean {
  const command = args.indexOf('--command');
  return command >= 0 && !args.includes('--') && args.lastIndexOf(option) > command + 2;
}

function unknownCommand([name = '']: readonly string[], { program }: Typed): Refusal {
  const names = program.commands.map((command) => command.name());
  const answer = Object.hasOwn(PEER_COMMANDS, name) ? PEER_COMMANDS[name] : undefined;
  return { message: `"${name}" is not a Varve command.`, hint: answer ?? didYouMean(name, names) };
}

/**
 * A name that is one slip of the fingers away, two in a longer word, or that begins as another ends:
 * `--excl`, `--repositry`. What removes is never named.
 */
function didYouMean(typed: string, names: readonly string[]): string | undefined {
  const candidates = names.filter((name) => !REMOVING.includes(name));
  const mistyped = nearestWords(typed, candidates);
  const best = mistyped.length > 0 ? mistyped : candidates.filter((name) => isCut(typed, name));
  return best.length === 0 || best.length > 3 ? undefined : `Did you mean ${best.join(' or ')}?`;
}

function isCut(typed: string, name: string): boolean {
  const least = name.startsWith('--') ? 5 : 3;
  return (
    Math.min(typed.length, name.length) >= least &&
    (name.startsWith(typed) || typed.startsWith(name))
  );
}

function missingArgument([name = '']: readonly string[], { command }: Typed): Refusal {
  if (!command) return { message: `${upper(name)} is missing.` };
  return {
    message: `\`varve ${command.name()}\` needs ${article(upper(name))}.`,
    hint: `Usage: varve ${command.name()} ${command.usage()}.`,
  };
}

function missingValue([flags = '']: readonly string[]): Refusal {
  return { message: `${longFlag(flags)} needs a value: ${flags}.` };
}

function missingOption([flags = '']: readonly string[], { command }: Typed): Refusal {
  const subject = command ? `\`varve ${command.name()}\` needs` : 'Missing:';
  return { message: `${subject} ${flags}.` };
}

function excessArguments([most = '', got = '']: readonly string[], typed: Typed): Refusal {
  const { command } = typed;
  const name = command ? `\`varve ${command.name()}\`` : 'varve';
  const takes = most === '0' ? 'no arguments' : `${count(Number(most), 'argument')} at most`;
  const hint =
    command?.name() === 'init'
      ? 'Name the repository with -r: `varve -r PATH init`.'
      : 'Put a name that has blanks or wildcards in quotes.';
  return { message: `${name} takes ${takes}, but got ${got}.`, hint };
}

function invalidChoice([flags = '', value = '', choices = '']: readonly string[]): Refusal {
  return { message: `${longFlag(flags)} cannot be "${value}".`, hint: `It is one of ${choices}.` };
}

function longFlag(flags: string): string {
  return /--[a-z-]+/.exec(flags)?.[0] ?? flags;
}

const upper = (name: string): string => name.toUpperCase();
const article = (name: string): string => `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
