/** Operations on a repository that is opened for one call, as the command line does it. */
import * as backups from '../../src/repo/operations/backup/backup.js';
import * as streams from '../../src/repo/operations/backup/backup-stream.js';
import * as pruning from '../../src/repo/operations/prune/prune.js';
import * as cat from '../../src/repo/operations/queries/cat.js';
import * as diff from '../../src/repo/operations/queries/diff.js';
import * as live from '../../src/repo/operations/queries/diff-live.js';
import * as explain from '../../src/repo/operations/queries/explain/explain.js';
import * as find from '../../src/repo/operations/queries/find.js';
import * as content from '../../src/repo/operations/queries/find-content.js';
import * as log from '../../src/repo/operations/queries/log.js';
import * as ls from '../../src/repo/operations/queries/ls.js';
import * as snapshots from '../../src/repo/operations/queries/snapshots.js';
import * as status from '../../src/repo/operations/queries/status.js';
import * as stats from '../../src/repo/operations/queries/stats.js';
import * as repairing from '../../src/repo/operations/repair/repair.js';
import * as restoring from '../../src/repo/operations/restore/restore.js';
import * as verifying from '../../src/repo/operations/verify/verify.js';
import {
  openRepository,
  type OpenOptions,
  type Repository,
} from '../../src/repo/repository/repository.js';
import type { Platform } from '../../src/platform/platform.js';

function opening<Rest extends unknown[], Result>(
  access: OpenOptions['access'],
  operation: (repository: Repository, ...rest: Rest) => Promise<Result>,
): (path: string, platform: Platform, ...rest: Rest) => Promise<Result> {
  return async (path, platform, ...rest) => {
    const repository = openRepository(path, platform, { access });
    try {
      return await operation(repository, ...rest);
    } finally {
      repository.close();
    }
  };
}

export const backup = opening('write', backups.backup);
export const backupStream = opening('write', streams.backupStream);
export const prune = opening('write', pruning.prune);
export const repair = opening('write', repairing.repair);
export const restore = opening('read', restoring.restore);
export const verify = opening('read', verifying.verify);
export const catFile = opening('read', cat.catFile);
export const diffSnapshots = opening('read', diff.diffSnapshots);
export const diffLive = opening('read', live.diffLive);
export const explainPath = opening('read', explain.explainPath);
export const findPaths = opening('read', find.findPaths);
export const findContent = opening('read', content.findContent);
export const logPath = opening('read', log.logPath);
export const listEntries = opening('read', ls.listEntries);
export const listSnapshots = opening('read', snapshots.listSnapshots);
export const readStatus = opening('read', status.readStatus);
export const readStats = opening('read', stats.readStats);
