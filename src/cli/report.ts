/** Reports a failure: on standard error for people, as the one JSON document for programs. */
import { escapeUnsafe } from '../store.js';
import { describeFailure, type Failure } from './failure.js';
import type { ExitCode } from './exit-code.js';
import { terminalColumns } from './output.js';
import type { Surroundings } from './surroundings.js';
import { paletteFor, type Palette } from './render/colour.js';
import { errorDocument } from './render/json.js';
import { formatMessage } from './render/message.js';
import { escapeLines } from './render/names.js';

export interface FailureContext extends Pick<Surroundings, 'output' | 'stderr' | 'env'> {
  readonly args: readonly string[];
}

/** Gives back the exit code to end with. */
export async function reportFailure(error: unknown, context: FailureContext): Promise<ExitCode> {
  const { args, output, stderr, env } = context;
  const failure = describeFailure(error);
  const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  if (options.includes('--json') && failure.code !== 'OUTPUT_FAILED' && !output.hasDocument) {
    try {
      await output.json(errorDocument(failure));
      if (failure.stack === undefined) return failure.exitCode;
    } catch {
      // Standard output takes nothing; people's text is the last way to say it.
    }
  }
  const isDetailed = countVerbose(options) > 1;
  const shown = { palette: paletteFor(stderr, env), columns: terminalColumns(stderr) };
  stderr.write(describe(failure, isDetailed ? error : undefined, shown));
  return failure.exitCode;
}

/** From the arguments as they are: what failed may be their parsing. */
function countVerbose(options: readonly string[]): number {
  const short = options.filter((option) => /^-[a-zA-Z]+$/.test(option)).join('');
  return short.split('v').length - 1 + options.filter((option) => option === '--verbose').length;
}

interface Shown {
  readonly palette: Palette;
  readonly columns: number | undefined;
}

function describe(failure: Failure, error: unknown, shown: Shown): string {
  const { message, hint, stack } = failure;
  const trace = stack ?? (error instanceof Error ? error.stack : undefined);
  const above = trace === undefined ? '' : `${escapeLines(trace)}\n`;
  const below = hint === undefined ? [] : [hint];
  return above + formatMessage(escapeUnsafe(message), below, shown.palette, shown.columns);
}
