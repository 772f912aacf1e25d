/** The document that `--json` writes, in pieces. */

/** About this many characters are written at once. */
const CHUNK_CHARACTERS = 65_536;

/** What a failure tells a program. */
export interface FailureFields {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** The document of a failure. */
export function errorDocument({ code, message, hint }: FailureFields): object {
  return { error: { code, message, hint: hint ?? null } };
}

/**
 * `document` as JSON in pieces. A field of the document itself that is iterable (an array or a
 * generator, such as the entries of `ls`) is written element by element, so that a list of
 * millions is never one string. A bigint is written as a number where a double holds it exactly,
 * else as a decimal string.
 */
export function* jsonChunks(document: object): Generator<string> {
  let pending = '';
  for (const piece of pieces(document)) {
    pending += piece;
    if (pending.length < CHUNK_CHARACTERS) continue;
    yield pending;
    pending = '';
  }
  yield `${pending}\n`;
}

function* pieces(document: object): Generator<string> {
  let separator = '{';
  for (const [key, value] of Object.entries(document) as [string, unknown][]) {
    if (value === undefined) continue;
    yield `${separator}${JSON.stringify(key)}:`;
    if (isIterableObject(value)) yield* listPieces(value);
    else yield stringify(value);
    separator = ',';
  }
  yield separator === '{' ? '{}' : '}';
}

function* listPieces(elements: Iterable<unknown>): Generator<string> {
  let separator = '[';
  for (const element of elements) {
    yield separator + stringify(element);
    separator = ',';
  }
  yield separator === '[' ? '[]' : ']';
}

function stringify(value: unknown): string {
  // Typed as string, but undefined for undefined and functions, which an array holds as null.
  const text = JSON.stringify(value, bigintSafe) as string | undefined;
  return text ?? 'null';
}

function bigintSafe(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function isIterableObject(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
