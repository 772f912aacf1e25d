/**
 * Finds blocks of a list in a file of this machine: first each at its own place, while the list is
 * still arriving; then what is missing at any other place.
 */
import type { OpenFile } from './file/place.js';
import {
  blockCount,
  blockLength,
  digestOf,
  areSameBytes,
  type HashList,
} from './hashing/hash-list.js';
import { multiples, PART_BYTES, partBlocks, readFileOf, type Listing } from './hashing/listing.js';
import type { HashMethod } from './hashing/methods.js';
import { forEachAtOnce } from '../../threads/limiter.js';
import { settleAll } from '../../threads/settle.js';
import type { BlockMatch, Placement, FileRange } from './worker/messages.js';
import type { Workers } from './worker/pool.js';

/** A search is cut into ranges of about this length: a block may be missed where two meet. */
const SEARCH_BYTES = 4 * PART_BYTES;
/** So much is searched thoroughly in any case: less than the time of a disk's access for each MiB. */
const THOROUGH_BYTES = 64 * 1024 * 1024;

export interface FindOptions {
  readonly workers: Workers;
  readonly method: HashMethod;
  /** Whether blocks are of use at other places than their own. */
  readonly canMove: boolean;
  /** Looks at every byte: for links that are slower than the search. */
  readonly isThorough: boolean;
  /** Begins the list's file, where found blocks are written at once; only if the files differ. */
  readonly place: (() => Placement) | undefined;
  readonly onHashed: (bytes: number) => void;
}

let searches = 0;

/** The blocks of the list that stand in `file`, by their places in it, which do not overlap. */
export async function findMatches(
  file: OpenFile,
  listing: Listing,
  known: HashList | undefined,
  options: FindOptions,
): Promise<BlockMatch[]> {
  const atPlace = known
    ? await compareLists(known, listing)
    : await compareWithFile(file, listing, options);
  // The list may be longer than the file that it was compared with so far.
  await listing.ready(blockCount(listing.list));
  const missing = gaps(atPlace, listing.list, file.stat.sizeBytes);
  if (missing.length === 0 || !options.canMove) return atPlace;
  const wanted = wantedBlocks(listing.list, atPlace, options.method);
  if (!wanted.includes(1)) return atPlace;
  const moved = await searchGaps(file, { list: listing.list, missing, wanted }, options);
  return withoutOverlap([...atPlace, ...moved], listing.list);
}

/** Both lists are there: nothing is read. */
async function compareLists(known: HashList, { list, ready }: Listing): Promise<BlockMatch[]> {
  const count = blockCount(list);
  await ready(count);
  const matches: BlockMatch[] = [];
  let first: number | undefined;
  for (let block = 0; block <= count; block++) {
    if (block < count && isEqualBlock(known, list, block)) {
      first ??= block;
    } else if (first !== undefined) {
      matches.push({ block: first, count: block - first, offset: first * list.blockBytes });
      first = undefined;
    }
  }
  return matches;
}

function isEqualBlock(a: HashList, b: HashList, block: number): boolean {
  return (
    block < blockCount(a) &&
    blockLength(a, block) === blockLength(b, block) &&
    areSameBytes(digestOf(a, block), digestOf(b, block))
  );
}

async function compareWithFile(
  open: OpenFile,
  { list, ready }: Listing,
  { workers, canMove, place, onHashed }: FindOptions,
): Promise<BlockMatch[]> {
  const file = readFileOf(open);
  const { sizeBytes } = file;
  const matches: BlockMatch[] = [];
  let differs = sizeBytes !== list.sizeBytes;
  const end = Math.min(blockCount(list), Math.ceil(sizeBytes / list.blockBytes));
  const step = partBlocks({ ...list, sizeBytes });
  const compare = async (firstBlock: number): Promise<void> => {
    const count = Math.min(step, end - firstBlock);
    await ready(firstBlock + count);
    const job = { type: 'compare', file, list, firstBlock, count } as const;
    const placement = differs ? place?.() : undefined;
    const compared = await workers.run({ ...job, isPatient: !canMove, placement });
    for (const match of compared.matches) matches.push(match);
    differs ||= compared.matches.reduce((sum, match) => sum + match.count, 0) < count;
    onHashed(compared.count * list.blockBytes);
  };
  await forEachAtOnce(multiples(step, end), workers.laneCount * 2, compare);
  return matches.sort((a, b) => a.offset - b.offset);
}

/** What no match covers, of a file of `sizeBytes`. */
function gaps(matches: readonly BlockMatch[], list: HashList, sizeBytes: number): FileRange[] {
  const found: FileRange[] = [];
  let end = 0;
  for (const match of matches) {
    if (match.offset > end) found.push({ offset: end, length: match.offset - end });
    end = match.offset + matchBytes(match, list);
  }
  if (end < sizeBytes) found.push({ offset: end, length: sizeBytes - end });
  return found;
}

/** The blocks that were not found; zeros are made anywhere and need no looking for. */
function wantedBlocks(
  list: HashList,
  matches: readonly BlockMatch[],
  method: HashMethod,
): Uint8Array<SharedArrayBuffer> {
  const wanted = new Uint8Array(new SharedArrayBuffer(blockCount(list))).fill(1);
  for (const { block, count } of matches) wanted.fill(0, block, block + count);
  const zeros = method.digest(new Uint8Array(list.blockBytes));
  for (const block of wanted.keys()) {
    if (wanted[block] === 1 && areSameBytes(digestOf(list, block), zeros)) wanted[block] = 0;
  }
  return wanted;
}

/** What is looked for, and where. */
interface Sought {
  readonly list: HashList;
  readonly missing: readonly FileRange[];
  readonly wanted: Uint8Array<SharedArrayBuffer>;
}

async function searchGaps(
  open: OpenFile,
  { list, missing, wanted }: Sought,
  { workers, isThorough, place, onHashed }: FindOptions,
): Promise<BlockMatch[]> {
  const total = missing.reduce((sum, { length }) => sum + length, 0);
  const file = readFileOf(open);
  const search = searches++;
  const placement = place?.();
  const ranges = missing.flatMap((range) => cut(range, SEARCH_BYTES));
  const found: BlockMatch[] = [];
  await settleAll(
    ranges.map(async (range) => {
      const matches = await workers.run({
        type: 'search',
        search,
        file,
        list,
        wanted,
        range,
        isThorough: isThorough || total <= THOROUGH_BYTES,
        placement,
      });
      for (const match of matches) found.push(match);
      onHashed(range.length);
    }),
  );
  return found;
}

/** Parts of a range, each beginning at a multiple of `bytes`. */
function cut({ offset, length }: FileRange, bytes: number): FileRange[] {
  const parts: FileRange[] = [];
  const end = offset + length;
  for (let start = offset; start < end;) {
    const stop = Math.min(end, (Math.floor(start / bytes) + 1) * bytes);
    parts.push({ offset: start, length: stop - start });
    start = stop;
  }
  return parts;
}

/** The blocks of matches that do not begin before the one before ends, in order. */
export function withoutOverlap(matches: BlockMatch[], list: HashList): BlockMatch[] {
  const kept: BlockMatch[] = [];
  let end = 0;
  for (const match of matches.sort((a, b) => a.offset - b.offset)) {
    const late = Math.max(0, Math.ceil((end - match.offset) / list.blockBytes));
    if (late >= match.count) continue;
    const rest = {
      block: match.block + late,
      count: match.count - late,
      offset: match.offset + late * list.blockBytes,
    };
    kept.push(rest);
    end = rest.offset + matchBytes(rest, list);
  }
  return kept;
}

/** How many bytes a match covers. */
export function matchBytes({ block, count }: BlockMatch, list: HashList): number {
  return (count - 1) * list.blockBytes + blockLength(list, block + count - 1);
}
