/** Counts the files of a source that nobody knows yet, so that a first backup can say how far it is. */
import type { FileStat } from '../../platform/at-calls.js';
import type { ByteString } from '../../platform/bytes.js';
import type { FileSystem } from '../../platform/files.js';
import { join } from '../../platform/paths.js';
import { systemErrorCode } from '../../platform/platform.js';
import { yieldToOthers } from '../../platform/thread-priority.js';
import { createFilter } from '../tree/filter.js';
import { directoryKey } from '../tree/own.js';
import { belowOf, LiveTree, type LiveDirectory, type LiveEntry } from '../tree/live-tree.js';
import type { CountTreeJob, TreeCount } from './jobs.js';

/** What cannot be read counts as nothing. */
export function countTree(files: FileSystem, job: CountTreeJob): TreeCount {
  yieldToOthers();
  const own = new Set(job.own);
  const isOwn = (stat: FileStat): boolean =>
    stat.type === 'directory' && own.has(directoryKey(stat));
  const tree = new LiveTree(files, createFilter(job.filter, files, []), {
    keys: own,
    has: isOwn,
    // A root within the repository was refused.
    holds: () => false,
  });
  const counter = new Counter(tree);
  for (const root of job.roots) counter.root(root);
  return { files: counter.files, bytes: counter.bytes };
}

class Counter {
  files = 0;
  bytes = 0;
  private readonly tree: LiveTree;

  constructor(tree: LiveTree) {
    this.tree = tree;
  }

  root(path: ByteString): void {
    this.unlessRefused(() => {
      const root = this.tree.openRoot(path);
      const { above, name } = root;
      try {
        const stat = this.tree.stat(above, name);
        if (stat) this.count(above, { name, path }, stat);
      } finally {
        root.close();
      }
    });
  }

  private count(parent: LiveDirectory, entry: LiveEntry, stat: FileStat): void {
    if (stat.type === 'file') {
      this.files += 1;
      this.bytes += stat.sizeBytes;
    } else if (stat.type === 'directory') {
      this.unlessRefused(() => this.directory(parent, entry, stat));
    }
  }

  private directory(parent: LiveDirectory, entry: LiveEntry, stat: FileStat): void {
    const { tree } = this;
    try {
      const listed = tree.enter(parent, entry, stat);
      for (const name of listed.names) {
        const found = { name, path: join(listed.path, name) };
        const sight = tree.look(listed, found);
        if (sight.type === 'taken-in') this.count(listed, found, sight.stat);
      }
    } finally {
      tree.leave({ handles: parent.handles, below: belowOf(parent, entry.name) });
    }
  }

  private unlessRefused(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
    }
  }
}
