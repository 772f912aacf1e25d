/** `varve init`: creates a repository. */
import { initRepository } from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';

interface InitFlags {
  readonly makeParents?: boolean;
}

export const initCommand: CliCommand = {
  define(command) {
    command.description(
      'Creates a repository in a new or empty directory, given by --repo or ' +
        '$VARVE_REPOSITORY. Without either, it is the default repository, which the first ' +
        'backup creates by itself.',
    );
    command.option('--make-parents', 'also create the directories above it that are missing');
    addExamples(command, [['varve --repo /mnt/disk/backups init', 'a repository on another disk']]);
  },

  async run(session, command) {
    const { path, isDefault } = session.repository;
    const { makeParents = false } = command.opts<InitFlags>();
    const makesParents = makeParents || isDefault;
    const { id } = await initRepository(path, session.platform, { makesParents });
    if (session.isJson) await session.output.json({ repository: path, id: id.toString('hex') });
    else if (!session.isQuiet) await session.output.write(`Created a repository at ${path}.\n`);
    return ExitCode.done;
  },
};
