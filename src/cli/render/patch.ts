/** The text of a change as a unified diff, and how many lines it adds and removes. */
import { structuredPatch, formatPatch, type StructuredPatch } from 'diff';
import type { Change, ChangedContents, SideContents } from '../../store.js';

/** What a change of a file comes to. */
export type FilePatch =
  /** Text on both sides: `text` holds one character for each byte. */
  | {
      readonly type: 'text';
      readonly text: string;
      readonly added: number;
      readonly removed: number;
    }
  /** Nothing that has lines, and why. */
  | { readonly type: 'opaque'; readonly message: string }
  /** No bytes changed, or none of a file. */
  | { readonly type: 'none' };

/** Beyond these the search for the least difference of two texts takes too long. */
const MAX_EDITS = 20_000;
const MAX_MS = 5_000;
/** As git does, a file is text that has no NUL so early. */
const LOOKED_AT_BYTES = 8_000;
const CONTEXT_LINES = 3;
const NO_FILE = '/dev/null';

/** Bytes stay what they are, so that `patch -p1 -d /` can apply it. */
export function patchOf(change: Change, { before, after }: ChangedContents): FilePatch {
  const sides = [before, after];
  if (sides.every(({ type }) => type === 'absent')) return { type: 'none' };
  const unreadable = sides.find((side) => side.type === 'unreadable');
  if (unreadable) return { type: 'opaque', message: `Unreadable: ${unreadable.message}` };
  if (sides.some(({ type }) => type === 'too-large')) {
    return { type: 'opaque', message: 'Too large to show' };
  }
  const [old, now] = [bytesIn(before), bytesIn(after)];
  if (old.equals(now) && before.type === after.type) return { type: 'none' };
  if (isBinary(old) || isBinary(now)) return { type: 'opaque', message: 'Binary files differ' };
  const names = [
    before.type === 'absent' ? NO_FILE : headerName('a', change),
    after.type === 'absent' ? NO_FILE : headerName('b', change),
  ] as const;
  const patch = structuredPatch(
    ...names,
    old.toString('latin1'),
    now.toString('latin1'),
    undefined,
    undefined,
    { context: CONTEXT_LINES, maxEditLength: MAX_EDITS, timeout: MAX_MS },
  );
  if (!patch) return { type: 'opaque', message: 'Too different to show' };
  const head = `--- ${names[0]}\n+++ ${names[1]}\n`;
  return { type: 'text', text: head + formatPatch(patch, HUNKS_ONLY), ...countLines(patch) };
}

/** Its names of files are text, ours are bytes. */
const HUNKS_ONLY = { includeIndex: false, includeUnderline: false, includeFileHeaders: false };

/** As git writes it: what would end the name or the line in quotes, and a tab behind blanks. */
function headerName(side: 'a' | 'b', { path }: Change): string {
  const name = `${side}${path}`;
  // eslint-disable-next-line no-control-regex
  const quoted = name.replace(/[\x00-\x1f\x7f"\\]/g, (character) => {
    const octal = character.charCodeAt(0).toString(8).padStart(3, '0');
    return character === '"' || character === '\\' ? `\\${character}` : `\\${octal}`;
  });
  if (quoted !== name) return `"${quoted}"`;
  return name.includes(' ') ? `${name}\t` : name;
}

function countLines({ hunks }: StructuredPatch): { added: number; removed: number } {
  const lines = hunks.flatMap((hunk) => hunk.lines);
  const beginning = (sign: string): number => lines.filter((line) => line.startsWith(sign)).length;
  return { added: beginning('+'), removed: beginning('-') };
}

function bytesIn(side: SideContents): Buffer {
  return side.type === 'bytes' ? Buffer.from(side.bytes) : Buffer.alloc(0);
}

function isBinary(bytes: Buffer): boolean {
  return bytes.subarray(0, LOOKED_AT_BYTES).includes(0);
}
