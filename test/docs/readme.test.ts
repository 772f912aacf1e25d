/** The documents' examples of the library compile, the README's set-up commands stand as promised, and links lead somewhere. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { codeBlocks, listPages, readPage, root } from './pages.js';

const readme = readPage('README.md');

/** What the compiler says of sources, each as a module of this directory: one compilation for all. */
function complaintsAbout(sources: readonly string[]): string[][] {
  const placeOf = (position: number): string => `${root}test/docs/example-${position}.ts`;
  const examples = new Map(sources.map((source, position) => [placeOf(position), source]));
  const read = (path: string): unknown =>
    ts.readConfigFile(path, (file) => ts.sys.readFile(file)).config;
  const { options } = ts.parseJsonConfigFileContent(read(`${root}tsconfig.json`), ts.sys, root);
  const host = ts.createCompilerHost(options);
  host.fileExists = (path) => examples.has(path) || ts.sys.fileExists(path);
  host.readFile = (path) => examples.get(path) ?? ts.sys.readFile(path);
  // Node's types lack the names of WebAssembly; the sources bring their own.
  const ambient = `${root}src/rdiff/format/wasm/types.d.ts`;
  const program = ts.createProgram([...examples.keys(), ambient], options, host);
  const said = ts.getPreEmitDiagnostics(program);
  // What is said of no example is of all of them.
  return sources.map((_, position) =>
    said
      .filter(
        ({ file }) => !file || !examples.has(file.fileName) || file.fileName === placeOf(position),
      )
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  );
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

test('the examples compile', () => {
  const sources = examples.map(({ code }) => code.replace("'varve'", "'../../src/index.js'"));
  const [wrong, ...complaints] = complaintsAbout(['const text: string = 1;', ...sources]);
  expect(wrong).toEqual(["Type 'number' is not assignable to type 'string'."]);
  expect(examples.map(({ place }, position) => [place, complaints[position]])).toEqual(
    examples.map(({ place }) => [place, []]),
  );
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
