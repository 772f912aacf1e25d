/** The bracket expressions of wildcards: `[a-z]`, `[!0-9]`, `[[:alpha:]_]`, as git's wildmatch reads them. */

export interface CharacterClass {
  readonly isNegated: boolean;
  /** Code points, both ends included. */
  readonly ranges: readonly CodePoints[];
}

type CodePoints = readonly [from: number, to: number];

export function isInClass({ isNegated, ranges }: CharacterClass, codePoint: number): boolean {
  return ranges.some(([from, to]) => from <= codePoint && codePoint <= to) !== isNegated;
}

/**
 * The class whose `[` is at `start` of a pattern given by its characters, and where it ends; undefined
 * when it is not closed or names a class that there is not.
 */
export function parseClass(
  pattern: readonly string[],
  start: number,
): { readonly parsed: CharacterClass; readonly next: number } | undefined {
  let at = start + 1;
  const isNegated = pattern[at] === '!' || pattern[at] === '^';
  if (isNegated) at += 1;
  const ranges: CodePoints[] = [];
  /** The character before, where it may begin a range. */
  let from: number | undefined;
  // A bracket that comes first does not close.
  for (const first = at; at === first || pattern[at] !== ']';) {
    const named = namedClass(pattern, at);
    if (named) {
      if (!named.ranges) return undefined;
      ranges.push(...named.ranges);
      from = undefined;
      at = named.next;
      continue;
    }
    const isRange = pattern[at] === '-' && from !== undefined && pattern[at + 1] !== ']';
    if (isRange) at += 1;
    if (pattern[at] === '\\') at += 1;
    const codePoint = pattern[at]?.codePointAt(0);
    if (codePoint === undefined) return undefined;
    ranges.push([isRange && from !== undefined ? from : codePoint, codePoint]);
    from = isRange ? undefined : codePoint;
    at += 1;
  }
  return { parsed: { isNegated, ranges }, next: at + 1 };
}

/** `[:alpha:]` at `start`; `ranges` undefined where no class has that name. */
function namedClass(
  pattern: readonly string[],
  start: number,
): { readonly ranges: readonly CodePoints[] | undefined; readonly next: number } | undefined {
  if (pattern[start] !== '[' || pattern[start + 1] !== ':') return undefined;
  const end = pattern.indexOf(']', start + 2);
  if (end < start + 3 || pattern[end - 1] !== ':') return undefined;
  return { ranges: POSIX[pattern.slice(start + 2, end - 1).join('')], next: end + 1 };
}

/** POSIX classes, of ASCII only. */
const POSIX: Readonly<Partial<Record<string, readonly CodePoints[]>>> = {
  alnum: ranges('09', 'AZ', 'az'),
  alpha: ranges('AZ', 'az'),
  blank: ranges('  ', '\t\t'),
  cntrl: ranges('\0\x1f', '\x7f\x7f'),
  digit: ranges('09'),
  graph: ranges('!~'),
  lower: ranges('az'),
  print: ranges(' ~'),
  punct: ranges('!/', ':@', '[`', '{~'),
  space: ranges('\t\r', '  '),
  upper: ranges('AZ'),
  xdigit: ranges('09', 'AF', 'af'),
};

function ranges(...pairs: string[]): CodePoints[] {
  return pairs.map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)]);
}
