import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import {
  announcedBytes,
  bodyParts,
  withBody,
} from '../../../../src/remote/transport/server/bodies.js';

/** A request whose body comes in these chunks. */
function request(chunks: readonly string[], announced?: string): IncomingMessage {
  const stream = Readable.from(
    chunks.map((chunk) => Buffer.from(chunk)),
    { objectMode: true },
  );
  const length = announced ?? String(chunks.join('').length);
  const headers = length === 'none' ? {} : { 'content-length': length };
  return Object.assign(stream, { headers }) as unknown as IncomingMessage;
}

const refused = (message: RegExp) =>
  expect.objectContaining({
    code: 'REMOTE_REQUEST',
    message: expect.stringMatching(message) as string,
  }) as Error;

test.each([
  ['0', 0],
  ['9', 9],
  ['10', 10],
  ['11', undefined],
  ['-1', undefined],
  ['x', undefined],
  ['none', undefined],
])('a body that says it has %s bytes, where ten are allowed: %s', (announced, bytes) => {
  const read = () => announcedBytes(request([], announced), 10);
  if (bytes !== undefined) expect(read()).toBe(bytes);
  else expect(read).toThrow(refused(/^Expected a body of at most 10 bytes, with its length\.$/));
});

describe('a whole body', () => {
  test('is put together from what arrives', async () => {
    const body = await withBody(request(['one ', '', 'two']), 7, (bytes) => bytes.toString());
    expect(body).toBe('one two');
    expect(await withBody(request([]), 0, (bytes) => bytes.length)).toBe(0);
  });

  test('that ends too early is not worked with', async () => {
    let hasWorked = false;
    const work = (): void => void (hasWorked = true);
    const cut = withBody(request(['abc'], '4'), 10, work);
    await expect(cut).rejects.toThrow(refused(/^The body is shorter than announced\.$/));
    await expect(withBody(request(['abc']), 2, work)).rejects.toThrow(refused(/at most 2 bytes/));
    expect(hasWorked).toBe(false);
  });
});

describe('a body in parts', () => {
  const partsOf = async (incoming: IncomingMessage, partBytes: number): Promise<string[]> => {
    const parts: string[] = [];
    for await (const part of bodyParts(incoming, partBytes))
      parts.push(Buffer.from(part).toString());
    return parts;
  };

  test.each([
    [['abcdefgh'], 3, ['abc', 'def', 'gh']],
    [['ab', 'cdef', 'g', 'hi'], 3, ['abc', 'def', 'ghi']],
    [['a', 'b', 'c'], 1, ['a', 'b', 'c']],
    [['ab'], 5, ['ab']],
    [[], 5, []],
  ])('%j in parts of %i: %j', async (chunks, partBytes, parts) => {
    expect(await partsOf(request(chunks), partBytes)).toEqual(parts);
  });

  test('that ends too early fails after what came', async () => {
    const seen: string[] = [];
    const reading = (async () => {
      for await (const part of bodyParts(request(['abcd'], '9'), 3)) {
        seen.push(Buffer.from(part).toString());
      }
    })();
    await expect(reading).rejects.toThrow(refused(/shorter than announced/));
    expect(seen).toEqual(['abc', 'd']);
  });
});
