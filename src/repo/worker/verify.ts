/** Rebuilds every blob of a family once: the full one, then each delta from the blob before it. */
import { applyDelta } from '../../delta/apply.js';
import { isDamage } from '../../errors.js';
import { checkHash } from '../chain/rebuild.js';
import type { WorkerContext } from './context.js';
import type { VerifyFamily, VerifyJob, VerifyResult } from './jobs.js';

type Damage = VerifyResult['damage'][number];

export function verify(context: WorkerContext, job: VerifyJob): VerifyResult {
  const damage: Damage[] = [];
  let bytes = 0;
  job.families.forEach((family, index) => {
    bytes += verifyFamily(context, family, (found) => damage.push({ family: index, ...found }));
    context.reader.recycle();
  });
  return { bytes, damage };
}

/** Bytes that were rebuilt. A blob behind a damaged one is damaged too. */
function verifyFamily(
  { reader, pool }: WorkerContext,
  family: VerifyFamily,
  report: (found: Omit<Damage, 'family'>) => void,
): number {
  const lastUse = new Map<number, number>();
  family.deltas.forEach(({ basis }, index) => lastUse.set(basis, index));
  const rebuilt = new Map<number, Uint8Array>();
  let bytes = 0;

  /** What a delta rebuilt lies in a buffer of the pool; the full blob in the reader's memory. */
  const drop = (index: number, made: Uint8Array): void => {
    if (index >= 0) pool.give(made);
  };
  const keep = (index: number, make: () => Uint8Array): void => {
    try {
      const made = make();
      bytes += made.length;
      if (lastUse.has(index)) rebuilt.set(index, made);
      else drop(index, made);
    } catch (error) {
      if (!isDamage(error)) throw error;
      report({ delta: index, message: error.message, isOnlyBasis: false });
    }
  };

  keep(-1, () => checkHash(reader.readFull(family.full), family.full.hash));
  family.deltas.forEach(({ address, basis }, index) => {
    const from = rebuilt.get(basis);
    if (!from) {
      const message = 'The blob that it is a delta against is damaged.';
      report({ delta: index, message, isOnlyBasis: true });
      return;
    }
    keep(index, () =>
      applyDelta(from, reader.readDelta(address), {
        maxTargetLength: address.lengthBytes,
        allocate: (lengthBytes) => pool.take(lengthBytes),
      }),
    );
    if (lastUse.get(basis) !== index) return;
    rebuilt.delete(basis);
    drop(basis, from);
  });
  return bytes;
}
