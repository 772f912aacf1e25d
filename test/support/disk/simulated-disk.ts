/**
 * A directory on a disk that can lose its power. Files are real, and so is what SQLite does there; the
 * twin of the file system notes which bytes and names are durable (`model.ts`), keeps a log of the calls,
 * and lets one of them fail or be the last. Then {@link SimulatedDisk.lose} puts into the directory what
 * the disk would hold.
 */
import { bytesFromText, type ByteString } from '../../../src/platform/bytes.js';
import type { FileSystem } from '../../../src/platform/files.js';
import { DiskTree } from './disk-tree.js';
import type { Loss } from './model.js';
import { replaceBy } from './real-files.js';
import { watchCommits } from './sqlite-files.js';
import { isChange, watchedFiles, type Call } from './watched-files.js';

/** What becomes of one of the calls that change something. */
export type Fate =
  /** The power goes: before the call, after it, or within it (a write, of which some bytes are made). */
  | { readonly type: 'dies'; readonly moment: 'before' | 'within' | 'after' }
  /** A failed sync loses what it was for, and a later one does not say so. */
  | { readonly type: 'fails'; readonly code: string };

/** A change that was made, or a commit of SQLite that was seen before the next one. */
export interface LoggedCall {
  readonly name: Call['name'] | 'commit';
  /** Below the directory; '' is the directory itself. Of two paths, the second. */
  readonly path: string;
}

/** Bytes that are made of a write in which the power goes. */
const TORN_BYTES = 20;

export class SimulatedDisk {
  readonly files: FileSystem;
  /** Changes and commits in their order. */
  readonly log: LoggedCall[] = [];
  private readonly root: ByteString;
  private readonly tree: DiskTree;
  private readonly commitsIn = watchCommits();
  private readonly fates = new Map<number, Fate>();
  private changes = 0;
  private isDead = false;

  /** All that is in the directory at `root` is durable. */
  constructor(root: string) {
    this.root = bytesFromText(root);
    this.tree = new DiskTree(this.root);
    this.files = watchedFiles((call, act, tear) => this.watch(call, act, tear));
    this.lookForCommits();
    this.log.length = 0;
  }

  /** The fate of the `position`-th change, from 1. */
  ordain(position: number, fate: Fate): void {
    this.fates.set(position, fate);
  }

  /** How many changes were tried. */
  get changeCount(): number {
    return this.changes;
  }

  /** Whether the database at `path` was committed to. */
  hasCommitted(path: string): boolean {
    return this.log.some((call) => call.name === 'commit' && call.path === path);
  }

  /** From now on no call changes anything; where the power is cut already, from then on. */
  cutPower(): void {
    if (this.isDead) return;
    this.lookForCommits();
    this.isDead = true;
    this.tree.freeze();
  }

  /**
   * Puts into the directory what may be found when the power is back. Each loss begins from the moment at
   * which the power was cut, so there may be several. Nobody may have anything open there.
   */
  lose(loss: Loss): void {
    this.cutPower();
    replaceBy(this.root, this.tree.survivors(loss));
  }

  private watch<T>(call: Call, act: () => T, tear?: (lengthBytes: number) => void): T {
    if (call.descriptor !== undefined && call.name === 'close') {
      this.tree.noteClosed(call.descriptor);
    }
    const isOurs = this.tree.holds(call.path);
    if (isOurs && isChange(call)) return this.change(call, act, tear);
    const result = act();
    if (isOurs && call.name === 'open') this.tree.noteOpened(call, result as number);
    return result;
  }

  private change<T>(call: Call, act: () => T, tear?: (lengthBytes: number) => void): T {
    if (this.isDead) throw failure('EINTR');
    this.lookForCommits();
    const fate = this.fates.get(++this.changes);
    if (fate?.type === 'fails') {
      if (call.name === 'sync') this.tree.noteFailedSync(call);
      throw failure(fate.code);
    }
    if (fate && fate.moment !== 'after') {
      if (fate.moment === 'within' && call.name === 'write') {
        tear?.(TORN_BYTES);
        this.tree.note({ ...call, bytes: (call.bytes ?? Buffer.alloc(0)).subarray(0, TORN_BYTES) });
      }
      throw this.die();
    }
    this.tree.before(call);
    const result = act();
    if (call.name === 'create') this.tree.noteOpened(call, result as number);
    else this.tree.note(call);
    const path = (call.name === 'make-link' ? call.path : (call.to ?? call.path)) as string;
    this.log.push({ name: call.name, path: path.slice(this.root.length + 1) });
    if (fate) throw this.die();
    return result;
  }

  private die(): Error {
    this.cutPower();
    return failure('EINTR');
  }

  private lookForCommits(): void {
    for (const [path] of this.tree.directories()) {
      for (const name of this.commitsIn(path)) {
        const database = `${path}/${name}`.slice(this.root.length + 1);
        this.log.push({ name: 'commit', path: database });
      }
    }
  }
}

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected`), { code });
}
