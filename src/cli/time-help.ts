/** The forms of TIME at the end of a command's help. */
import type { Command } from 'commander';
import { TIME_HELP } from './parse/time.js';

export function addTimeHelp(command: Command): void {
  command.addHelpText('after', `\n${TIME_HELP}`);
}
