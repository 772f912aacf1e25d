/** docs/errors.md has a heading for every code, and none for a code that is not there any more. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The members of a union of string literals. */
function membersOf(source: string, union: string): string[] {
  const code = source.replaceAll(/\/\/.*$/gm, '');
  const [declaration = ''] = new RegExp(`type ${union} =[^;]*;`).exec(code) ?? [];
  return Array.from(declaration.matchAll(/'([A-Z_]+)'/g), ([, member = '']) => member);
}

test('every error, issue and notice code has a heading in docs/errors.md, and nothing else has', () => {
  const codes = [
    ...membersOf(read('src/errors.ts'), 'ErrorCode'),
    ...membersOf(read('src/repo/model.ts'), 'IssueCode'),
    ...membersOf(read('src/repo/model.ts'), 'NoticeCode'),
  ];
  const headings = read('docs/errors.md').matchAll(/^### (.+)$/gm);
  expect(Array.from(headings, ([, heading]) => heading).sort()).toEqual(codes.sort());
});
