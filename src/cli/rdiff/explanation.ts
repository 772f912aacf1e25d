/** An explanation as text: a bar of the new file, then a line for every part. */
import type { Explanation, ExplainedPart } from '../../rdiff/index.js';

const BAR_CELLS = 64;
/** What a part is: found where it was, found elsewhere, or new. */
type Origin = 'same place' | 'moved' | 'new';

const GLYPHS: Readonly<Record<Origin, string>> = { 'same place': '=', moved: '~', new: '+' };
/** SGR codes: green, yellow, red. */
const COLOURS: Readonly<Record<Origin, number>> = { 'same place': 32, moved: 33, new: 31 };

function originOf({ position, basisPosition }: ExplainedPart): Origin {
  if (basisPosition === undefined) return 'new';
  return basisPosition === position ? 'same place' : 'moved';
}

const paint = (text: string, origin: Origin, colour: boolean): string =>
  colour ? `\u001b[${COLOURS[origin]}m${text}\u001b[0m` : text;

/** Each cell shows the part that covers most of it; one with anything new shows that. */
function bar({ parts, newSize }: Explanation, colour: boolean): string {
  const cells = Math.min(BAR_CELLS, newSize);
  const cover: Origin[] = Array<Origin>(cells).fill('same place');
  for (const part of parts) {
    const origin = originOf(part);
    if (origin === 'same place') continue;
    const first = Math.floor((part.position / newSize) * cells);
    const last = Math.ceil(((part.position + part.length) / newSize) * cells) - 1;
    for (let cell = first; cell <= last; cell++) if (cover[cell] !== 'new') cover[cell] = origin;
  }
  return cover.map((origin) => paint(GLYPHS[origin], origin, colour)).join('');
}

function partLine(part: ExplainedPart, blockLength: number, colour: boolean): string {
  const { position, length, basisPosition } = part;
  const range = `${position}..${position + length - 1}`;
  const origin = originOf(part);
  if (basisPosition === undefined) {
    return `  ${paint('literal', origin, colour)}  ${range}  ${length} bytes, in no block of the old file`;
  }
  const first = Math.floor(basisPosition / blockLength);
  const last = Math.floor((basisPosition + length - 1) / blockLength);
  const blocks = first === last ? `block ${first}` : `blocks ${first} to ${last}`;
  return `  ${paint('copy', origin, colour)}     ${range}  ${length} bytes of the old file from ${basisPosition} (${blocks}${origin === 'moved' ? ', moved' : ''})`;
}

export function explanationText(explanation: Explanation, colour: boolean): string {
  const { blockLength, blocks, oldSize, newSize, parts, falseMatches } = explanation;
  const copied = parts
    .filter(({ basisPosition }) => basisPosition !== undefined)
    .reduce((sum, { length }) => sum + length, 0);
  const share = newSize === 0 ? 100 : (copied / newSize) * 100;
  const legend = (['same place', 'moved', 'new'] as const)
    .map((origin) => `${paint(GLYPHS[origin], origin, colour)} ${origin}`)
    .join('  ');
  return [
    `old  ${oldSize} bytes, ${blocks} blocks of ${blockLength}`,
    `new  ${newSize} bytes, of which ${copied} (${share.toFixed(1)} %) are in the old file`,
    `     [${bar(explanation, colour)}]`,
    `     ${legend}`,
    ...parts.map((part) => partLine(part, blockLength, colour)),
    `${falseMatches} windows had a block's weak sum but not its strong sum`,
    '',
  ].join('\n');
}
