/**
 * The patterns of `find`. One without wildcards is a part of a name; or, with a slash in it, a part of
 * a path that reaches into its last name, so that what lies below a match is not found with it.
 *
 * With wildcards it is gitignore's syntax, for looking something up rather than leaving it out.
 * A pattern without a slash is matched against the name alone; one with a slash against the whole
 * path, from the root of the file system where it begins with a slash, else at any depth. One that
 * ends in a slash finds directories only, with or without wildcards. What lies below a match is not a match itself, and an
 * unclosed bracket stands for itself.
 *
 * Matching is on {@link bytesToText}: `?` and a class stand for one character of valid UTF-8 or for
 * one byte that is not UTF-8.
 */
import { CodedError } from '../../errors.js';
import { ANY_DEPTH, matchesName, matchesPath, parseWildcard, type Wildcard } from './wildcard.js';

export interface Glob {
  /** What is matched: the name, or the absolute path. */
  readonly subject: 'name' | 'path';
  readonly matches: (text: string) => boolean;
  readonly isDirectoryOnly: boolean;
  /** What the name of every match is, begins with or holds: looked for before anything is matched. */
  readonly name: NamePart;
}

type NamePart =
  | { readonly type: 'equals' | 'begins' | 'holds'; readonly text: string }
  /** In either case; `text` is ASCII, in small letters. */
  | { readonly type: 'holds-folded'; readonly text: string }
  | { readonly type: 'any' };

export interface GlobOptions {
  /** Letters match in either case. */
  readonly ignoresCase?: boolean;
}

/** @throws CodedError USAGE_PATTERN when the pattern names nothing */
export function compileGlob(pattern: string, { ignoresCase }: GlobOptions = {}): Glob {
  if (!ignoresCase) return compile(pattern);
  const folded = compile(pattern.toLowerCase());
  return {
    ...folded,
    matches: (text) => folded.matches(text.toLowerCase()),
    name: foldedPart(folded.name),
  };
}

/** Beyond ASCII, SQLite knows no other case of a letter. */
function foldedPart(name: NamePart): NamePart {
  const isAscii = name.type !== 'any' && /^[ -~]*$/.test(name.text);
  return isAscii ? { type: 'holds-folded', text: name.text } : { type: 'any' };
}

function compile(pattern: string): Glob {
  const body = pattern.replace(/\/+$/, '');
  if (body === '') {
    throw new CodedError('USAGE_PATTERN', `The pattern "${pattern}" names nothing.`, {
      hint: 'Give a name such as "report.txt" or "*.tmp", or a path such as "/home/**/*.tmp".',
    });
  }
  const isDirectoryOnly = body.length < pattern.length;
  if (!/[*?[\\]/.test(body)) return { ...partOf(body), isDirectoryOnly };
  const isAnchored = body.startsWith('/');
  const { segments } = parseWildcard(isAnchored ? body.slice(1) : body);
  const [first = []] = segments;
  const name = nameTest(segments.at(-1) ?? []);
  if (!body.includes('/')) {
    const matches = (text: string): boolean => first === ANY_DEPTH || matchesName(first, text);
    return { subject: 'name', matches, isDirectoryOnly, name };
  }
  const whole: Wildcard['segments'] = isAnchored ? segments : [ANY_DEPTH, ...segments];
  const matches = (text: string): boolean => matchesPath(whole, text.slice(1).split('/'));
  return { subject: 'path', matches, isDirectoryOnly, name };
}

function partOf(text: string): Omit<Glob, 'isDirectoryOnly'> {
  const slash = text.lastIndexOf('/');
  if (slash === -1) {
    return { subject: 'name', matches: (name) => name.includes(text), name: holding(text) };
  }
  return {
    subject: 'path',
    matches(path) {
      const at = path.lastIndexOf(text);
      return at !== -1 && at + text.length > path.lastIndexOf('/');
    },
    name: { type: 'begins', text: text.slice(slash + 1) },
  };
}

/** The literal characters that a match begins with, else the longest run that every match holds. */
function nameTest(segment: Wildcard['segments'][number]): Glob['name'] {
  if (segment === ANY_DEPTH) return { type: 'any' };
  const literals = segment.flatMap((token) => (token.type === 'literal' ? [token.text] : []));
  const [first] = segment;
  if (first?.type === 'literal') {
    return { type: segment.length === 1 ? 'equals' : 'begins', text: first.text };
  }
  const text = literals.reduce((most, each) => (each.length > most.length ? each : most), '');
  return holding(text);
}

function holding(text: string): NamePart {
  return text === '' ? { type: 'any' } : { type: 'holds', text };
}
