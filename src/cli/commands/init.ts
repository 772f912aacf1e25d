/** `varve init`: makes a repository. */
import { initRepository } from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';

export const initCommand: CliCommand = {
  define(command) {
    command.description(
      'Makes a repository in a new or empty directory. Its path comes from --repo or from ' +
        '$VARVE_REPOSITORY; without either, it is the default repository, which the first ' +
        'backup makes by itself.',
    );
    addExamples(command, [['varve --repo /mnt/disk/backups init', 'a repository on another disk']]);
  },

  async run(session) {
    const { path } = session.repository;
    const { id } = await initRepository(path, session.platform);
    if (session.isJson) await session.output.json({ repository: path, id: id.toString('hex') });
    else if (!session.isQuiet) await session.output.write(`Made a repository at ${path}.\n`);
    return ExitCode.done;
  },
};
