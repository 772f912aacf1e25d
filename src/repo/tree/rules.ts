/**
 * Rules that say which paths a backup leaves out: patterns of the command line, lines of an
 * `--exclude-from` file, lines of an ignore file of the tree. The syntax and the order are those of
 * gitignore: the last rule that matches decides, and one that begins with `!` takes back.
 *
 * The tree is walked by absolute paths, so a pattern of the command line that starts with `/` is
 * anchored at the root of the file system, and one with a slash elsewhere (`cache/tmp`) matches at any
 * depth, as in restic and rsync: it has no directory of its own. In an ignore file both are anchored at
 * the directory that holds it, as git does.
 *
 * Matching is on {@link bytesToText}: `?` and a class stand for one character of valid UTF-8 or for
 * one byte that is not UTF-8. (Git itself counts bytes.)
 */
import { CodedError } from '../../errors.js';
import { ANY_DEPTH, matchesName, matchesPath, parseWildcard, type Wildcard } from './wildcard.js';

/** The line of a file that a rule was written in. */
export interface RuleOrigin {
  /** As {@link bytesToText} gives it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** A rule as it was given. */
export interface PatternRule {
  readonly type: 'exclude' | 'include';
  /** Gitignore syntax; bytes that are not UTF-8 as {@link bytesToText} gives them. */
  readonly pattern: string;
  /** undefined: an option, or the library's caller. */
  readonly origin?: RuleOrigin | undefined;
}

/** A rule that can be asked. */
export interface Rule {
  /** As it was given. */
  readonly source: PatternRule;
  readonly excludes: boolean;
  readonly isDirectoryOnly: boolean;
  /** What is matched: the name alone, or the path from where the rules are anchored. */
  readonly subject: 'name' | 'path';
  readonly segments: Wildcard['segments'];
}

/**
 * What a pattern with a slash in it is anchored at: the directory of its file; or, of an option, the
 * root of the file system where it begins with a slash, and else nothing.
 */
type Anchoring = 'directory' | 'option';

/**
 * A rule of the command line.
 * @throws CodedError USAGE_PATTERN for a pattern that names nothing or can match nothing
 */
export function compileOption(source: PatternRule): Rule {
  const { pattern } = source;
  if (/^!?[/ ]*$/.test(pattern)) throw badPattern(pattern, 'names nothing');
  const rule = compileRule(source, 'option');
  if (!rule) {
    const isBackslash = /(^|[^\\])(\\\\)*\\$/.test(pattern);
    throw badPattern(
      pattern,
      isBackslash ? 'ends in a backslash' : 'has a [ that nothing closes, or an unknown [:class:]',
    );
  }
  return rule;
}

function badPattern(pattern: string, what: string): CodedError {
  return new CodedError('USAGE_PATTERN', `The pattern "${pattern}" ${what}.`, {
    hint: 'Give a name such as "*.tmp", "cache/" or "/home/*/Downloads".',
  });
}

/** The lines of a file of rules. Those that can match nothing are passed over, as git does. */
export function compileLines(text: string, file: string, anchoring: Anchoring): Rule[] {
  const lines = text.replace(/^\ufeff/, '').split('\n');
  return lines.flatMap((written, position) => {
    const pattern = trimLine(written);
    if (pattern === '' || pattern.startsWith('#')) return [];
    const origin = { file, line: position + 1 };
    return compileRule({ type: 'exclude', pattern, origin }, anchoring) ?? [];
  });
}

/** Without the carriage return and the spaces at the end, unless a backslash stands before a space. */
function trimLine(line: string): string {
  const text = line.replace(/\r$/, '');
  let end = 0;
  for (let at = 0; at < text.length; at++) {
    const isEscape = text[at] === '\\';
    if (isEscape) at += 1;
    if (isEscape || text[at] !== ' ') end = at + 1;
  }
  return text.slice(0, end);
}

/** undefined when the pattern can match nothing. */
function compileRule(source: PatternRule, anchoring: Anchoring): Rule | undefined {
  const { type, pattern } = source;
  const isNegated = pattern.startsWith('!');
  const isDirectoryOnly = pattern.endsWith('/');
  const body = pattern.slice(isNegated ? 1 : 0, isDirectoryOnly ? -1 : undefined);
  const isAnchored = body.startsWith('/');
  const { segments, isWellFormed } = parseWildcard(isAnchored ? body.slice(1) : body);
  if (!isWellFormed) return undefined;
  const subject = body.includes('/') ? 'path' : 'name';
  const isAnywhere = anchoring === 'option' && subject === 'path' && !isAnchored;
  return {
    source,
    excludes: (type === 'exclude') !== isNegated,
    isDirectoryOnly,
    subject,
    segments: isAnywhere ? [ANY_DEPTH, ...segments] : segments,
  };
}

/**
 * The last of `rules` that matches an entry. `names`: the path of the entry from where the rules are
 * anchored; its last is the name of the entry. Allocates nothing.
 */
export function lastMatch(
  rules: readonly Rule[],
  names: readonly string[],
  isDirectory: boolean,
): Rule | undefined {
  const name = names.at(-1) ?? '';
  for (let position = rules.length - 1; position >= 0; position--) {
    const rule = rules[position];
    if (rule && (isDirectory || !rule.isDirectoryOnly) && matches(rule, name, names)) return rule;
  }
  return undefined;
}

function matches({ subject, segments }: Rule, name: string, names: readonly string[]): boolean {
  const last = segments[segments.length - 1] ?? ANY_DEPTH;
  // The name decides mostly, and is matched fastest.
  if (last !== ANY_DEPTH && !matchesName(last, name)) return false;
  return subject === 'name' || matchesPath(segments, names);
}
