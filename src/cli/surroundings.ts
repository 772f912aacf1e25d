/** What surrounds a run of the command line: its streams, environment and signals. */
import type { Interrupts } from './interrupts.js';
import type { Output } from './output.js';

/** The process as the command line sees it. */
export interface Surroundings {
  readonly output: Output;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly interrupts: Interrupts;
}
