/** Makes attribute sets of what a backup finds, and says which row of the index each one is. */
import type { AttributeSets } from '../../index/attributes.js';
import type { Version } from '../../model.js';
import { encodeAttributeSet } from '../../packs/attribute-set.js';
import type { FileStat } from '../../../platform/at-calls.js';
import type { NodeAttributes } from '../../../platform/attribute-calls.js';
import type { ByteString } from '../../../platform/bytes.js';
import type { UserDatabase } from '../../../platform/user-database.js';

/** An attribute set as a version has it. */
export interface RecordedSet {
  /** Its row id. */
  readonly attributes: number;
  /** Encoded. */
  readonly attributeSet: Uint8Array;
}

export interface SetRecorder {
  /** The set of a node with this owner and these attributes. */
  of(stat: Pick<FileStat, 'uid' | 'gid'>, attributes: NodeAttributes): RecordedSet;
  /** The set that a version has already. */
  ofVersion(version: Pick<Version, 'attributes'>): RecordedSet;
}

export function createSetRecorder(sets: AttributeSets, users: UserDatabase): SetRecorder {
  /** Sets of those who have neither flags nor extended attributes: nearly all, and a few owners. */
  const plain = new Map<string, RecordedSet>();
  let last: { uid: number; gid: number; set: RecordedSet } | undefined;

  const record = (uid: number, gid: number, { flags, xattrs }: NodeAttributes): RecordedSet => {
    const user = users.userName(uid) ?? NO_NAME;
    const group = users.groupName(gid) ?? NO_NAME;
    const attributeSet = encodeAttributeSet({ user, group, flags, xattrs });
    return { attributes: sets.idOf(attributeSet), attributeSet };
  };
  const ofOwner = (uid: number, gid: number, attributes: NodeAttributes): RecordedSet => {
    const key = `${uid}:${gid}`;
    const known = plain.get(key);
    if (known) return known;
    const made = record(uid, gid, attributes);
    plain.set(key, made);
    return made;
  };

  return {
    of({ uid, gid }, attributes) {
      if (attributes.flags !== 0 || attributes.xattrs.length > 0) {
        return record(uid, gid, attributes);
      }
      if (last?.uid !== uid || last.gid !== gid) {
        last = { uid, gid, set: ofOwner(uid, gid, attributes) };
      }
      return last.set;
    },
    ofVersion: ({ attributes }) => ({ attributes, attributeSet: sets.get(attributes) }),
  };
}

const NO_NAME = '' as ByteString;
