/**
 * The patterns of `find`: gitignore's syntax, for looking something up rather than leaving it out.
 * A pattern without a slash is matched against the name alone; one with a slash against the whole
 * path, from the root of the file system where it begins with a slash, else at any depth. One that
 * ends in a slash finds directories only. What lies below a match is no match of its own.
 *
 * Matching is on {@link bytesToText}: `?` and a class stand for one character of valid UTF-8 or for
 * one byte that is not UTF-8.
 */
import { CodedError } from '../../errors.js';

export interface Glob {
  /** What is matched: the name, or the absolute path. */
  readonly subject: 'name' | 'path';
  readonly expression: RegExp;
  readonly isDirectoryOnly: boolean;
  /** What the name of every match is, begins with or holds: looked for before anything is matched. */
  readonly name:
    | { readonly type: 'equals' | 'begins' | 'holds'; readonly text: string }
    | { readonly type: 'any' };
}

/** @throws CodedError `USAGE_PATTERN` when the pattern names nothing. */
export function compileGlob(pattern: string): Glob {
  const body = pattern.replace(/\/+$/, '');
  if (body === '') {
    throw new CodedError('USAGE_PATTERN', `The pattern "${pattern}" names nothing.`, {
      hint: 'Give a name such as "report.txt" or "*.tmp", or a path such as "/home/**/*.tmp".',
    });
  }
  const isDirectoryOnly = body.length < pattern.length;
  const segments = body.split('/');
  const name = nameTest(segments.at(-1) ?? '');
  if (segments.length === 1) {
    const expression = new RegExp(`^${segmentSource(body)}$`, 'su');
    return { subject: 'name', expression, isDirectoryOnly, name };
  }
  const expression = new RegExp(`^${pathSource(segments)}$`, 'su');
  return { subject: 'path', expression, isDirectoryOnly, name };
}

/** Segments of an absolute path, whose first is empty, or of one at any depth. */
function pathSource(segments: readonly string[]): string {
  const isAnchored = segments[0] === '';
  const rest = isAnchored ? segments.slice(1) : segments;
  const parts = rest.map((segment, position) => {
    const isLast = position === rest.length - 1;
    if (segment !== '**') return segmentSource(segment) + (isLast ? '' : '/');
    return isLast ? '.+' : '(?:.*/)?';
  });
  return (isAnchored ? '/' : '(?:.*/)?') + parts.join('');
}

type Token =
  | { readonly type: 'literal'; readonly text: string }
  | { readonly type: 'class'; readonly source: string }
  | { readonly type: 'one' }
  | { readonly type: 'many' };

function segmentSource(segment: string): string {
  return tokens(segment).map(tokenSource).join('');
}

function tokenSource(token: Token): string {
  switch (token.type) {
    case 'literal':
      return token.text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    case 'class':
      return token.source;
    case 'one':
      return '[^/]';
    case 'many':
      return '[^/]*';
  }
}

/** The literal characters that a match begins with, else the longest run that every match holds. */
function nameTest(segment: string): Glob['name'] {
  const parts = tokens(segment);
  const literals = parts.flatMap((token) => (token.type === 'literal' ? [token.text] : []));
  if (literals.length === parts.length) return { type: 'equals', text: literals.join('') };
  if (parts[0]?.type === 'literal') return { type: 'begins', text: parts[0].text };
  const text = literals.reduce((most, each) => (each.length > most.length ? each : most), '');
  return text === '' ? { type: 'any' } : { type: 'holds', text };
}

/** An escape, a class, a wildcard, or a run of anything else; what is none of these stands for itself. */
const TOKEN = /\\(?<escaped>.)|\[(?<class>[!^]?\]?(?:\\.|[^\]\\])*)\]|(?<wild>[*?])|(?<plain>.)/gsu;

function tokens(segment: string): Token[] {
  const found: Token[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') found.push({ type: 'literal', text: literal });
    literal = '';
  };
  for (const { groups = {} } of segment.matchAll(TOKEN)) {
    const plain = groups['escaped'] ?? groups['plain'];
    if (plain !== undefined) literal += plain;
    else {
      flush();
      if (groups['wild'] === '*') found.push({ type: 'many' });
      else if (groups['wild'] === '?') found.push({ type: 'one' });
      else found.push({ type: 'class', source: classSource(groups['class'] ?? '') });
    }
  }
  flush();
  return found;
}

/** `[!a-z]` and `[^a-z]` as a class of a regular expression that never matches a slash. */
function classSource(body: string): string {
  const isNegated = /^[!^]/.test(body);
  const members = [...body.slice(isNegated ? 1 : 0).matchAll(/\\?(.)(?:-\\?(.))?/gsu)];
  const ranges = members.map(([whole, from = '', to]) => {
    if (to === undefined) return escapeMember(whole.replace(/^\\(?=.)/su, ''));
    return from <= to ? `${escapeMember(from)}-${escapeMember(to)}` : '';
  });
  return isNegated ? `[^/${ranges.join('')}]` : `(?!/)[${ranges.join('')}]`;
}

function escapeMember(text: string): string {
  return text.replace(/[\\\]^[-]/g, '\\$&');
}
