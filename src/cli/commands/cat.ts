/** `varve cat`: the bytes of one version to standard output. */
import { catFile, type CatOptions } from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { nameOrigin } from '../origin.js';
import { OutputClosed } from '../output.js';
import {
  addAtOption,
  addLastSeenOption,
  addSourceOption,
  sourceOption,
  timePoint,
  type AtFlag,
  type LastSeenFlag,
  type SourceFlag,
} from '../shared-options.js';
import { addTimeHelp } from '../time-help.js';

export const catCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Writes one file to standard output, checking every byte against its hash first. ' +
          'With --json, only a failure is reported as a document.',
      )
      .argument('<path>', 'absolute, or relative to the current directory or to the root');
    addAtOption(command);
    addLastSeenOption(command);
    addSourceOption(command);
    addExamples(command, [['varve cat ~/notes.txt --at 3D > notes.old', 'as it was 3 days ago']]);
    addTimeHelp(command);
  },

  async run(session, command) {
    const flags = command.opts<AtFlag & LastSeenFlag & SourceFlag>();
    const [path = ''] = command.args;
    const { output } = session;
    const options: CatOptions = {
      path,
      at: await timePoint(flags, session),
      isLastSeen: flags.lastSeen ?? false,
      ...sourceOption(flags),
      onFound: (answer) => nameOrigin(session, answer, answer.snapshot.number),
      write: async (bytes) => {
        await output.write(bytes);
        if (output.isClosed) throw new OutputClosed();
      },
    };
    await catFile(await session.openRepository('read'), options);
    return ExitCode.done;
  },
};
