/** Standard output: waits for a slow reader, stops for one that has gone, fails for a full disk. */
import { jsonChunks } from './render/json.js';
import { wrapLines } from './render/help.js';

/** The reader of standard output has gone: ends an operation that only writes there. */
export class OutputClosed extends Error {}

/** Standard output cannot be written. Plain, so that `varve --version` need not load the library. */
export class OutputFailed extends Error {
  readonly code = 'OUTPUT_FAILED';
  readonly hint = 'Free space where standard output goes, or redirect it elsewhere.';

  constructor(cause: Error) {
    super(`Standard output cannot be written: ${cause.message}.`, { cause });
  }
}

/** What was asked for is done; only its report cannot be written. */
export class NotReported extends OutputFailed {
  /** What the command would have ended with. */
  readonly exitCode: number;

  constructor({ what, exitCode }: Settled, failed: OutputFailed) {
    super(failed.cause as Error);
    this.message = `${what}, but standard output cannot be written: ${(failed.cause as Error).message}.`;
    this.exitCode = exitCode;
  }
}

/** What a command has done, and what it ends with, whatever becomes of its report. */
export interface Settled {
  /** Begins a sentence: `Snapshot 3 was taken`. */
  readonly what: string;
  readonly exitCode: number;
}

export interface Output {
  readonly stream: NodeJS.WriteStream;
  /** Of a terminal; undefined where text may be as wide as it is. */
  readonly columns: number | undefined;
  /** The reader has gone: further writes do nothing. */
  readonly isClosed: boolean;
  /** The one document was begun. */
  readonly hasDocument: boolean;
  /** Resolves when the system has taken the chunk, which may then change. @throws OutputFailed */
  write(chunk: string | Uint8Array): Promise<void>;
  /** Running text, which a terminal gets in lines that it is wide enough for. @throws OutputFailed */
  prose(text: string): Promise<void>;
  /** Writes pieces one by one, and stops asking for them when the reader has gone. */
  writeAll(chunks: Iterable<string>): Promise<void>;
  /** The one document of a run with `--json`. */
  json(document: object): Promise<void>;
}

/** How wide a terminal is; undefined where a line may be of any length, or a terminal does not know. */
export function terminalColumns(stream: NodeJS.WriteStream): number | undefined {
  return stream.isTTY && stream.columns > 0 ? stream.columns : undefined;
}

export function createOutput(stream: NodeJS.WriteStream): Output {
  let isClosed = false;
  let hasDocument = false;
  stream.on('error', () => undefined);

  const write = async (chunk: string | Uint8Array): Promise<void> => {
    if (isClosed) return;
    const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
      stream.write(chunk, resolve);
    });
    if (!error) return;
    isClosed = true;
    if (error.code !== 'EPIPE') throw new OutputFailed(error);
  };
  const writeAll = async (chunks: Iterable<string>): Promise<void> => {
    for (const chunk of chunks) {
      await write(chunk);
      if (isClosed) return;
    }
  };
  return {
    stream,
    get columns() {
      return terminalColumns(stream);
    },
    get isClosed() {
      return isClosed;
    },
    get hasDocument() {
      return hasDocument;
    },
    write,
    prose: (text) => write(wrapLines(text, terminalColumns(stream))),
    writeAll,
    async json(document) {
      if (hasDocument) throw new Error('a command gave two JSON documents');
      hasDocument = true;
      await writeAll(jsonChunks(document));
    },
  };
}
