/** Copies a file of another machine to this one. */
import { blockCount, blockLength, digestOf, type HashList } from '../hashing/hash-list.js';
import { settleAll } from '../settle.js';
import { Proof } from '../target/proof.js';
import { chooseBasis } from './basis.js';
import { forEachBatch, totalBytes } from './batches.js';
import type { CopyContext } from './context.js';
import { findMatches } from './find.js';
import { planPull, type Plan } from './plan.js';
import { putReady } from './push.js';
import type { LocalTarget } from './local-target.js';
import type { BasisName, Receiver, RemoteSource } from './sides.js';

export interface PullPlan extends Plan {
  /** Of the source. */
  readonly list: HashList;
  readonly basis: { readonly name: BasisName; readonly list: HashList } | undefined;
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
    return { ...planPull(list, [], method), list, basis: undefined };
  }
  const known = lists.find(file.stat, blockBytes, method);
  const mayMove = chosen.mayMove && listing.hasWeakSums;
  const matches = await findMatches(file, listing, known, {
    workers,
    method,
    mayMove,
    isThorough: context.isLinkSlow,
    // In place a block could cover another that is still wanted.
    place: mayMove && !context.isDryRun ? () => target.beginEarly(list) : undefined,
    onHashed,
  });
  const plan = planPull(list, matches, method);
  const isSame = plan.keepsAll && list.sizeBytes === file.stat.sizeBytes;
  if (isSame && !known && listing.hasWeakSums) lists.keep(file.stat, list, startedMs);
  // What is kept are blocks that both have: the source's list says their hashes.
  return { ...plan, list, basis: { name: chosen.name, list } };
}

/** Makes the new file of a plan, all but its name. Returns its hash. */
export async function executePull(
  source: RemoteSource,
  receiver: Receiver,
  plan: PullPlan,
  context: CopyContext,
): Promise<string> {
  await settleAll([
    putReady(receiver, plan.ready, context),
    forEachBatch(plan.missing, context.concurrency, async (ranges, into) => {
      await source.read(ranges, into);
      await receiver.put(
        ranges.map((range) => ({ ...range, type: 'data' })),
        into,
      );
      context.onMade(totalBytes(ranges));
    }),
  ]);
  return rootOf(plan.list);
}

/** Every piece of a pull is made of whole blocks of the source. */
function rootOf(list: HashList): string {
  const proof = new Proof(list.digestBytes);
  for (let block = 0; block < blockCount(list); block++) {
    proof.add(block * list.blockBytes, blockLength(list, block), digestOf(list, block));
  }
  return proof.root(list.sizeBytes);
}
