/** An explanation says what is so: shares of cells, numbers and their nouns, and what it leaves out. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { explanationText } from '../../../src/cli/rdiff/explanation.js';
import { explainDifference } from '../../../src/rdiff/explain.js';
import type { ExplainedPart, Explanation } from '../../../src/rdiff/index.js';
import { MemorySource } from '../../../src/rdiff/memory.js';
import { noise, runs } from '../../support/seed.js';

const style = { colour: false, limit: 40 };
const explain = (old: Uint8Array | string, now: Uint8Array | string, blockLength = 0) =>
  explainDifference(
    new MemorySource('old', Buffer.from(old)),
    new MemorySource('new', Buffer.from(now)),
    { blockLength },
  );

/** Parts of these lengths: found where they were, found elsewhere, new. */
function made(parts: readonly (readonly ['=' | '~' | '+', number])[]): Explanation {
  let position = 0;
  const list = parts.map(([origin, length]): ExplainedPart => {
    const at = position;
    position += length;
    const basisPosition = origin === '+' ? undefined : origin === '=' ? at : at + 1;
    return { position: at, length, basisPosition };
  });
  return {
    blockLength: 256,
    blocks: 1,
    oldSize: 256,
    newSize: position,
    weak: 'rabinkarp',
    strong: 'blake2',
    blockSums: [],
    signatureBytes: 48,
    searches: 1,
    strongSums: 1,
    falseMatches: 1,
    parts: list,
  };
}

const linesOf = (explanation: Explanation, limit = 40): string[] =>
  explanationText(explanation, { ...style, limit }).split('\n');

test('one new byte does not make a cell new, and is not passed over', () => {
  const [, , bar, marks, legend] = linesOf(
    made([
      ['=', 32_000],
      ['+', 1],
      ['=', 31_999],
    ]),
  );
  expect(bar).toBe(`     [${'='.repeat(64)}]`);
  expect(marks).toBe(`      ${' '.repeat(32)}^`);
  expect(legend).toBe('     = same place  ~ moved  + new  ^ partly new');
});

test('a cell is what most of it is', () => {
  const [, , bar, marks] = linesOf(
    made([
      ['=', 640],
      ['+', 6],
      ['~', 4],
      ['+', 4],
      ['~', 6],
      ['=', 620],
    ]),
  );
  expect(bar).toBe(`     [${'='.repeat(32)}+${'='.repeat(31)}]`);
  expect(marks).toBe('     = same place  ~ moved  + new');
});

const partList = fc.array(
  fc.tuple(
    fc.constantFrom('=' as const, '~' as const, '+' as const),
    fc.integer({ min: 1, max: 500 }),
  ),
  { minLength: 1, maxLength: 40 },
);

test('the bar has no cell that lies', () => {
  fc.assert(
    fc.property(partList, (parts) => {
      const explanation = made(parts);
      const { newSize } = explanation;
      const lines = linesOf(explanation, 0);
      const bar = /^ {5}\[(.*)\]$/.exec(lines[2] ?? '')?.[1] ?? '';
      const marks =
        lines[3]?.includes('^') === true && !lines[3].includes('=') ? lines[3].slice(6) : '';
      const bytes = parts.flatMap(([origin, length]) => Array<string>(length).fill(origin));
      const cells = Math.min(64, newSize);
      expect(bar).toHaveLength(cells);
      for (let cell = 0; cell < cells; cell++) {
        const share = { '=': 0, '~': 0, '+': 0 };
        for (let byte = 0; byte < newSize; byte++) {
          const start = Math.max(byte, (cell * newSize) / cells);
          const end = Math.min(byte + 1, ((cell + 1) * newSize) / cells);
          if (end > start) share[bytes[byte] as '=' | '~' | '+'] += end - start;
        }
        const shown = bar[cell] as '=' | '~' | '+';
        expect(share[shown]).toBeGreaterThan(Math.max(...Object.values(share)) - 1e-6);
        if (marks[cell] === '^') expect(share['+']).toBeGreaterThan(0);
        else if (shown !== '+') expect(share['+']).toBeLessThan(1e-6);
      }
    }),
    runs(60),
  );
});

test('what is one has no plural', () => {
  const text = explanationText({ ...made([['+', 1]]), oldSize: 1, signatureBytes: 1 }, style);
  expect(text).toContain('old  1 byte, 1 block of 256');
  expect(text).toContain('new  1 byte, of which 0 (0.0 %) are in the old file');
  expect(text).toContain('  1 window had');
  expect(text).toContain('1 window looked for, 1 strong sum computed');
  expect(text).toContain('literal  0..0  1 byte, in no block');
  expect(text).not.toMatch(/\b1 (bytes|blocks|windows|sums|parts|literals|copies)\b/);
});

test('each block has its sums, as the signature says them', async () => {
  const explanation = await explain('Hello, world', 'Hello, big world', 4);
  expect(linesOf(explanation)).toEqual([
    'old  12 bytes, 3 blocks of 4',
    'new  16 bytes, of which 8 (50.0 %) are in the old file',
    '     [====++++++++~~~~]',
    '     = same place  ~ moved  + new',
    "1 split, 2 sum: the old file's blocks, weak sums (rabinkarp) and strong sums (blake2)",
    '  block 0  0..3  523d3f3e  8b3e92e3d1b2abcf...',
    '  block 1  4..7  6085b627  44168b7c6ebd4d53...',
    '  block 2  8..11  156a4766  2cbee0fdc93ccfa4...',
    '3 send: a signature of 120 bytes',
    expect.stringMatching(/^4 search: \d+ windows looked for, \d+ strong sums computed$/),
    "  0 windows had a block's weak sum but not its strong sum",
    '5 instruct:',
    '  copy     0..3  4 bytes of the old file from 0 (block 0)',
    '  literal  4..11  8 bytes, in no block of the old file',
    '  copy     12..15  4 bytes of the old file from 8 (block 2, moved)',
    '',
  ]);
});

test.each([
  ['a sentence', 'The cat sat on the mat. '.repeat(6), 'The cat sat on a mat. '.repeat(6), 8],
  ['a name', 'Ada Lovelace', 'Ada, Lady Lovelace', 4],
  [
    'a page',
    noise(3000).toString('hex'),
    `x${noise(3000).toString('hex').replaceAll('a', 'b')}`,
    64,
  ],
])('%s of which nothing was found gets a hint at shorter blocks', async (_, old, now, shorter) => {
  const text = explanationText(await explain(old, now), style);
  expect(text).toContain(`try shorter ones: -b ${shorter}\n`);
});

test.each([
  ['equal files', noise(1000), noise(1000), 0],
  ['blocks that are short', 'abcdefgh', 'ijklmnop', 4],
  ['nothing before', '', 'new', 0],
  ['nothing now', 'old', '', 0],
  ['large files', noise(200_000), noise(200_000, 2), 0],
])('%s get none', async (_, old, now, blockLength) => {
  expect(explanationText(await explain(old, now, blockLength), style)).not.toContain('Hint');
});

test('lines beyond the limit are summed up, and nothing is lost', async () => {
  const old = noise(64 * 100);
  const now = Buffer.from(old);
  for (let at = 0; at < now.length; at += 128) now[at] = (now[at] as number) ^ 1;
  const explanation = await explain(old, now, 64);
  const limited = linesOf(explanation, 3);
  expect(limited.filter((line) => line.startsWith('  block '))).toHaveLength(3);
  expect(limited).toContain('  and 37 blocks more (--limit=0 shows all)'.replace('37', '97'));
  expect(limited.filter((line) => /^ {2}(copy|literal)/.test(line))).toHaveLength(3);
  expect(limited).toContain(
    '  and 97 parts more: 49 copies of 3136 bytes, 48 literals of 3072 bytes (--limit=0 shows all)',
  );
  expect(
    linesOf(explanation, Infinity).filter((line) => /^ {2}(copy|literal)/.test(line)),
  ).toHaveLength(100);
});

test('colours are those of the legend, each ended', () => {
  const parts = made([
    ['=', 2],
    ['~', 2],
    ['+', 1],
  ]);
  const text = explanationText(parts, { colour: true, limit: 40 });
  const [green, yellow, red] = [32, 33, 31].map(
    (code) => (shown: string) => `\u001b[${code}m${shown}\u001b[0m`,
  ) as [(shown: string) => string, (shown: string) => string, (shown: string) => string];
  const lines = text.split('\n');
  expect(lines[2]).toBe(`     [${green('=').repeat(2)}${yellow('~').repeat(2)}${red('+')}]`);
  expect(lines[3]).toBe(`     ${green('=')} same place  ${yellow('~')} moved  ${red('+')} new`);
  expect(lines.filter((line) => /copy|literal/.test(line))).toEqual([
    `  ${green('copy')}     0..1  2 bytes of the old file from 0 (block 0)`,
    `  ${yellow('copy')}     2..3  2 bytes of the old file from 3 (block 0, moved)`,
    `  ${red('literal')}  4..4  1 byte, in no block of the old file`,
  ]);
});

test('a sum is cut only where it is longer than what is shown', () => {
  const block = { position: 0, length: 4, weakSum: '01234567' };
  const sum = '0123456789abcdef';
  const shown = (strongSum: string): string | undefined =>
    linesOf({ ...made([['=', 4]]), blockSums: [{ ...block, strongSum }] }).find((line) =>
      line.startsWith('  block 0'),
    );
  expect(shown(sum)).toBe(`  block 0  0..3  01234567  ${sum}`);
  expect(shown(`${sum}0`)).toBe(`  block 0  0..3  01234567  ${sum}...`);
});

test('of an empty new file all is there', () => {
  expect(linesOf(made([]))[1]).toBe('new  0 bytes, of which 0 (100.0 %) are in the old file');
});

test('a part that ends with a block is in no other, and parts left out are counted as what they are', () => {
  const lines = linesOf(
    made([
      ['=', 256],
      ['=', 257],
      ['=', 1],
      ['+', 1],
    ]),
    2,
  );
  expect(lines).toContain('  copy     0..255  256 bytes of the old file from 0 (block 0)');
  expect(lines).toContain(
    '  copy     256..512  257 bytes of the old file from 256 (blocks 1 to 2)',
  );
  expect(lines).toContain(
    '  and 2 parts more: 1 copy of 1 byte, 1 literal of 1 byte (--limit=0 shows all)',
  );
});

test.each([
  [64 * 1024, 1000, 499, true],
  [64 * 1024 + 1, 1000, 499, false],
  [64 * 1024, 1000, 500, false],
  [64 * 1024, 1000, 250, true],
  [0, 1000, 0, false],
])(
  'of %d bytes, with %d new ones of which %d were found, there is a hint: %s',
  (oldSize, newSize, found, isHinted) => {
    const parts = made([
      ['=', found],
      ['+', newSize - found],
    ]);
    const text = explanationText({ ...parts, oldSize, blockLength: 512 }, style);
    expect(
      text.includes(
        'Hint: only whole blocks are found, here of 512 bytes; try shorter ones: -b 256\n',
      ),
    ).toBe(isHinted);
  },
);
