import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readToken } from '../../src/cli/token.js';
import { openPlatform } from '../../src/store.js';
import { testDirectory } from '../support/directory.js';

const directory = testDirectory();
const file = join(directory, 'token');
const platform = openPlatform();

function read(content: string | Uint8Array): string | undefined {
  writeFileSync(file, content);
  return readToken(platform, file, { VARVE_TOKEN: 'of-the-environment' });
}

test.each([
  ['a', 'a'],
  ['!~', '!~'],
  ['  secret\n', 'secret'],
  ['secret\r\n\n', 'secret'],
  ['t'.repeat(4096), 't'.repeat(4096)],
  [`${'t'.repeat(4095)}\n`, 't'.repeat(4095)],
])('a file holds one line: %j', (content, token) => {
  expect(read(content)).toBe(token);
});

test.each([
  '',
  '\n',
  'two words',
  'two\nlines',
  'tab\there',
  'caf\u00e9',
  'a\x7f',
  'a\0',
  't'.repeat(4097),
  `${'t'.repeat(4096)}\n`,
])('this is no token: %j', (content) => {
  expect(() => read(content)).toThrow(
    expect.objectContaining({
      code: 'TOKEN_UNUSABLE',
      message: `${file} does not hold a token.`,
      hint: 'It must be one line of printable ASCII without spaces, such as the output of `openssl rand -hex 32`.',
    }) as Error,
  );
});

test('a file that cannot be read is named, with the cause', () => {
  const missing = join(directory, 'missing');
  expect(() => readToken(platform, missing, {})).toThrow(
    expect.objectContaining({
      code: 'TOKEN_UNUSABLE',
      message: `The token file ${missing} cannot be read.`,
      hint: 'Check its path and permissions.',
      cause: expect.objectContaining({ code: 'ENOENT' }) as Error,
    }) as Error,
  );
});

test('without a file it is that of the environment, where an empty one is none', () => {
  expect(readToken(platform, undefined, { VARVE_TOKEN: 'x' })).toBe('x');
  expect(readToken(platform, undefined, { VARVE_TOKEN: '' })).toBeUndefined();
  expect(readToken(platform, undefined, {})).toBeUndefined();
});
