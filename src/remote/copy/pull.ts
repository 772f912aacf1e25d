/** Copies a file of another machine to this one. */
import { blockCount, entryBytes, WEAK_BYTES, type HashList } from './hashing/hash-list.js';
import { readFileOf } from './hashing/listing.js';
import { settleAll } from '../../threads/settle.js';
import { Proof } from './draft/proof.js';
import type { OpenFile } from './file/place.js';
import type { DraftPiece } from './draft/pieces.js';
import { chooseBasis } from './basis.js';
import { forEachBatch, placed, totalBytes } from './batches.js';
import type { CopyContext } from './context.js';
import { findMatches } from './find.js';
import { planPull, type Plan } from './plan.js';
import { putReady } from './push.js';
import { keptOf, PAGE_BYTES, Refinement } from './refine.js';
import type { LocalTarget } from './local-target.js';
import type { BasisName, Receiver, RemoteSource } from './sides.js';

export interface PullPlan extends Plan {
  /** The source's list. */
  readonly list: HashList;
  readonly basis: { readonly name: BasisName; readonly list: HashList } | undefined;
  /** What blocks that differ are compared with. */
  readonly old: OpenFile | undefined;
}

/** Compares both files. */
export async function comparePull(
  source: RemoteSource,
  target: LocalTarget,
  context: CopyContext,
): Promise<PullPlan> {
  const { blockBytes, method, workers, onHashed, lists, nowMs } = context;
  const startedMs = nowMs();
  const listing = await source.list({ blockBytes, method, onHashed });
  const { list } = listing;
  const chosen = chooseBasis(target, list.sizeBytes, context);
  const file = chosen && target.open(chosen.name);
  if (!chosen || !file) {
    await listing.ready(blockCount(list));
    return { ...planPull(list, [], method), list, basis: undefined, old: undefined };
  }
  const known = lists.find(file.stat, blockBytes, method);
  const canMove = chosen.canMove && listing.hasWeakSums;
  const matches = await findMatches(file, listing, known, {
    workers,
    method,
    canMove,
    isThorough: context.isLinkSlow(),
    // In place a block could cover another that is still wanted.
    place: canMove && !context.isDryRun ? () => target.beginEarly(list) : undefined,
    onHashed,
  });
  const plan = planPull(list, matches, method);
  const isSame = plan.keepsAll && list.sizeBytes === file.stat.sizeBytes;
  if (isSame && !known && listing.hasWeakSums) lists.keep(file.stat, list, startedMs);
  // What is kept are blocks that both have: the source's list says their hashes.
  return { ...plan, list, basis: { name: chosen.name, list }, old: file };
}

/** Makes the new file of a plan, all but its name. Returns its hash. */
export async function executePull(
  source: RemoteSource,
  receiver: Receiver,
  plan: PullPlan,
  context: CopyContext,
): Promise<string> {
  const { list } = plan;
  const refinement = refinementOf(source, plan, context);
  const proof = new Proof(list.digestBytes);
  /** Blocks that were taken page by page. */
  const paged = new Set<number>();
  await settleAll([
    putReady(receiver, plan.ready, context),
    forEachBatch(plan.missing, context.concurrency, async (ranges, into) => {
      const pages = await refinement?.pagesOf(ranges);
      const wanted = placed(pages?.filter(({ isSame }) => !isSame) ?? ranges);
      if (wanted.length > 0) await source.read(wanted, into);
      const data = wanted.map((range): DraftPiece => ({ ...range, type: 'data' }));
      await receiver.put([...data, ...keptOf(pages)], into);
      for (const { offset, length, digest } of pages ?? []) proof.add(offset, length, digest);
      if (pages) ranges.forEach(({ offset }) => paged.add(offset / list.blockBytes));
      context.onMade(totalBytes(ranges));
    }),
  ]);
  addUnpaged(proof, list, paged);
  return proof.root(list.sizeBytes);
}

/** What was not taken page by page has the hashes that the source's list says. */
function addUnpaged(proof: Proof, list: HashList, paged: ReadonlySet<number>): void {
  const strideBytes = entryBytes(list);
  let first = 0;
  const add = (next: number): void => {
    const offset = first * list.blockBytes;
    const length = Math.min(next * list.blockBytes, list.sizeBytes) - offset;
    const digests = { bytes: list.entries, start: first * strideBytes + WEAK_BYTES, strideBytes };
    if (length > 0) proof.addRange(offset, length, list.blockBytes, digests);
    first = next + 1;
  };
  for (const block of [...paged].sort((a, b) => a - b)) add(block);
  add(blockCount(list));
}

function refinementOf(
  source: RemoteSource,
  { list, old }: PullPlan,
  { method, workers, blockBytes, isLinkSlow }: CopyContext,
): Refinement | undefined {
  const hashNew = source.hashPages?.(method);
  if (!hashNew || !old) return undefined;
  const file = readFileOf(old);
  const job = { type: 'digest', file, partBytes: PAGE_BYTES, method: method.name } as const;
  return new Refinement({
    blockBytes,
    digestBytes: list.digestBytes,
    oldBytes: file.sizeBytes,
    isLinkSlow,
    newDigests: (ranges) => hashNew(ranges, PAGE_BYTES),
    oldDigests: (ranges) => workers.run({ ...job, ranges }),
  });
}
