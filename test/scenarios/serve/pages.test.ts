/** Hashes of pages, as clients ask for them and as they should not. */
import { beforeAll, expect, test } from 'vitest';
import { blake3 } from '../../../src/platform/hash.js';
import { encodeRanges } from '../../../src/remote/copy/wire/binary.js';
import { createCopyLab, type ServerProcess } from '../../support/copy-lab.js';
import { noise } from '../../support/seed.js';

const lab = createCopyLab();
const content = noise(10_000, 4);
let server: ServerProcess;
let identity: string;

beforeAll(async () => {
  lab.put(lab.root, 'file', content);
  server = await lab.serve();
  const info = (await (await fetch(`${server.url}/info?filename=file`)).json()) as {
    varve: { identity: string };
  };
  ({ identity } = info.varve);
});

function ask(
  parameters: Record<string, string>,
  ranges: readonly { offset: number; length: number }[],
): Promise<Response> {
  const all = { filename: 'file', identity, method: 'blake3', page_size: '4096', ...parameters };
  const query = new URLSearchParams(all).toString();
  return fetch(`${server.url}/v1/pages?${query}`, { method: 'POST', body: encodeRanges(ranges) });
}

test('are those of each page of each range, the last of a range short', async () => {
  const answer = await ask({}, [
    { offset: 0, length: 5000 },
    { offset: 9000, length: 1000 },
  ]);
  const expected = [
    [0, 4096],
    [4096, 5000],
    [9000, 10_000],
  ].map(([start, end]) => blake3(content.subarray(start, end)));
  expect(Buffer.from(await answer.arrayBuffer()).equals(Buffer.concat(expected))).toBe(true);
});

test.each([
  ['of a file in another state', 409, { identity: 'another' }, [{ offset: 0, length: 1 }]],
  ['of pages that are too short', 400, { page_size: '16' }, [{ offset: 0, length: 1 }]],
  ['with a method that there is not', 400, { method: 'none' }, [{ offset: 0, length: 1 }]],
  ['of no ranges', 400, {}, []],
  ['of an empty range', 400, {}, [{ offset: 0, length: 0 }]],
  ['beyond the end', 400, {}, [{ offset: 9999, length: 2 }]],
  ['of a file that is not there', 404, { filename: 'none' }, [{ offset: 0, length: 1 }]],
  ['of a file outside the root', 404, { filename: '../file' }, [{ offset: 0, length: 1 }]],
] as const)('are refused %s (%i)', async (_, status, parameters, ranges) => {
  expect((await ask(parameters, ranges)).status).toBe(status);
});

test('are refused of more than an answer may be about', async () => {
  const ranges = Array.from({ length: 4096 }, () => ({ offset: 0, length: 10_000 }));
  expect((await ask({}, ranges)).status).toBe(400);
});
