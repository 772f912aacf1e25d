/**
 * `rdiff`'s actions on files, by path; a path that is absent is a standard stream. Every output is
 * complete and has its name when the promise resolves, and leaves nothing behind when it rejects.
 *
 * Each action loads only its own half of the library: a patch that takes milliseconds should not
 * wait for the hashes of a signature.
 */
import type { StepOptions } from './bytes-io.js';
import type { DeltaReport } from './delta.js';
import type { Explanation, ExplainDifferenceOptions } from './explain.js';
import { openInput, readSmallFile, type InputFile } from './files/input.js';
import { openOutput, type OutputFile } from './files/output.js';
import type { HashingSource } from './hashing.js';
import type { PatchReport } from './patch.js';
import {
  checkResult,
  formatSidecar,
  longerThanExpected,
  MAX_SIDECAR_BYTES,
  parseSidecar,
  type ExpectedResult,
} from './sidecar.js';
import type { SignatureReport } from './signature.js';
import { CodedError } from '../errors.js';
import { expectOptions, expectPath } from './format/expect.js';
import type { SignatureOptions } from './format/whole.js';

/** What every action may be told. */
export interface FileOptions extends StepOptions {
  /** Whether an output that exists may be replaced. */
  readonly force?: boolean;
  /** Threads for large files; 1 by default. */
  readonly jobs?: number;
}

export interface SignatureFiles extends FileOptions, SignatureOptions {
  readonly basis?: string | undefined;
  readonly signature?: string | undefined;
}

export interface DeltaFiles extends FileOptions {
  readonly signature?: string | undefined;
  readonly target?: string | undefined;
  readonly delta?: string | undefined;
  /** Where to write the size and hash of the target. */
  readonly sidecar?: string | undefined;
}

export interface DirectDeltaFiles extends FileOptions {
  readonly basis: string;
  readonly target?: string | undefined;
  readonly delta?: string | undefined;
  readonly sidecar?: string | undefined;
}

/** A delta report, and the signature that it rests on. */
export interface DeltaFilesReport extends DeltaReport {
  readonly signature: {
    readonly blocks: number;
    readonly blockLength: number;
    readonly bytes: number;
  };
}

export interface PatchFiles extends FileOptions {
  readonly basis?: string | undefined;
  readonly delta?: string | undefined;
  readonly target?: string | undefined;
  /** Where the size and hash of the result stand. */
  readonly sidecar?: string | undefined;
  readonly maxOutput?: number | undefined;
}

/** Opens inputs one by one, and closes all that were opened whatever happens. */
async function withInputs<T>(
  paths: readonly (string | undefined)[],
  { signal }: StepOptions,
  work: (inputs: readonly InputFile[]) => Promise<T>,
): Promise<T> {
  const inputs: InputFile[] = [];
  try {
    for (const path of paths) inputs.push(await openInput(path, signal));
    return await work(inputs);
  } finally {
    for (const input of inputs) input.close();
  }
}

/** Commits the output when `work` succeeds, else removes it. */
async function withOutput<T>(output: OutputFile, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    output.commit();
    return result;
  } finally {
    output.abort();
  }
}

/** Writes the signature of a file. @throws CodedError RDIFF_IO, RDIFF_PARAMETER */
export async function signatureFiles(files: SignatureFiles): Promise<SignatureReport> {
  expectOptions(files);
  const { writeSignature } = await import('./signature.js');
  return withInputs([files.basis], files, async (inputs) => {
    const [basis] = inputs as [InputFile];
    const output = openOutput(files.signature, { force: files.force ?? false, inputs });
    return withOutput(output, () => writeSignature(basis, output, files));
  });
}

/**
 * Writes the delta from the basis behind a signature to a file.
 * @throws CodedError RDIFF_IO, RDIFF_INPUT_ENDED, RDIFF_BAD_MAGIC, RDIFF_CORRUPT, RDIFF_PARAMETER
 */
export async function deltaFiles(files: DeltaFiles): Promise<DeltaFilesReport> {
  expectOptions(files);
  const { loadSignature, writeDelta } = await import('./delta.js');
  return withInputs([files.signature, files.target], files, async (inputs) => {
    const [signatureFile, target] = inputs as [InputFile, InputFile];
    const signature = await loadSignature(signatureFile, files);
    const { blockLength, blockCount: blocks, strongLength } = signature;
    const bytes = 12 + blocks * (4 + strongLength);
    const force = files.force ?? false;
    const report = await writeWithSidecar(files, target, { force, inputs }, (source, output) =>
      writeDelta(signature, source, output, files),
    );
    return { ...report, signature: { blocks, blockLength, bytes } };
  });
}

/** Writes the delta from one file to another, both at hand. @throws CodedError RDIFF_IO */
export async function directDeltaFiles(files: DirectDeltaFiles): Promise<DeltaReport> {
  expectOptions(files);
  expectPath('The option basis', files.basis);
  const { writeDirectDelta } = await import('./direct.js');
  return withInputs([files.basis, files.target], files, (inputs) => {
    const [basis, target] = inputs as [InputFile, InputFile];
    const options = { force: files.force ?? false, inputs };
    return writeWithSidecar(files, target, options, (source, output) =>
      writeDirectDelta(basis, source, output, files),
    );
  });
}

/** Writes a delta, and the sidecar with it if asked for. */
async function writeWithSidecar<T>(
  files: { readonly delta?: string | undefined; readonly sidecar?: string | undefined },
  target: InputFile,
  options: { readonly force: boolean; readonly inputs: readonly InputFile[] },
  write: (source: InputFile | HashingSource, output: OutputFile) => Promise<T>,
): Promise<T> {
  const output = openOutput(files.delta, options);
  if (files.sidecar === undefined) return withOutput(output, () => write(target, output));
  const { sidecar: path } = files;
  return withOutput(output, () => {
    const sidecar = openOutput(path, options);
    return withOutput(sidecar, async () => {
      const { HashingSource } = await import('./hashing.js');
      const source = new HashingSource(target);
      const report = await write(source, output);
      sidecar.write(Buffer.from(formatSidecar(source.result())));
      return report;
    });
  });
}

/**
 * Applies a delta.
 * @throws CodedError RDIFF_IO, RDIFF_BAD_MAGIC, RDIFF_CORRUPT, RDIFF_INPUT_ENDED, RDIFF_OUTPUT_LIMIT,
 * RDIFF_HASH_MISMATCH
 */
export async function patchFiles(files: PatchFiles): Promise<PatchReport> {
  expectOptions(files);
  return withInputs([files.basis, files.delta], files, async (inputs) => {
    const [basis, delta] = inputs as [InputFile, InputFile];
    if (!basis.isSeekable) {
      throw new CodedError('RDIFF_IO', `The basis, ${basis.name}, does not support random access`, {
        hint: 'Give the basis as a file, not as a pipe.',
      });
    }
    const expected =
      files.sidecar === undefined ? undefined : await readSidecar(files.sidecar, files);
    const output = openOutput(files.target, { force: files.force ?? false, inputs });
    return withOutput(output, () => patchInto(output, [basis, delta], files, expected));
  });
}

async function patchInto(
  output: OutputFile,
  [basis, delta]: readonly [InputFile, InputFile],
  files: PatchFiles,
  expected: ExpectedResult | undefined,
): Promise<PatchReport> {
  const { writePatched } = await import('./patch.js');
  const maxOutput = Math.min(files.maxOutput ?? Infinity, expected?.size ?? Infinity);
  const options = { ...files, maxOutput };
  if (expected === undefined) return writePatched(basis, delta, output, options);
  const { HashingSink } = await import('./hashing.js');
  const sink = new HashingSink(output);
  const isShorter = expected.size < (files.maxOutput ?? Infinity);
  const report = await writePatched(basis, delta, sink, options).catch((error: unknown) => {
    throw isShorter && isOutputLimit(error) ? longerThanExpected(expected) : error;
  });
  checkResult(expected, sink.result());
  return report;
}

const isOutputLimit = (error: unknown): boolean =>
  error instanceof CodedError && error.code === 'RDIFF_OUTPUT_LIMIT';

async function readSidecar(path: string, { signal }: StepOptions): Promise<ExpectedResult> {
  return parseSidecar((await readSmallFile(path, MAX_SIDECAR_BYTES, signal)) ?? '');
}

/** Compares two files as {@link deltaFiles} would, and tells what it found. @throws CodedError RDIFF_IO, RDIFF_PARAMETER */
export async function explainFiles(
  files: ExplainDifferenceOptions & {
    readonly old: string | undefined;
    readonly new: string | undefined;
  },
): Promise<Explanation> {
  expectOptions(files);
  const { explainDifference } = await import('./explain.js');
  return withInputs([files.old, files.new], files, (inputs) => {
    const [oldFile, newFile] = inputs as [InputFile, InputFile];
    return explainDifference(oldFile, newFile, files);
  });
}
