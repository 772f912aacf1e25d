import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeDelta, makeSignature, readSignature } from '../../src/rdiff/format/whole.js';

const page = readFileSync(new URL('../../docs/rsync.md', import.meta.url), 'utf8');
/** The page's lines of hexadecimal digits, without spaces. */
const examples = page
  .split('\n')
  .filter((line) => /^ {4}[0-9a-f ]+$/.test(line))
  .join('')
  .replaceAll(' ', '');

test('the worked example of docs/rsync.md is what the code writes', () => {
  const signature = makeSignature(Buffer.from('Hello, world'), { blockLength: 4, strongLength: 8 });
  const delta = makeDelta(readSignature(signature), Buffer.from('Hello, big world'));
  expect(examples).toBe(Buffer.concat([signature, delta]).toString('hex'));
});
