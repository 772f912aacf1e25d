/** What a run's manifest is made of, and what the index is told of it. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ByteString } from '../../../src/platform/bytes.js';
import { openIndex } from '../../../src/repo/index/index.js';
import { VersionType } from '../../../src/repo/model.js';
import { decodeSection, FrameKind } from '../../../src/repo/packs/frame.js';
import { decodeManifestPart, type ManifestOpen } from '../../../src/repo/packs/manifest.js';
import { PackKind } from '../../../src/repo/packs/pack-store.js';
import { createPackWriter } from '../../../src/repo/packs/pack-writer.js';
import { scanPack, type ScannedFrame } from '../../../src/repo/packs/scan.js';
import { RunManifest } from '../../../src/repo/repository/run-manifest.js';
import { memoryPacks } from '../../support/memory-packs.js';
import { makeRepository } from '../../support/repository.js';
import { noise } from '../../support/seed.js';

const TIME = { seconds: 100, nanoseconds: 5 };
const opened = (path: number): ManifestOpen => ({
  ...{ path, flags: 0, links: 0, attributeSet: new Uint8Array(0), link: undefined, blobs: [] },
  ...{ type: VersionType.file, mode: 0o644, uid: 1, gid: 2, inode: path, rdev: 0, sizeBytes: 0 },
  ...{ mtime: TIME, ctime: TIME, btime: undefined },
});

function begin(level = 3) {
  const { path, platform } = makeRepository();
  const index = openIndex(`${path}/index.sqlite`, 'write', platform.files);
  onTestFinished(() => index.close());
  const store = memoryPacks();
  const lane = { kind: PackKind.manifests, firstNumber: 4, step: 1 } as const;
  const packs = createPackWriter(store, lane);
  const manifest = new RunManifest({ index, packs, generation: 7, level });
  const frames = (): ScannedFrame[] => (store.packs.has(4) ? [...scanPack(store, 4)] : []);
  const sectionsOf = ({ head, bytes }: ScannedFrame): Uint8Array[] =>
    head.sections.map((_, section) => decodeSection(head, bytes, section));
  return { index, store, manifest, frames, sectionsOf };
}

type Begun = ReturnType<typeof begin>;
const partOf = ({ sectionsOf }: Begun, frame: ScannedFrame) =>
  decodeManifestPart(sectionsOf(frame));
const documentOf = ({ sectionsOf }: Begun, frame: ScannedFrame) => {
  const [document, retired] = sectionsOf(frame);
  return [JSON.parse(Buffer.from(document!).toString()) as unknown, retired] as const;
};

const RECORDS: Record<string, (begun: Begun, id: number) => void> = {
  opens: ({ manifest }, id) => manifest.open(opened(id)),
  closes: ({ manifest }, id) => manifest.close(id),
  touches: ({ manifest }, id) =>
    manifest.touch({ path: id, flags: 0, ctime: TIME, btime: undefined, inode: id }),
};

describe.each(Object.entries(RECORDS))('%s alone', (name, record) => {
  test('fill a part with 8192 of them, and the next has none of these', () => {
    const begun = begin();
    for (let id = 1; id < 8192; id += 1) record(begun, id);
    expect(begun.frames()).toEqual([]);
    record(begun, 8192);
    expect(begun.frames()).toHaveLength(1);
    record(begun, 8193);
    begun.manifest.end({});
    const [first, second, end] = begun.frames();
    const lengths = [first!, second!].map(
      (frame) => partOf(begun, frame)[name as 'opens' | 'closes' | 'touches'].length,
    );
    expect(lengths).toEqual([8192, 1]);
    expect(documentOf(begun, end!)[0]).toEqual({ parts: 2 });
  });
});

test('the end holds the summary and what became a delta, and all of it is durable', () => {
  const begun = begin();
  const { manifest, store, frames } = begun;
  manifest.path({ id: 3, parent: -1, name: 'name' as ByteString });
  manifest.open(opened(3));
  const retired = [noise(32, 1), noise(32, 2)];
  for (const hash of retired) manifest.retired(hash);
  expect(store.synced).toEqual([]);
  const lengths = manifest.end({ a: 1, b: 'text' });
  expect(lengths).toEqual(new Map([[4, store.packs.get(4)!.length]]));
  expect(store.synced).toEqual(['pack 4', 'names']);
  const [part, end, ...others] = frames();
  expect(others).toEqual([]);
  expect(partOf(begun, part!)).toMatchObject({
    paths: [{ id: 3, parent: -1, name: 'name' }],
    opens: [{ path: 3, mtime: TIME }],
  });
  const [document, hashes] = documentOf(begun, end!);
  expect(document).toEqual({ a: 1, b: 'text', parts: 1 });
  expect(Buffer.from(hashes!).equals(Buffer.concat(retired))).toBe(true);
});

test('a manifest of nothing is its end alone', () => {
  const begun = begin();
  begun.manifest.end({});
  const [end, ...others] = begun.frames();
  expect(others).toEqual([]);
  expect(end!.head.kind).toBe(FrameKind.manifestEnd);
  expect(documentOf(begun, end!)[0]).toEqual({ parts: 0 });
});

test('its frames are in the index, alive, with their places; and what they take is counted', () => {
  const { manifest, index, frames } = begin();
  manifest.close(1);
  manifest.end({});
  const found = frames();
  expect(found.map(({ head }) => [head.kind, head.generation])).toEqual([
    [FrameKind.manifestPart, 7],
    [FrameKind.manifestEnd, 7],
  ]);
  found.forEach(({ head, address }, position) => {
    expect(index.frames.get(position + 1)).toEqual({
      id: position + 1,
      ...address,
      ...{ kind: head.kind, headBytes: head.headBytes, liveBytes: 1, totalBytes: 1 },
      verifiedMs: 0,
    });
  });
  const stored = found.reduce((sum, { address }) => sum + address.lengthBytes, 0);
  expect(manifest.bytesStored).toBe(stored);
});

test('it is compressed as the run is told', () => {
  const sizes = [1, 19].map((level) => {
    const { manifest } = begin(level);
    for (let id = 1; id < 3000; id += 1)
      manifest.open({ ...opened(id), inode: (id * 7919) % 5003 });
    manifest.end({});
    return manifest.bytesStored;
  });
  expect(sizes[1]).toBeLessThan(sizes[0]!);
});
