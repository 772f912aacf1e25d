/** The documents of the project: their text and the code blocks in it. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Every page, by its path below the root. */
export function listPages(): string[] {
  const docs = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' });
  const below = docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...below.sort()];
}

export function readPage(page: string): string {
  return readFileSync(root + page, 'utf8');
}

export interface CodeBlock {
  /** What stands behind the fence, such as `sh`. */
  readonly language: string;
  readonly code: string;
  /** Where its first line is, from 1. */
  readonly line: number;
  /** Why no test runs it, where a comment before it says so. */
  readonly notRun: string | undefined;
}

const BLOCK = /(?:^<!-- not run: (?<reason>.*) -->\n\n)?^```(?<language>.*)\n(?<code>[^]*?)^```$/gm;

/** The fenced blocks of a page, in their order. */
export function codeBlocks(text: string): CodeBlock[] {
  return Array.from(text.matchAll(BLOCK), (match) => {
    const { language = '', code = '', reason } = match.groups ?? {};
    const fence = match.index + match[0].indexOf('```');
    return { language, code, line: text.slice(0, fence).split('\n').length + 1, notRun: reason };
  });
}
