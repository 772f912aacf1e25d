/** `varve init`: creates a repository. */
import { bytesFromText, initRepository } from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { formatNameText, jsonPath } from '../render/names.js';

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
    const { output } = session;
    const shown = formatNameText(path);
    session.settle(`The repository ${shown} was created`, ExitCode.done);
    if (session.isJson) {
      await output.json({ ...jsonRepository(path), id: id.toString('hex') });
    } else if (!session.isQuiet) {
      await output.prose(`Created a repository at ${shown}.\n`);
    }
    return ExitCode.done;
  },
};

/** `repository_base64` where the path is not UTF-8. */
function jsonRepository(text: string): object {
  const { path, path_base64: base64 } = jsonPath(bytesFromText(text));
  return { repository: path, ...(base64 !== undefined && { repository_base64: base64 }) };
}
