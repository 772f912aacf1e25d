/** docs/errors.md has a heading for every code, and none for a code that is gone. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The members of a union of string literals. */
function membersOf(source: string, union: string): string[] {
  const code = source.replaceAll(/\/\/.*$/gm, '');
  const [declaration = ''] = new RegExp(`type ${union} =[^;]*;`).exec(code) ?? [];
  return Array.from(declaration.matchAll(/'([A-Z_]+)'/g), ([, member = '']) => member);
}

const errorCodes = membersOf(read('src/errors.ts'), 'ErrorCode');

test('every error, issue and notice code has a heading in docs/errors.md, and nothing else has', () => {
  const codes = [
    ...errorCodes,
    ...membersOf(read('src/repo/model.ts'), 'IssueCode'),
    ...membersOf(read('src/repo/model.ts'), 'NoticeCode'),
  ];
  const headings = read('docs/errors.md').matchAll(/^### (.+)$/gm);
  expect(Array.from(headings, ([, heading]) => heading).sort()).toEqual(codes.sort());
});

test('a comment that says `@throws CodedError` names codes that there are, in one form', () => {
  const clauses = globSync('src/**/*.ts').flatMap((path) =>
    Array.from(
      read(path).matchAll(/@throws CodedError ([^\n]*?)(?: ?\*\/)?$/gm),
      ([, rest = '']) => ({
        path,
        rest,
      }),
    ),
  );
  expect(clauses.length).toBeGreaterThan(100);
  const odd = clauses.filter(({ rest }) => {
    const [first = ''] = /^[A-Z][A-Z_]+\*?(?:, [A-Z][A-Z_]+)*(?=$|[ ,;])/.exec(rest) ?? [];
    const known = first.split(', ').every((code) => errorCodes.some((c) => matches(code, c)));
    const isReference = /^(of |as |from )/.test(rest);
    return (!isReference && !known) || rest.endsWith('.');
  });
  expect(odd).toEqual([]);
});

/** `REPOSITORY_*` stands for all of them. */
function matches(written: string, code: string): boolean {
  return written.endsWith('*') ? code.startsWith(written.slice(0, -1)) : written === code;
}
