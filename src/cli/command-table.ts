/** The commands by name, in the order of the help; each is loaded only when it is named. */
import type { CliCommand } from './command.js';

export interface TableEntry {
  readonly summary: string;
  readonly load: () => Promise<CliCommand>;
}

export const COMMANDS: Readonly<Record<string, TableEntry>> = {
  init: {
    summary: 'create a repository',
    load: async () => (await import('./commands/init.js')).initCommand,
  },
  backup: {
    summary: 'take a snapshot of files and directories',
    load: async () => (await import('./commands/backup.js')).backupCommand,
  },
  snapshots: {
    summary: 'list the snapshots of each source',
    load: async () => (await import('./commands/snapshots.js')).snapshotsCommand,
  },
  status: {
    summary: 'say whether backups are recent and sound, for people and monitors',
    load: async () => (await import('./commands/status.js')).statusCommand,
  },
  ls: {
    summary: 'list what a directory contained at a point in time',
    load: async () => (await import('./commands/ls.js')).lsCommand,
  },
  log: {
    summary: 'list every version of one path',
    load: async () => (await import('./commands/log.js')).logCommand,
  },
  find: {
    summary: 'find paths in the whole history, by name or by content',
    load: async () => (await import('./commands/find.js')).findCommand,
  },
  diff: {
    summary: 'show what changed between two points in time, or since one',
    load: async () => (await import('./commands/diff.js')).diffCommand,
  },
  explain: {
    summary: 'say why a backup includes or leaves out a path, and whether it reads it',
    load: async () => (await import('./commands/explain.js')).explainCommand,
  },
  cat: {
    summary: 'write one version of a file to standard output',
    load: async () => (await import('./commands/cat.js')).catCommand,
  },
  restore: {
    summary: 'restore files and directories as they were at a point in time',
    load: async () => (await import('./commands/restore.js')).restoreCommand,
  },
  verify: {
    summary: 'check the repository',
    load: async () => (await import('./commands/verify.js')).verifyCommand,
  },
  prune: {
    summary: 'remove snapshots by a policy and free their space',
    load: async () => (await import('./commands/prune.js')).pruneCommand,
  },
  stats: {
    summary: 'show what takes up the space',
    load: async () => (await import('./commands/stats.js')).statsCommand,
  },
  repair: {
    summary: 'set damage aside, or rebuild the index',
    load: async () => (await import('./commands/repair.js')).repairCommand,
  },
  copy: {
    summary: 'copy one file from or to a server, sending only what differs',
    load: async () => (await import('./commands/copy.js')).copyCommand,
  },
  serve: {
    summary: 'serve the files of a directory to `varve copy`',
    load: async () => (await import('./commands/serve.js')).serveCommand,
  },
};
