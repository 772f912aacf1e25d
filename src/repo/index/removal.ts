/**
 * Removing snapshots from the index: prune asks for it, and the rebuilding of an index repeats it.
 * The bounds of versions always name snapshots that exist, so a removed one hands them to the next
 * snapshot of its source.
 */
import type { Connection } from './connection.js';

/** All nodes of a source. */
const BELOW = `
  WITH RECURSIVE below (id) AS (
    SELECT id FROM path WHERE parent = -?
    UNION ALL
    SELECT p.id FROM below b JOIN path p ON p.parent = b.id
  ) SELECT id FROM below`;

function prepare(db: Connection) {
  return {
    nextOf: db
      .prepare(
        `SELECT n.number FROM snapshot s JOIN snapshot n ON n.source = s.source AND n.number > s.number
         WHERE s.number = ? ORDER BY n.number LIMIT 1`,
      )
      .pluck(),
    emptied: db.prepare('SELECT path FROM version WHERE first = ? AND last = ?').pluck(),
    removeEmptied: db.prepare('DELETE FROM version WHERE first = ? AND last = ?'),
    moveFirst: db.prepare('UPDATE version SET first = ? WHERE first = ?'),
    moveLast: db.prepare('UPDATE version SET last = ? WHERE last = ? AND last > 0'),
    removeSnapshot: db.prepare('DELETE FROM snapshot WHERE number = ?'),
    parentOf: db.prepare('SELECT parent FROM path WHERE id = ?').pluck(),
    removePath: db.prepare(
      `DELETE FROM path WHERE id = @id
         AND NOT EXISTS (SELECT 1 FROM version WHERE path = @id)
         AND NOT EXISTS (SELECT 1 FROM path WHERE parent = @id)`,
    ),
    removeSnapshotsOf: db.prepare('DELETE FROM snapshot WHERE source = ?'),
    removeVersionsOf: db.prepare(`DELETE FROM version WHERE path IN (${BELOW})`),
    removePathsOf: db.prepare(`DELETE FROM path WHERE id IN (${BELOW})`),
    removeSource: db.prepare('DELETE FROM source WHERE id = ?'),
    removeUnusedContents: db.prepare(
      'DELETE FROM content WHERE NOT EXISTS (SELECT 1 FROM version v WHERE v.content = content.id)',
    ),
    removeUnusedLists: db.prepare(
      'DELETE FROM content_blob WHERE NOT EXISTS (SELECT 1 FROM content c WHERE c.id = content)',
    ),
    removeUnusedAttributes: db.prepare(
      'DELETE FROM attributes WHERE id NOT IN (SELECT attributes FROM version)',
    ),
    unusedBlobs: db
      .prepare(
        `SELECT b.id FROM blob b
         WHERE NOT EXISTS (SELECT 1 FROM version v WHERE v.blob = b.id)
           AND NOT EXISTS (SELECT 1 FROM content_blob c WHERE c.blob = b.id)`,
      )
      .pluck(),
  };
}

export class Removal {
  private readonly statements: ReturnType<typeof prepare>;

  constructor(db: Connection) {
    this.statements = prepare(db);
  }

  /** Removes a snapshot that is not the newest of its source, and the versions only it had. */
  removeSnapshot(number: number): void {
    const { nextOf, emptied, removeEmptied, moveFirst, moveLast, removeSnapshot } = this.statements;
    const next = nextOf.get(number) as number | undefined;
    if (next === undefined) throw new Error(`snapshot ${number} is the newest of its source`);
    const gone = emptied.all(number, next) as number[];
    removeEmptied.run(number, next);
    moveFirst.run(next, number);
    moveLast.run(next, number);
    removeSnapshot.run(number);
    this.removePaths(gone);
  }

  /** Removes a source with all its snapshots. Its number is not given out again. */
  removeSource(source: number): void {
    const { removeVersionsOf, removePathsOf, removeSnapshotsOf, removeSource } = this.statements;
    removeVersionsOf.run(source);
    removePathsOf.run(source);
    removeSnapshotsOf.run(source);
    removeSource.run(source);
  }

  /** Removes the lists of blobs and the attribute sets that no version uses. */
  removeUnusedContents(): void {
    this.statements.removeUnusedAttributes.run();
    this.statements.removeUnusedContents.run();
    this.statements.removeUnusedLists.run();
  }

  /** Blobs that no version uses; a delta may still need one as its basis. */
  unusedBlobs(): number[] {
    return this.statements.unusedBlobs.all() as number[];
  }

  /** Removes nodes that have no version and nothing below them. */
  private removePaths(paths: Iterable<number>): void {
    const { parentOf, removePath } = this.statements;
    for (let path of paths) {
      while (path > 0) {
        const parent = parentOf.get(path) as number | undefined;
        if (parent === undefined || removePath.run({ id: path }).changes === 0) break;
        path = parent;
      }
    }
  }
}
