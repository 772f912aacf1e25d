/** The part of verification that reads no content: the index against itself and against the packs. */
import type { Inconsistency } from '../../index/audit.js';
import { count } from '../../../platform/count.js';
import { PACK_HEADER_BYTES, readPackKind } from '../../packs/pack-store.js';
import { isDamage } from '../../../errors.js';
import type { HeldRepository } from '../../repository/held.js';

export interface StructureProblem extends Inconsistency {
  readonly code: 'INDEX_CORRUPT' | 'PACK_MISSING' | 'PACK_CORRUPT' | 'BLOB_DAMAGED';
  readonly pack?: number;
  /** From where on the pack is not what it should be. */
  readonly offset?: number;
}

export function checkStructure(repository: HeldRepository): StructureProblem[] {
  const { audit } = repository.index;
  const database = audit
    .databaseProblems()
    .map((message): StructureProblem => ({ code: 'INDEX_CORRUPT', message, blobs: [] }));
  const dangling = audit
    .danglingReferences()
    .map((problem): StructureProblem => ({ code: 'BLOB_DAMAGED', ...problem }));
  return [...database, ...dangling, ...checkPacks(repository)];
}

function checkPacks({ index, packs, config }: HeldRepository): StructureProblem[] {
  const { audit } = index;
  return index.packs.all().flatMap(({ number, lengthBytes }): StructureProblem[] => {
    const size = packs.sizeBytes(number);
    const file = `packs/${String(number).padStart(8, '0')}.pack`;
    if (size === undefined) {
      const message = `${file} is missing.`;
      const blobs = audit.blobsBeyond(number, 0);
      return [{ code: 'PACK_MISSING', message, blobs, pack: number, offset: 0 }];
    }
    if (size < lengthBytes) {
      const message = `${file} is truncated: it should have ${count(lengthBytes, 'byte')} but has ${size}.`;
      const blobs = audit.blobsBeyond(number, size);
      return [{ code: 'PACK_CORRUPT', message, blobs, pack: number, offset: size }];
    }
    return isReadable(() => readPackKind(packs, number, config.id) !== undefined)
      ? []
      : [
          {
            code: 'PACK_CORRUPT',
            message: `${file} does not begin with the header of this repository's pack.`,
            blobs: audit.blobsBeyond(number, PACK_HEADER_BYTES),
            pack: number,
            offset: 0,
          },
        ];
  });
}

function isReadable(check: () => boolean): boolean {
  try {
    return check();
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}
