/** The commands by name, in the order of the help; each is loaded only when it is named. */
import type { CliCommand } from './command.js';

export interface TableEntry {
  readonly summary: string;
  readonly load: () => Promise<CliCommand>;
}

export const COMMANDS: Readonly<Record<string, TableEntry>> = {
  init: {
    summary: 'make a repository',
    load: async () => (await import('./commands/init.js')).initCommand,
  },
  backup: {
    summary: 'take a snapshot of files and directories',
    load: async () => (await import('./commands/backup.js')).backupCommand,
  },
  restore: {
    summary: 'write files and directories as they were at a time',
    load: async () => (await import('./commands/restore.js')).restoreCommand,
  },
};
