/**
 * Where results go. Output to a file gets its name only when all is written: a run that fails, or is
 * killed, leaves what stood there as it was.
 */
import {
  closeDescriptor,
  openToWrite,
  STANDARD_OUTPUT,
  statDescriptor,
  statPath,
  type PlainStat,
} from '../../platform/plain-files.js';
import type { Replacement } from '../../platform/replace-file.js';
import { attempt, writeAll } from './descriptor.js';
import { draftNew, draftReplacement, forWrite } from './draft.js';
import { isSameFile } from './identity.js';
import type { InputFile } from './input.js';
import type { ByteSink } from '../bytes-io.js';
import { CodedError } from '../../errors.js';

/** Smaller pieces are gathered, larger ones written as they are. */
const OUTPUT_BUFFER_BYTES = 64 * 1024;

/** Where a result goes. */
export interface OutputOptions {
  /** Whether a file that exists may be replaced. */
  readonly force: boolean;
  /** What the result is made from: never to be overwritten. */
  readonly inputs: readonly InputFile[];
}

/** An output under construction: {@link commit} or {@link abort} must be called. */
export class OutputFile implements ByteSink {
  /** Bytes written so far. */
  bytes = 0;
  private readonly name: string;
  private readonly handle: number;
  private draft: Replacement | undefined;
  /** Whether there is something else open for this output alone, such as a device. */
  private isSpecialOpen: boolean;
  private readonly buffer = Buffer.allocUnsafe(OUTPUT_BUFFER_BYTES);
  private buffered = 0;

  constructor(name: string, handle: number, draft?: Replacement) {
    this.name = name;
    this.handle = handle;
    this.draft = draft;
    this.isSpecialOpen = draft === undefined && handle !== STANDARD_OUTPUT;
  }

  write(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    if (bytes.length > OUTPUT_BUFFER_BYTES - this.buffered) this.flush();
    if (bytes.length >= OUTPUT_BUFFER_BYTES) {
      writeAll(this.name, this.handle, bytes);
    } else {
      this.buffer.set(bytes, this.buffered);
      this.buffered += bytes.length;
    }
  }

  /** Writes what is left and gives the file its name. @throws CodedError RDIFF_IO; then {@link abort} */
  commit(): void {
    const { draft } = this;
    this.flush();
    attempt(`error writing "${this.name}"`, () => {
      if (draft) draft.finish();
      else this.closeSpecial();
    });
    if (draft) attempt(`Error writing "${this.name}"`, () => draft.publish());
    this.draft = undefined;
  }

  /** Removes what is not committed, and leaves nothing open. */
  abort(): void {
    this.draft?.discard();
    this.draft = undefined;
    this.closeSpecial();
  }

  private closeSpecial(): void {
    if (!this.isSpecialOpen) return;
    this.isSpecialOpen = false;
    closeDescriptor(this.handle);
  }

  private flush(): void {
    writeAll(this.name, this.handle, this.buffer.subarray(0, this.buffered));
    this.buffered = 0;
  }
}

function refuseInputs(name: string, stat: PlainStat, inputs: readonly InputFile[]): void {
  if (stat.type !== 'file') return;
  const input = inputs.find(({ identity }) => isSameFile(identity, stat));
  if (input === undefined) return;
  throw new CodedError('RDIFF_IO', `"${name}" is the same file as the input "${input.name}"`, {
    hint: 'Write to another file, then rename it.',
  });
}

/**
 * Opens a file for writing; without a path, standard output.
 * @throws CodedError RDIFF_IO when it exists and may not be replaced, or is one of the inputs
 */
export function openOutput(path: string | undefined, options: OutputOptions): OutputFile {
  if (path === undefined) {
    const what = 'Error opening standard output';
    const stat = attempt(what, () => statDescriptor(STANDARD_OUTPUT));
    refuseInputs('standard output', stat, options.inputs);
    return new OutputFile('standard output', STANDARD_OUTPUT);
  }
  const stat = attempt(forWrite(path), () => statPath(path));
  if (stat === undefined) return draftedFile(path, draftNew(path));
  refuseInputs(path, stat, options.inputs);
  if (!options.force) {
    throw new CodedError('RDIFF_IO', `File exists "${path}", aborting!`, {
      hint: 'Use -f to replace it.',
    });
  }
  return stat.type === 'file' ? draftedFile(path, draftReplacement(path, stat)) : openSpecial(path);
}

const draftedFile = (path: string, draft: Replacement): OutputFile =>
  new OutputFile(path, draft.descriptor, draft);

/** A device, a named pipe: nothing to replace. */
function openSpecial(path: string): OutputFile {
  return new OutputFile(
    path,
    attempt(forWrite(path), () => openToWrite(path)),
  );
}
