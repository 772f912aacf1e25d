/**
 * Wildcard patterns of names and paths, as git's wildmatch reads them: `*`, `?`, `[a-z]`, `\` before a
 * character that stands for itself, and `**` as a whole segment for directories of any depth.
 *
 * Patterns come from files that anybody may have written, so no pattern may take long: each level of
 * matching goes back to its last star only, which bounds it by the product of the lengths. (A regular
 * expression goes back to every star: docs/decisions/0016 has figures.)
 */
import { isInClass, parseClass, type CharacterClass } from './character-class.js';

type Token =
  | { readonly type: 'literal'; readonly text: string }
  | { readonly type: 'class'; readonly parsed: CharacterClass }
  | { readonly type: 'one' }
  | { readonly type: 'many' };

/** The tokens of one segment of a path. */
export type Segment = readonly Token[];

/** `**` as a whole segment: any number of directories; at the end of a pattern, all below. */
export const ANY_DEPTH = '**';

export interface Wildcard {
  readonly segments: readonly (Segment | typeof ANY_DEPTH)[];
  /**
   * False where a bracket is not closed, or a backslash stands before nothing. These stand for
   * themselves here; to git such a pattern matches nothing.
   */
  readonly isWellFormed: boolean;
}

/** Reads a pattern whose segments are separated by single slashes. */
export function parseWildcard(pattern: string): Wildcard {
  const characters = Array.from(pattern);
  const segments: Token[][] = [[]];
  let isWellFormed = true;
  const add = (token: Token): void => {
    const segment = segments.at(-1);
    const last = segment?.at(-1);
    if (token.type === 'literal' && last?.type === 'literal') {
      segment?.splice(-1, 1, { type: 'literal', text: last.text + token.text });
    } else segment?.push(token);
  };
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    const escaped = character === '\\' ? characters[at + 1] : undefined;
    const found = character === '[' ? parseClass(characters, at) : undefined;
    if (found) {
      add({ type: 'class', parsed: found.parsed });
      at = found.next - 1;
    } else if (escaped !== undefined) {
      at += 1;
      if (escaped === '/') segments.push([]);
      else add({ type: 'literal', text: escaped });
    } else if (character === '/') segments.push([]);
    else if (character === '*') add({ type: 'many' });
    else if (character === '?') add({ type: 'one' });
    else {
      isWellFormed &&= character !== '[' && character !== '\\';
      add({ type: 'literal', text: character });
    }
  }
  return { segments: segments.map(withAnyDepth), isWellFormed };
}

function withAnyDepth(segment: readonly Token[]): Segment | typeof ANY_DEPTH {
  const isAnyDepth = segment.length > 1 && segment.every(({ type }) => type === 'many');
  return isAnyDepth ? ANY_DEPTH : segment;
}

/** Whether the whole of `name`, which holds no slash, is matched. */
export function matchesName(segment: Segment, name: string): boolean {
  let token = 0;
  let at = 0;
  /** Where to go on after the last star, and what it has taken so far. */
  let afterStar = -1;
  let starEnd = 0;
  for (;;) {
    const next = segment[token];
    if (next?.type === 'many') {
      afterStar = ++token;
      starEnd = at;
      if (afterStar === segment.length) return true;
      // By far the most patterns are `*.ext`.
      const rest = segment[afterStar];
      if (rest?.type === 'literal' && afterStar === segment.length - 1) {
        return name.length - rest.text.length >= at && name.endsWith(rest.text);
      }
      continue;
    }
    const length = next ? matchedLength(next, name, at) : -1;
    if (length >= 0) {
      at += length;
      token += 1;
    } else if (!next && at === name.length) return true;
    else if (afterStar < 0 || starEnd >= name.length) return false;
    else {
      starEnd += characterLength(name, starEnd);
      at = starEnd;
      token = afterStar;
    }
  }
}

/** Whether the whole of a path, given by its names, is matched. */
export function matchesPath(segments: Wildcard['segments'], names: readonly string[]): boolean {
  let segment = 0;
  let at = 0;
  let afterAnyDepth = -1;
  let anyDepthEnd = 0;
  for (;;) {
    const next = segments[segment];
    const name = names[at];
    if (next === ANY_DEPTH) {
      afterAnyDepth = ++segment;
      anyDepthEnd = at;
      if (afterAnyDepth === segments.length) return at < names.length;
    } else if (next && name !== undefined && matchesName(next, name)) {
      segment += 1;
      at += 1;
    } else if (!next && name === undefined) return true;
    else if (afterAnyDepth < 0 || anyDepthEnd >= names.length) return false;
    else {
      at = ++anyDepthEnd;
      segment = afterAnyDepth;
    }
  }
}

/** How much of `name` the token takes at `at`; -1 where it does not match. */
function matchedLength(token: Token, name: string, at: number): number {
  if (token.type === 'literal') return name.startsWith(token.text, at) ? token.text.length : -1;
  const codePoint = name.codePointAt(at);
  if (codePoint === undefined) return -1;
  if (token.type === 'class' && !isInClass(token.parsed, codePoint)) return -1;
  return codePoint > 0xffff ? 2 : 1;
}

function characterLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}
