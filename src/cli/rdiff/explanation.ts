/** An explanation as text: a bar of the new file, then the steps, with a line for every block and part. */
import { count } from '../../platform/count.js';
import type { ExplainedBlock, ExplainedPart, Explanation } from '../../rdiff/index.js';

const BAR_CELLS = 64;
/** Digits of a strong sum that are shown. */
const STRONG_DIGITS = 16;
/** Old files up to this size are texts that people try this with, and their blocks are easily too long. */
const SMALL_BYTES = 64 * 1024;
/** A small file of which less than this was found is better compared in shorter blocks. */
const FEW = 0.5;
const SHORTEST_BLOCK = 4;

/** What a part is: found where it was, found elsewhere, or new. */
type Origin = 'same place' | 'moved' | 'new';

const ORIGINS: readonly Origin[] = ['same place', 'moved', 'new'];
const GLYPHS: Readonly<Record<Origin, string>> = { 'same place': '=', moved: '~', new: '+' };
/** SGR codes: green, yellow, red. */
const COLOURS: Readonly<Record<Origin, number>> = { 'same place': 32, moved: 33, new: 31 };
/** Below a cell that is something else by its greater part. */
const ALSO_NEW = '^';

/** How an explanation is shown. */
export interface Style {
  readonly colour: boolean;
  /** Lines for blocks, and for parts; the rest is summed up. */
  readonly limit: number;
}

function originOf({ position, basisPosition }: ExplainedPart): Origin {
  if (basisPosition === undefined) return 'new';
  return basisPosition === position ? 'same place' : 'moved';
}

const paint = (text: string, origin: Origin, colour: boolean): string =>
  colour ? `\u001b[${COLOURS[origin]}m${text}\u001b[0m` : text;

/** How many bytes of a cell are of each origin. */
type Shares = Record<Origin, number>;

function cellShares({ parts, newSize }: Explanation, cells: number): Shares[] {
  const shares = Array.from({ length: cells }, () => ({ 'same place': 0, moved: 0, new: 0 }));
  const startOf = (cell: number): number => (cell * newSize) / cells;
  for (const part of parts) {
    const end = part.position + part.length;
    let cell = Math.min(cells - 1, Math.floor((part.position / newSize) * cells));
    for (; cell < cells && startOf(cell) < end; cell++) {
      const share = Math.min(end, startOf(cell + 1)) - Math.max(part.position, startOf(cell));
      if (share > 0) (shares[cell] as Shares)[originOf(part)] += share;
    }
  }
  return shares;
}

/** What most of a cell is; of equal shares the one that costs more. */
const mostOf = (shares: Shares): Origin =>
  ORIGINS.reduce((most, origin) => (shares[origin] >= shares[most] ? origin : most));

/** The bar; below it, where a cell that was mostly found has new bytes too; and what that means. */
function barLines(explanation: Explanation, colour: boolean): string[] {
  const shares = cellShares(explanation, Math.min(BAR_CELLS, explanation.newSize));
  const origins = shares.map(mostOf);
  const bar = origins.map((origin) => paint(GLYPHS[origin], origin, colour)).join('');
  const marks = shares
    .map((share, cell) => (origins[cell] !== 'new' && share.new > 0 ? ALSO_NEW : ' '))
    .join('')
    .trimEnd();
  const legend = ORIGINS.map((origin) => `${paint(GLYPHS[origin], origin, colour)} ${origin}`);
  if (marks !== '') legend.push(`${ALSO_NEW} partly new`);
  return [
    `     [${bar}]`,
    ...(marks === '' ? [] : [`      ${marks}`]),
    `     ${legend.join('  ')}`,
  ];
}

const rangeOf = ({ position, length }: ExplainedBlock | ExplainedPart): string =>
  `${position}..${position + length - 1}`;

function blockLine(block: ExplainedBlock, number: number): string {
  const { weakSum, strongSum } = block;
  const isCut = strongSum.length > STRONG_DIGITS;
  const strong = `${strongSum.slice(0, STRONG_DIGITS)}${isCut ? '...' : ''}`;
  return `  block ${number}  ${rangeOf(block)}  ${weakSum}  ${strong}`;
}

function partLine(part: ExplainedPart, blockLength: number, colour: boolean): string {
  const { length, basisPosition } = part;
  const origin = originOf(part);
  const range = `${rangeOf(part)}  ${count(length, 'byte')}`;
  if (basisPosition === undefined) {
    return `  ${paint('literal', origin, colour)}  ${range}, in no block of the old file`;
  }
  const first = Math.floor(basisPosition / blockLength);
  const last = Math.floor((basisPosition + length - 1) / blockLength);
  const blocks = first === last ? `block ${first}` : `blocks ${first} to ${last}`;
  const moved = origin === 'moved' ? ', moved' : '';
  return `  ${paint('copy', origin, colour)}     ${range} of the old file from ${basisPosition} (${blocks}${moved})`;
}

function restOfBlocks(left: number): string[] {
  return left > 0 ? [`  and ${count(left, 'block')} more (--limit=0 shows all)`] : [];
}

function restOfParts(parts: readonly ExplainedPart[]): string[] {
  if (parts.length === 0) return [];
  const literals = parts.filter(({ basisPosition }) => basisPosition === undefined);
  const bytesOf = (some: readonly ExplainedPart[]): number =>
    some.reduce((sum, { length }) => sum + length, 0);
  const literalBytes = bytesOf(literals);
  const copies = parts.length - literals.length;
  const copied = `${copies} ${copies === 1 ? 'copy' : 'copies'} of ${count(bytesOf(parts) - literalBytes, 'byte')}`;
  const added = `${count(literals.length, 'literal')} of ${count(literalBytes, 'byte')}`;
  return [`  and ${count(parts.length, 'part')} more: ${copied}, ${added} (--limit=0 shows all)`];
}

/** Where blocks are too long for a small file, what to try. */
function hintLines({ blockLength, oldSize, newSize }: Explanation, copied: number): string[] {
  const shorter = Math.max(SHORTEST_BLOCK, 2 ** Math.floor(Math.log2(Math.sqrt(oldSize || 1))));
  const isSmall = oldSize > 0 && newSize > 0 && oldSize <= SMALL_BYTES;
  if (!isSmall || copied >= newSize * FEW || shorter >= blockLength) return [];
  return [
    `Hint: only whole blocks are found, here of ${count(blockLength, 'byte')}; try shorter ones: -b ${shorter}`,
  ];
}

export function explanationText(explanation: Explanation, { colour, limit }: Style): string {
  const { blockLength, blocks, oldSize, newSize, parts, falseMatches } = explanation;
  const { blockSums, signatureBytes, searches, strongSums, weak, strong } = explanation;
  const copied = parts
    .filter(({ basisPosition }) => basisPosition !== undefined)
    .reduce((sum, { length }) => sum + length, 0);
  const share = newSize === 0 ? 100 : (copied / newSize) * 100;
  const shownBlocks = blockSums.slice(0, limit);
  return [
    `old  ${count(oldSize, 'byte')}, ${count(blocks, 'block')} of ${blockLength}`,
    `new  ${count(newSize, 'byte')}, of which ${copied} (${share.toFixed(1)} %) ${copied === 1 ? 'is' : 'are'} in the old file`,
    ...barLines(explanation, colour),
    `1 split, 2 sum: the old file's blocks, weak sums (${weak}) and strong sums (${strong})`,
    ...shownBlocks.map(blockLine),
    ...restOfBlocks(blocks - shownBlocks.length),
    `3 send: a signature of ${count(signatureBytes, 'byte')}`,
    `4 search: ${count(searches, 'window')} looked for, ${count(strongSums, 'strong sum')} computed`,
    `  ${count(falseMatches, 'window')} had a block's weak sum but not its strong sum`,
    '5 instruct:',
    ...parts.slice(0, limit).map((part) => partLine(part, blockLength, colour)),
    ...restOfParts(parts.slice(limit)),
    ...hintLines(explanation, copied),
    '',
  ].join('\n');
}
