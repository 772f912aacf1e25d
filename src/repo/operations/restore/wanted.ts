/** What metadata the nodes of a restore shall have: versions, with owners as they are here. */
import type { Index } from '../../index/index.js';
import type { AttributeSet, Version } from '../../model.js';
import { decodeAttributeSet } from '../../packs/attribute-set.js';
import type { ByteString } from '../../platform/bytes.js';
import type { RestorableMetadata } from '../../tree/metadata.js';
import type { OwnerResolver } from './owners.js';

/** Sets kept decoded: a source has few, unless each file has attributes of its own. */
const MOST_REMEMBERED = 1000;

export type Wanted = (version: Version) => RestorableMetadata;

export function createWanted({ attributes: sets }: Index, owners: OwnerResolver): Wanted {
  const decoded = new Map<number, AttributeSet | undefined>();
  const setOf = (id: number): AttributeSet | undefined => {
    if (decoded.has(id)) return decoded.get(id);
    if (decoded.size >= MOST_REMEMBERED) decoded.clear();
    const set = decodeAttributeSet(sets.get(id));
    decoded.set(id, set);
    return set;
  };

  return ({ type, mode, uid, gid, mtime, attributes }) => {
    const known = setOf(attributes);
    return {
      type,
      mode,
      uid: owners.uid(uid, known?.user ?? NO_NAME),
      gid: owners.gid(gid, known?.group ?? NO_NAME),
      mtime,
      known,
    };
  };
}

const NO_NAME = '' as ByteString;
