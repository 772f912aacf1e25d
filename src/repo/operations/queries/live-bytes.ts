/** Whether a live node still is what a version says: its bytes, its target, its attributes. */
import type { Index } from '../../index/index.js';
import { VersionType, type Issue, type Version } from '../../model.js';
import type { FileStat } from '../../../platform/at-calls.js';
import type { ByteString } from '../../../platform/bytes.js';
import { createSetReader, type SetReader } from '../../repository/attribute-sets.js';
import type { HeldRepository } from '../../repository/held.js';
import { readAttributesAt, hasSameAttributes } from '../../tree/attributes.js';
import { isUnchanged, hasSameMetadata, isSameTime } from '../../tree/compare.js';
import { possibleBitRot } from '../../tree/possible-bit-rot.js';
import type { ChangeType } from './change.js';
import { hashFile, hashToEnd } from './hash-file.js';

/** A live node with what is saved of it, which has the same type. */
export interface Subject {
  /** An open handle of the directory that it is in. */
  readonly directory: number;
  readonly name: ByteString;
  readonly path: ByteString;
  readonly stat: FileStat;
  /** Whether the size of a file is the number of its bytes. */
  readonly tellsSize: boolean;
  readonly known: Version;
}

export class LiveBytes {
  private readonly repository: HeldRepository;
  /** Compares the bytes of every file. */
  private readonly readsAll: boolean;
  private readonly issues: Issue[];
  private readonly setOf: SetReader;

  /** `issues`: possible bit rot is added to them. */
  constructor(repository: HeldRepository, readsAll: boolean, issues: Issue[]) {
    this.repository = repository;
    this.readsAll = readsAll;
    this.issues = issues;
    this.setOf = createSetReader(repository.index);
  }

  /** How the node changed; undefined: not at all. @throws system errors */
  changeOf(subject: Subject): ChangeType | undefined {
    const { stat, known } = subject;
    if (this.hasOtherBytes(subject)) return 'modified';
    const sizeBytes = known.type === VersionType.file ? known.sizeBytes : 0;
    const isSame =
      hasSameMetadata({ ...stat, type: known.type, sizeBytes }, known) &&
      !this.hasOtherAttributes(subject);
    return isSame ? undefined : 'metadata';
  }

  /** They do not change without the ctime. */
  private hasOtherAttributes({ directory, name, stat, known }: Subject): boolean {
    const { files, users } = this.repository.platform;
    if (isSameTime(stat.ctime, known.ctime) || !files.at.attributes) return false;
    const saved = this.setOf(known);
    if (!saved) return false;
    return (
      saved.user !== (users.userName(stat.uid) ?? '') ||
      saved.group !== (users.groupName(stat.gid) ?? '') ||
      !hasSameAttributes(readAttributesAt(files, directory, name, known.type), saved)
    );
  }

  private hasOtherBytes(subject: Subject): boolean {
    const { directory, name, path, stat, tellsSize, known } = subject;
    if (known.type === VersionType.symlink) {
      return this.repository.platform.files.at.readSymlink(directory, name) !== known.link;
    }
    if (known.type !== VersionType.file) return false;
    if (!tellsSize || (stat.sizeBytes === 0 && known.sizeBytes > 0)) {
      return this.readsDifferent(subject);
    }
    if (stat.sizeBytes !== known.sizeBytes) return true;
    if (!this.readsAll && !isSameTime(stat.mtime, known.mtime)) return true;
    const seemsUnchanged = isUnchanged(stat, known);
    if (!this.readsAll && seemsUnchanged) return false;
    const isDifferent = this.readsDifferent(subject);
    if (isDifferent && seemsUnchanged) {
      this.issues.push({ path, code: 'POSSIBLE_BIT_ROT', message: possibleBitRot(path) });
    }
    return isDifferent;
  }

  private readsDifferent({ directory, name, tellsSize, known }: Subject): boolean {
    const { platform, config, index } = this.repository;
    const { files } = platform;
    const descriptor = files.at.open(directory, name, 'read-file');
    try {
      const { sizeBytes } = files.at.statOpen(descriptor);
      const live =
        tellsSize && sizeBytes > 0
          ? hashFile(files, descriptor, sizeBytes, config.chunking)
          : hashToEnd(files, descriptor);
      if (live.type !== known.content.type) return true;
      return live.type !== 'none' && Buffer.compare(live.hash, savedHash(index, known)) !== 0;
    } finally {
      files.close(descriptor);
    }
  }
}

function savedHash({ blobs }: Index, { content }: Version): Uint8Array {
  switch (content.type) {
    case 'blob':
      return blobs.get(content.blob)?.hash ?? Buffer.alloc(0);
    case 'content':
      return blobs.contentHash(content.content);
    case 'none':
      return Buffer.alloc(0);
  }
}
