/** The manifest that a run writes beside the index: {@link ManifestWriter} is what the run's parts see of it. */
import type { Index } from '../index/index.js';
import { encodeFrame, FrameKind, FRAME_HEADER_BYTES } from '../packs/frame.js';
import { ManifestPartWriter, type ManifestOpen } from '../packs/manifest.js';
import type { PackWriter } from '../packs/pack-writer.js';

/** Changes of the index, as they go into the manifest. */
export interface ManifestWriter extends Pick<
  ManifestPartWriter,
  'path' | 'close' | 'open' | 'touch'
> {
  /** The blob is from now on the delta that this run stored. */
  retired(hash: Uint8Array): void;
}

/** Records gathered before a manifest part is written: bounds memory, and a part is about 1 MiB. */
const PART_RECORDS = 8192;

/** What a manifest needs to be appended to packs. */
interface ManifestTarget {
  readonly index: Index;
  readonly packs: PackWriter;
  readonly generation: number;
  readonly level: number;
}

/** The manifest of one run: parts are appended as they fill, the end when the run commits. */
export class RunManifest implements ManifestWriter {
  bytesStored = 0;
  private readonly target: ManifestTarget;
  private readonly retiredHashes: Uint8Array[] = [];
  private part = new ManifestPartWriter();
  private partCount = 0;

  constructor(target: ManifestTarget) {
    this.target = target;
  }

  path(change: Parameters<ManifestWriter['path']>[0]): void {
    this.part.path(change);
  }

  close(path: number): void {
    this.part.close(path);
    this.flushFullPart();
  }

  open(change: ManifestOpen): void {
    this.part.open(change);
    this.flushFullPart();
  }

  touch(change: Parameters<ManifestWriter['touch']>[0]): void {
    this.part.touch(change);
    this.flushFullPart();
  }

  retired(hash: Uint8Array): void {
    this.retiredHashes.push(hash);
  }

  /** Appends what is left and the end around `summary`, and syncs: the lengths of the packs. */
  end(summary: object): ReturnType<PackWriter['sync']> {
    this.flushPart();
    const document = Buffer.from(JSON.stringify({ ...summary, parts: this.partCount }));
    this.append(FrameKind.manifestEnd, [document, Buffer.concat(this.retiredHashes)]);
    return this.target.packs.sync();
  }

  private flushFullPart(): void {
    if (this.part.recordCount >= PART_RECORDS) this.flushPart();
  }

  private flushPart(): void {
    if (this.part.recordCount === 0) return;
    this.append(FrameKind.manifestPart, this.part.finish());
    this.part = new ManifestPartWriter();
    this.partCount += 1;
  }

  private append(kind: 3 | 4, sections: readonly Uint8Array[]): void {
    const { index, packs, generation, level } = this.target;
    const bytes = encodeFrame({ kind }, generation, sections, { level });
    const address = packs.append(bytes);
    const headBytes = FRAME_HEADER_BYTES + bytes.readUInt32LE(12);
    const id = index.counters.next('frame');
    index.frames.insert({ id, ...address, kind, headBytes, liveBytes: 1, totalBytes: 1 });
    this.bytesStored += bytes.length;
  }
}
