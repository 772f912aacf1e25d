/** The documents' examples of the library compile, the README's set-up commands stand as promised, and links lead somewhere. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { codeBlocks, listPages, readPage, root } from './pages.js';

const readme = readPage('README.md');

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

const examples = listPages().flatMap((page) =>
  codeBlocks(readPage(page))
    .filter(({ language }) => language === 'ts')
    .map(({ code, line }) => ({ place: `${page}:${line}`, code })),
);

test('there are examples of the library, and one of the store', () => {
  const store = examples.find(({ place }) => place.startsWith('docs/library.md'));
  expect(store?.code.split('\n').length).toBeGreaterThan(8);
});

test.each(examples)('the example at $place compiles', ({ code }) => {
  expect(complaintsAbout(code.replace("'varve'", "'../../src/index.js'"))).toEqual([]);
});

test('the commands of a fresh clone are the ones that are tried', () => {
  expect(readme).toContain('```sh\nnpm ci && npx varve backup <dir>\n```');
  expect(readme).toContain('```sh\nnpm ci && npm test\n```');
});

test('every page that the documents link to exists', () => {
  const broken = listPages().flatMap((page) => {
    const text = readPage(page);
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
