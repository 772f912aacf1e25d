/** What `-v` lists: one line for each path that a command changes, or would change. */
import type { OnPath, PathMark } from '../store.js';
import { formatName } from './render/names.js';
import type { Session } from './session.js';

/** The words of every command. */
type Mark = PathMark | 'unchanged';

export interface Listing {
  /** Undefined when nobody asked for it. */
  readonly onPath: OnPath | undefined;
  /** Lines go to the terminal, where a line of progress would be torn apart. */
  readonly isOnTerminal: boolean;
  /** Writes what is left. @throws OutputFailed */
  finish(): Promise<void>;
}

/** Characters that are gathered before they are written. */
const CHUNK_CHARACTERS = 16_384;

/** On standard output, before the summary; not with `--json`, whose document counts alone. */
export function openListing({ output, palette, isVerbose, isJson }: Session): Listing {
  let pending = '';
  let written: Promise<unknown> = Promise.resolve();
  const flush = (): void => {
    const chunk = pending;
    pending = '';
    // Told at the end: what is listed is done all the same.
    written = Promise.all([written, output.write(chunk)]);
    written.catch(() => undefined);
  };
  const isShown = isVerbose && !isJson;
  const onPath: OnPath = (path, mark) => {
    const name = formatName(path);
    pending += `${describeMark(mark, name, palette)}\n`;
    if (pending.length >= CHUNK_CHARACTERS) flush();
  };
  return {
    onPath: isShown ? onPath : undefined,
    isOnTerminal: isShown && output.stream.isTTY,
    async finish() {
      if (pending !== '') flush();
      await written;
    },
  };
}

/** `new       /path`, coloured as in a diff. */
export function describeMark(mark: Mark, name: string, palette: Session['palette']): string {
  const line = `${mark.padEnd('unchanged'.length)}  ${name}`;
  if (mark === 'new') return palette.green(line);
  return mark === 'removed' ? palette.red(line) : line;
}
