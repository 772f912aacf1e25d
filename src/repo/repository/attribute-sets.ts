/** Attribute sets of versions, decoded. */
import { isShadow } from '../../platform/attribute-calls.js';
import type { Index } from '../index/index.js';
import type { AttributeSet, Version } from '../model.js';
import { decodeAttributeSet } from '../packs/attribute-set.js';

/** Sets kept decoded: a source has few, unless each file has attributes of its own. */
const MAX_REMEMBERED = 1000;

/** What a version has beside its columns; undefined where nothing is known. */
export type SetReader = (version: Pick<Version, 'attributes'>) => AttributeSet | undefined;

/** @throws CodedError FRAME_CORRUPT, DELTA_CORRUPT, from what it returns */
export function createSetReader({ attributes: sets }: Pick<Index, 'attributes'>): SetReader {
  const decoded = new Map<number, AttributeSet | undefined>();
  return ({ attributes: id }) => {
    if (decoded.has(id)) return decoded.get(id);
    if (decoded.size >= MAX_REMEMBERED) decoded.clear();
    const set = withoutShadows(decodeAttributeSet(sets.get(id)));
    decoded.set(id, set);
    return set;
  };
}

/** Older versions of Varve saved them. */
function withoutShadows(set: AttributeSet | undefined): AttributeSet | undefined {
  if (!set?.xattrs.some(({ name }) => isShadow(name))) return set;
  return { ...set, xattrs: set.xattrs.filter(({ name }) => !isShadow(name)) };
}
