/** What metadata the nodes of a restore shall have: versions, with owners as they are here. */
import type { Version } from '../../model.js';
import type { ByteString } from '../../../platform/bytes.js';
import type { RestorableMetadata } from '../../tree/metadata.js';
import type { SetReader } from '../../repository/attribute-sets.js';
import type { OwnerResolver } from './owners.js';

export type Wanted = (version: Version) => RestorableMetadata;

export function createWanted(setOf: SetReader, owners: OwnerResolver): Wanted {
  return (version) => {
    const { type, mode, uid, gid, mtime } = version;
    const known = setOf(version);
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
