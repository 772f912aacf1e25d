/**
 * The patterns of `find`: gitignore's syntax, for looking something up rather than leaving it out.
 * A pattern without a slash is matched against the name alone; one with a slash against the whole
 * path, from the root of the file system where it begins with a slash, else at any depth. One that
 * ends in a slash finds directories only. What lies below a match is not a match itself, and an
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
  readonly name:
    | { readonly type: 'equals' | 'begins' | 'holds'; readonly text: string }
    | { readonly type: 'any' };
}

/** @throws CodedError USAGE_PATTERN when the pattern names nothing */
export function compileGlob(pattern: string): Glob {
  const body = pattern.replace(/\/+$/, '');
  if (body === '') {
    throw new CodedError('USAGE_PATTERN', `The pattern "${pattern}" names nothing.`, {
      hint: 'Give a name such as "report.txt" or "*.tmp", or a path such as "/home/**/*.tmp".',
    });
  }
  const isDirectoryOnly = body.length < pattern.length;
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

/** The literal characters that a match begins with, else the longest run that every match holds. */
function nameTest(segment: Wildcard['segments'][number]): Glob['name'] {
  if (segment === ANY_DEPTH) return { type: 'any' };
  const literals = segment.flatMap((token) => (token.type === 'literal' ? [token.text] : []));
  const [first] = segment;
  if (first?.type === 'literal') {
    return { type: segment.length === 1 ? 'equals' : 'begins', text: first.text };
  }
  const text = literals.reduce((most, each) => (each.length > most.length ? each : most), '');
  return text === '' ? { type: 'any' } : { type: 'holds', text };
}
