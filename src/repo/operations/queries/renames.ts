/** Which of the files that a diff found added are removed ones under another name. */
import type { ByteString } from '../../../platform/bytes.js';
import { baseName } from '../../../platform/paths.js';
import type { FoundChange } from './change.js';

/** What tells the bytes of a file apart from others; undefined: nothing does, or it has none. */
export type KeyOf = (change: FoundChange) => string | undefined;

/**
 * Marks what was renamed: of the removed files that held the bytes of an added one, that of the same
 * name, else the first that is left.
 */
export function pairRenames(changes: readonly FoundChange[], keyOf: KeyOf): FoundChange[] {
  const removed = new Waiting();
  for (const change of changes) {
    if (change.change !== 'removed' || !change.before) continue;
    const key = keyOf(change);
    if (key !== undefined) removed.add(key, change);
  }
  if (removed.isEmpty) return [...changes];
  const partners = new Map<FoundChange, FoundChange>();
  const pair = (take: (key: string, path: ByteString) => FoundChange | undefined): void => {
    for (const added of changes) {
      if (added.change !== 'added' || !added.after || partners.has(added)) continue;
      const key = keyOf(added);
      const old = key === undefined ? undefined : take(key, added.path);
      if (old) partners.set(added, old).set(old, added);
    }
  };
  pair((key, path) => removed.takeNamed(key, path));
  pair((key) => removed.takeAny(key));
  return changes.map((change) => {
    const partner = partners.get(change)?.path;
    if (partner === undefined) return change;
    return change.change === 'added'
      ? { ...change, renamedFrom: partner }
      : { ...change, renamedTo: partner };
  });
}

/** Removed files that are not yet paired: in the order of the changes, each found by name, too. */
class Waiting {
  private readonly byKey = new Map<string, FoundChange[]>();
  private readonly byName = new Map<string, FoundChange[]>();
  private readonly taken = new Set<FoundChange>();

  get isEmpty(): boolean {
    return this.byKey.size === 0;
  }

  add(key: string, change: FoundChange): void {
    append(this.byKey, key, change);
    append(this.byName, nameKey(key, change.path), change);
  }

  takeNamed(key: string, path: ByteString): FoundChange | undefined {
    const found = this.byName.get(nameKey(key, path))?.shift();
    if (found) this.taken.add(found);
    return found;
  }

  takeAny(key: string): FoundChange | undefined {
    const list = this.byKey.get(key) ?? [];
    for (let next = list.shift(); next; next = list.shift()) {
      if (!this.taken.has(next)) return next;
    }
    return undefined;
  }
}

function nameKey(key: string, path: ByteString): string {
  return `${key}/${baseName(path)}`;
}

function append(lists: Map<string, FoundChange[]>, key: string, change: FoundChange): void {
  const list = lists.get(key);
  if (list) list.push(change);
  else lists.set(key, [change]);
}
