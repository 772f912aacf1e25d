/** What must hold of an index at any time, and what of it must survive a rebuild. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { MAX_LINKS } from '../../src/repo/chain/retire.js';
import { PACK_HEADER_BYTES, packFileName } from '../../src/repo/packs/pack-store.js';

interface BlobFacts {
  readonly id: number;
  readonly kind: number;
  readonly basis: number | null;
  readonly stored: number;
  readonly tail_links: number;
  readonly tail_bytes: number;
}

export function queryIndex<Row>(repository: string, sql: string): Row[] {
  const db = new Database(join(repository, 'index.sqlite'), { readonly: true });
  try {
    return db.prepare(sql).all() as Row[];
  } finally {
    db.close();
  }
}

/** Fails when the index breaks an invariant of docs/architecture.md. */
export function expectInvariants(repository: string): void {
  expectCurrentIsWhole(repository);
  expectBoundedChains(repository);
  expectExactLiveBytes(repository);
  expectFramesWithinPacks(repository);
  expectVersionsOfSnapshots(repository);
}

/** Versions begin and end with snapshots of their own source, and no path is without one. */
function expectVersionsOfSnapshots(repository: string): void {
  const strangers = queryIndex(
    repository,
    `WITH RECURSIVE node (id, source) AS (
       SELECT id, -parent FROM path WHERE parent < 0
       UNION ALL
       SELECT p.id, n.source FROM node n JOIN path p ON p.parent = n.id)
     SELECT v.path, v.first, v.last FROM version v LEFT JOIN node n ON n.id = v.path
     WHERE v.first NOT IN (SELECT number FROM snapshot s WHERE s.source = n.source)
        OR (v.last > 0 AND v.last NOT IN (SELECT number FROM snapshot s WHERE s.source = n.source))
        OR n.id IS NULL`,
  );
  expect(strangers, 'versions that begin or end with no snapshot of their source').toEqual([]);
  const unused = queryIndex(
    repository,
    'SELECT id FROM path WHERE NOT EXISTS (SELECT 1 FROM version v WHERE v.path = path.id)',
  );
  expect(unused, 'paths without a version').toEqual([]);
}

function expectCurrentIsWhole(repository: string): void {
  const broken = queryIndex(
    repository,
    `SELECT b.id, b.kind FROM blob b WHERE b.kind NOT IN (1, 4) AND (
       b.id IN (SELECT blob FROM version WHERE last = 0 AND blob IS NOT NULL) OR
       b.id IN (SELECT c.blob FROM content_blob c JOIN version v ON v.content = c.content
                WHERE v.last = 0))`,
  );
  expect(broken, 'current blobs that are not full').toEqual([]);
}

/** Every chain ends in a full blob, has at most {@link MAX_LINKS}, and is within its recorded tail. */
function expectBoundedChains(repository: string): void {
  const blobs = new Map(
    queryIndex<BlobFacts>(repository, 'SELECT * FROM blob WHERE kind <> 4').map((blob) => [
      blob.id,
      blob,
    ]),
  );
  for (const blob of blobs.values()) {
    const seen = new Set<number>();
    let link = blob;
    let storedBytes = 0;
    while (link.kind === 2) {
      expect(seen.has(link.id), `blob ${blob.id} is on a loop`).toBe(false);
      seen.add(link.id);
      storedBytes += link.stored;
      const basis = blobs.get(link.basis ?? 0);
      if (!basis) throw new Error(`blob ${link.id} rests on nothing`);
      link = basis;
    }
    expect(link.kind, `the chain of blob ${blob.id} ends in a full one`).toBe(1);
    expect(seen.size).toBeLessThanOrEqual(MAX_LINKS);
    expect(link.tail_links).toBeGreaterThanOrEqual(seen.size);
    expect(link.tail_bytes, `tail of blob ${link.id}`).toBeGreaterThanOrEqual(storedBytes);
  }
}

/** What a frame has alive is what its blobs take. */
export function expectExactLiveBytes(repository: string): void {
  const wrong = queryIndex(
    repository,
    `SELECT f.id, f.kind, f.live, f.total,
            (SELECT coalesce(sum(b.stored), 0) FROM blob b WHERE b.frame = f.id) AS members
     FROM frame f
     WHERE (f.kind IN (1, 2) AND f.live <> members) OR (f.kind IN (3, 4) AND f.live <> 1)
        OR f.live > f.total`,
  );
  expect(wrong, 'frames whose live bytes are not their members').toEqual([]);
}

function expectFramesWithinPacks(repository: string): void {
  const frames = queryIndex<{ pack: number; start: number; end: number; length: number }>(
    repository,
    `SELECT f.pack, f.start, f.start + f.length AS end, p.length FROM frame f
     LEFT JOIN pack p ON p.number = f.pack ORDER BY f.pack, f.start`,
  );
  let before: (typeof frames)[number] | undefined;
  for (const frame of frames) {
    expect(frame.end, `a frame of pack ${frame.pack}`).toBeLessThanOrEqual(frame.length);
    if (before?.pack === frame.pack) expect(frame.start).toBeGreaterThanOrEqual(before.end);
    before = frame;
  }
  for (const { number, length } of packRows(repository)) {
    const { size } = fs.statSync(join(repository, 'packs', packFileName(number)));
    expect(size, `pack ${number}`).toBeGreaterThanOrEqual(length);
  }
}

/** Fails when bytes of a pack are no frame's: no prune would give them back. */
export function expectNoGaps(repository: string): void {
  const gaps = queryIndex(
    repository,
    `SELECT p.number, p.length, sum(f.length) AS frames FROM pack p LEFT JOIN frame f ON f.pack = p.number
     GROUP BY p.number HAVING coalesce(sum(f.length), 0) <> p.length - ${PACK_HEADER_BYTES}`,
  );
  expect(gaps, 'packs whose frames leave gaps').toEqual([]);
}

export function packRows(repository: string): { number: number; kind: number; length: number }[] {
  return queryIndex(repository, 'SELECT number, kind, length FROM pack ORDER BY number');
}

/** Files of `packs/` that the index does not know. */
export function unknownPackFiles(repository: string): string[] {
  const known = new Set(packRows(repository).map(({ number }) => packFileName(number)));
  return fs.readdirSync(join(repository, 'packs')).filter((name) => !known.has(name));
}

/** Snapshots, sources, paths, versions and contents, free of row ids, which a rebuild may choose differently. */
export function logicalIndex(repository: string): unknown {
  const hashesOf = new Map<number, string[]>();
  for (const { content, hash } of queryIndex<{ content: number; hash: Buffer }>(
    repository,
    `SELECT c.content, b.hash FROM content_blob c JOIN blob b ON b.id = c.blob
     ORDER BY c.content, c.position`,
  )) {
    hashesOf.set(content, [...(hashesOf.get(content) ?? []), hash.toString('hex')]);
  }
  const versions = queryIndex<Record<string, unknown> & { content: number | null }>(
    repository,
    `SELECT v.path, v.first, v.last, v.type, v.mode, v.uid, v.gid, v.mtime_s, v.mtime_ns,
            v.ctime_s, v.ctime_ns, v.inode, v.links, v.rdev, v.size, v.flags, hex(v.link) AS link,
            hex(b.hash) AS blob, v.content
     FROM version v LEFT JOIN blob b ON b.id = v.blob ORDER BY v.path, v.first`,
  );
  return {
    sources: queryIndex(repository, 'SELECT id, host, hex(roots) AS roots FROM source ORDER BY id'),
    snapshots: queryIndex(repository, 'SELECT * FROM snapshot ORDER BY number'),
    paths: queryIndex(repository, 'SELECT id, parent, hex(name) AS name FROM path ORDER BY id'),
    versions: versions.map((version) => ({
      ...version,
      content: version.content === null ? null : hashesOf.get(version.content),
    })),
  };
}
