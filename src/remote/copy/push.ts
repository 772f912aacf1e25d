/** Copies a file of this machine to a target, here or elsewhere. */
import type { OpenFile } from './file/place.js';
import { entryBytes, areSameBytes, WEAK_BYTES, type HashList } from './hashing/hash-list.js';
import { readFileOf } from './hashing/listing.js';
import { forEachAtOnce } from '../../threads/limiter.js';
import { settleAll } from '../../threads/settle.js';
import type { DraftPiece } from './draft/pieces.js';
import { Proof } from './draft/proof.js';
import type { BlockMatch, FileRange } from './worker/messages.js';
import { chooseBasis } from './basis.js';
import { forEachBatch, groupsOf, placed, totalBytes } from './batches.js';
import type { CopyContext } from './context.js';
import { findMatches, matchBytes } from './find.js';
import { cutPieces, planPush, type Plan } from './plan.js';
import { keptOf, PAGE_BYTES, Refinement } from './refine.js';
import type { BasisName, Receiver, Target } from './sides.js';
import { MAX_PUT_BYTES } from './wire/protocol.js';

/** So many blocks are kept or copied by one request. */
const READY_BLOCKS = 65_536;

/** What to do, and what it rests on. */
export interface PushPlan extends Plan {
  readonly basis: { readonly name: BasisName; readonly list: HashList } | undefined;
}

/** Compares both files. */
export async function comparePush(
  source: OpenFile,
  target: Target,
  context: CopyContext,
): Promise<PushPlan> {
  const { sizeBytes } = source.stat;
  const { blockBytes, method, workers, onHashed, lists, nowMs } = context;
  const startedMs = nowMs();
  const chosen = chooseBasis(target, sizeBytes, context);
  if (!chosen) return { ...planPush(sizeBytes, blockBytes, [], undefined), basis: undefined };
  const { name, canMove } = chosen;
  const listing = await target.list(name, { blockBytes, method, onHashed });
  const known = lists.find(source.stat, blockBytes, method);
  const matches = await findMatches(source, listing, known, {
    workers,
    method,
    canMove: canMove && listing.hasWeakSums,
    isThorough: context.isLinkSlow(),
    place: undefined,
    onHashed,
  });
  const { list } = listing;
  const usable = listing.hasWeakSums ? matches : atBlockEnds(matches, list, sizeBytes);
  const plan = planPush(sizeBytes, blockBytes, usable, list);
  const isSame = plan.keepsAll && list.sizeBytes === sizeBytes;
  if (isSame && !known && listing.hasWeakSums) lists.keep(source.stat, list, startedMs);
  return { ...plan, basis: { name, list } };
}

/**
 * Without a last block that is short, unless the new file ends with it: a server that can only hash
 * whole files proves what is cut at multiples of a block.
 */
function atBlockEnds(
  matches: readonly BlockMatch[],
  list: HashList,
  sizeBytes: number,
): BlockMatch[] {
  return matches.flatMap((match) => {
    const end = match.offset + matchBytes(match, list);
    if (end % list.blockBytes === 0 || end === sizeBytes) return [match];
    return match.count > 1 ? [{ ...match, count: match.count - 1 }] : [];
  });
}

/** Makes the new file of a plan, all but its name. Returns its hash. */
export async function executePush(
  source: OpenFile,
  receiver: Receiver,
  plan: PushPlan,
  context: CopyContext,
): Promise<string> {
  const { method } = context;
  const proof = new Proof(method.digestBytes);
  if (plan.basis) addReady(proof, plan.ready, plan.basis.list);
  await settleAll([
    putReady(receiver, plan.ready, context),
    sendMissing(
      plan.missing,
      { source, receiver, proof, refinement: refinementOf(source, receiver, plan, context) },
      context,
    ),
  ]);
  return proof.root(plan.sizeBytes);
}

/** Has the target make what needs no bytes. */
export async function putReady(
  receiver: Receiver,
  ready: readonly DraftPiece[],
  { blockBytes, onMade }: CopyContext,
): Promise<void> {
  const none = new SharedArrayBuffer(0);
  const blocks = Math.min(READY_BLOCKS, Math.floor(MAX_PUT_BYTES / blockBytes));
  const step = Math.max(1, blocks) * blockBytes;
  await forEachAtOnce(groupsOf(cutPieces(ready, step), step), 2, async (pieces) => {
    await receiver.put(pieces, none);
    onMade(totalBytes(pieces));
  });
}

/** From where to where, and what is learned on the way. */
interface Sending {
  readonly source: OpenFile;
  readonly receiver: Receiver;
  readonly proof: Proof;
  readonly refinement: Refinement | undefined;
}

async function sendMissing(
  missing: readonly FileRange[],
  { source: { descriptor }, receiver, proof, refinement }: Sending,
  { blockBytes, method, workers, concurrency, onMade }: CopyContext,
): Promise<void> {
  const zeros = method.digest(new Uint8Array(blockBytes));
  await forEachBatch(missing, concurrency, async (all, into) => {
    const pages = await refinement?.pagesOf(all);
    const ranges = placed(pages?.filter(({ isSame }) => !isSame) ?? all);
    const job = { type: 'read', descriptor, ranges, into, method: method.name } as const;
    const digests = await workers.run(job);
    for (const { offset, length, digest, isSame } of pages ?? []) {
      if (isSame) proof.add(offset, length, digest);
    }
    const pieces = ranges.map((range, index): DraftPiece => {
      const at = index * method.digestBytes;
      const digest = digests.subarray(at, at + method.digestBytes);
      proof.add(range.offset, range.length, digest);
      const isZero = range.length === blockBytes && areSameBytes(digest, zeros);
      return isZero ? { ...range, type: 'zeros' } : { ...range, type: 'data' };
    });
    await receiver.put([...pieces, ...keptOf(pages)], into);
    onMade(totalBytes(all));
  });
}

function refinementOf(
  source: OpenFile,
  { hashPages }: Receiver,
  { basis }: PushPlan,
  { method, workers, blockBytes, isLinkSlow }: CopyContext,
): Refinement | undefined {
  if (!hashPages || !basis) return undefined;
  const file = readFileOf(source);
  const job = { type: 'digest', file, partBytes: PAGE_BYTES, method: method.name } as const;
  return new Refinement({
    blockBytes,
    digestBytes: method.digestBytes,
    oldBytes: basis.list.sizeBytes,
    isLinkSlow,
    newDigests: (ranges) => workers.run({ ...job, ranges }),
    oldDigests: (ranges) => hashPages(ranges, PAGE_BYTES),
  });
}

/** What the target keeps and copies are blocks of its list. */
function addReady(proof: Proof, ready: readonly DraftPiece[], list: HashList): void {
  const strideBytes = entryBytes(list);
  for (const piece of ready) {
    if (piece.type !== 'keep' && piece.type !== 'copy') continue;
    const from = piece.type === 'copy' ? piece.from : piece.offset;
    const start = (from / list.blockBytes) * strideBytes + WEAK_BYTES;
    const digests = { bytes: list.entries, start, strideBytes };
    proof.addRange(piece.offset, piece.length, list.blockBytes, digests);
  }
}
