/** `varve init`: creates a repository. */
import { initRepository } from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';

export const initCommand: CliCommand = {
  define(command) {
    command.description(
      'Creates a repository in a new or empty directory, given by --repo or ' +
        '$VARVE_REPOSITORY. Without either, it is the default repository, which the first ' +
        'backup creates by itself.',
    );
    addExamples(command, [['varve --repo /mnt/disk/backups init', 'a repository on another disk']]);
  },

  async run(session) {
    const { path } = session.repository;
    const { id } = await initRepository(path, session.platform);
    session.settle(`The repository ${path} was created`, ExitCode.done);
    if (session.isJson) await session.output.json({ repository: path, id: id.toString('hex') });
    else if (!session.isQuiet) await session.output.write(`Created a repository at ${path}.\n`);
    return ExitCode.done;
  },
};
