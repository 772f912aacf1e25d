import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { Blobs } from '../../../src/repo/index/blobs.js';
import { openIndex } from '../../../src/repo/index/index.js';
import { createFrames, type Frames } from '../../../src/repo/index/frames.js';
import { createSnapshots, type Snapshots } from '../../../src/repo/index/sources.js';
import { Versions } from '../../../src/repo/index/versions.js';
import type { ByteString } from '../../../src/platform/bytes.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';

interface Tables {
  readonly versions: Versions;
  readonly blobs: Blobs;
  readonly snapshots: Snapshots;
  readonly frames: Frames;
}

const hash = Buffer.alloc(32, 1);

/** Each is asked once a file, a directory or a blob: none may read a whole table. */
const HOT: [string, (tables: Tables) => unknown][] = [
  ['the current entries of a directory', ({ versions }) => versions.current(1)],
  ['what tells whether they changed', ({ versions }) => versions.currentStates(1)],
  ['the current version of a path', ({ versions }) => versions.currentOf(1)],
  ['a directory at a snapshot', ({ versions }) => versions.at(1, 2)],
  ['a path at a snapshot', ({ versions }) => versions.atPath(1, 2)],
  ['whether a directory is empty', ({ versions }) => versions.hasChildren(1)],
  ['the id of a name', ({ versions }) => versions.pathId(1, 'x' as ByteString)],
  ['the versions that use a blob', ({ versions }) => versions.usingBlob(1)],
  ['whether a blob is current', ({ blobs }) => blobs.isCurrent(1)],
  ['a blob by its hash', ({ blobs }) => blobs.find(hash)],
  ['a blob with its frame', ({ blobs }) => blobs.placed(1)],
  ['the deltas against a blob', ({ blobs }) => blobs.dependants(1)],
  ['a content by its hash', ({ blobs }) => blobs.findContent(hash)],
  ['the blobs of a content', ({ blobs }) => blobs.ofContent(1)],
  ['the latest snapshot of a source', ({ snapshots }) => snapshots.latest(1)],
  ['the dead frames', ({ frames }) => frames.dead(1)],
  ['ending a version', ({ versions }) => versions.close(1, 2)],
];

test.each(HOT)('%s is found by an index', (_, ask) => {
  const path = `${scratchDirectory()}/index.sqlite`;
  openIndex(path, 'create', openFileSystem()).close();
  const asked: string[] = [];
  const db = new Database(path, { verbose: (statement) => void asked.push(String(statement)) });
  const tables = {
    versions: new Versions(db),
    blobs: new Blobs(db),
    snapshots: createSnapshots(db),
    frames: createFrames(db),
  };
  ask(tables);
  expect(asked).toHaveLength(1);
  const steps = db.prepare(`EXPLAIN QUERY PLAN ${asked[0]!}`).all() as { detail: string }[];
  for (const { detail } of steps) {
    expect(detail).not.toMatch(/^SCAN (?!CONSTANT ROW|frame USING INDEX frame_dead)/);
    expect(detail).not.toMatch(/AUTOMATIC|TEMP B-TREE/);
  }
  db.close();
});
