/** The README's example compiles against what the library exports, and its set-up commands stand as promised. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(`${root}README.md`, 'utf8');

/** What the compiler says of `source`, as a module of this directory. */
function complaintsAbout(source: string): string[] {
  const example = `${root}test/docs/readme-example.ts`;
  const read = (path: string): unknown =>
    ts.readConfigFile(path, (file) => ts.sys.readFile(file)).config;
  const { options } = ts.parseJsonConfigFileContent(read(`${root}tsconfig.json`), ts.sys, root);
  const host = ts.createCompilerHost(options);
  host.fileExists = (path) => path === example || ts.sys.fileExists(path);
  host.readFile = (path) => (path === example ? source : ts.sys.readFile(path));
  // Node's types lack the names of WebAssembly; the sources bring their own.
  const ambient = `${root}src/rdiff/format/wasm/types.d.ts`;
  const program = ts.createProgram([example, ambient], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

test('the example of the library compiles', () => {
  const [, example = ''] = /```ts\n([^`]*)```/.exec(readme) ?? [];
  expect(example.split('\n').length).toBeGreaterThan(8);
  expect(complaintsAbout(example.replace("'varve'", "'../../src/index.js'"))).toEqual([]);
});

test('the commands of a fresh clone are the ones that are tried', () => {
  expect(readme).toContain('```sh\nnpm ci && npx varve backup <dir>\n```');
  expect(readme).toContain('```sh\nnpm ci && npm test\n```');
});

test('every page that the documents link to exists', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].concat(
    ts.sys.readDirectory(`${root}docs`, ['.md']).map((path) => path.slice(root.length)),
  );
  const broken = pages.flatMap((page) => {
    const text = readFileSync(root + page, 'utf8');
    const links = Array.from(text.matchAll(/\]\((?!https?:)([^)#]+)/g), ([, link = '']) => link);
    return links
      .filter((link) => !ts.sys.fileExists(fileURLToPath(new URL(link, `file://${root}${page}`))))
      .filter(
        (link) => !ts.sys.directoryExists(fileURLToPath(new URL(link, `file://${root}${page}`))),
      )
      .map((link) => `${page}: ${link}`);
  });
  expect(broken).toEqual([]);
});
