/** Each action: one call of the library, and its report. */
import { availableParallelism } from 'node:os';
import { count } from '../../platform/count.js';
import { hasColour } from '../render/colour.js';
import { usesStdout, type RdiffAction, type RdiffOptions } from './arguments.js';
import { snakeCase, statisticsJson, statisticsText, type RdiffReport } from './statistics.js';
import {
  CodedError,
  deltaFiles,
  directDeltaFiles,
  explainFiles,
  patchFiles,
  sidecarPath,
  signatureFiles,
} from '../../rdiff/index.js';
import { monotonicMs } from '../../platform/clock.js';

type Paths = RdiffAction['paths'];

/** More threads than this wait for memory, not for a processor. */
const MAX_JOBS = 8;
/** Lines of an explanation for blocks, and for parts. */
const DEFAULT_LINES = 40;

/** @param signal aborts between two pieces of work. */
export async function runAction(command: RdiffAction, signal: AbortSignal): Promise<void> {
  const { action, paths, options } = command;
  if (action === 'explain') return explain(paths, options, signal);
  const start = monotonicMs();
  const work = { signature, delta, patch }[action](paths, options, signal);
  const report = { ...(await work), seconds: Math.max(1, monotonicMs() - start) / 1000 };
  tell(report, options, usesStdout(command));
}

type Unfinished<T> = T extends unknown ? Omit<T, 'seconds'> : never;
type ActionReport = Unfinished<RdiffReport>;

const common = ({ force = false, jobs = 0 }: RdiffOptions, signal: AbortSignal) => ({
  force,
  jobs: jobs === 0 ? Math.min(MAX_JOBS, availableParallelism()) : jobs,
  signal,
});

const sums = ({ hash, rollsum, blockLength = 0, strongLength = 0 }: RdiffOptions) => ({
  ...(hash === undefined ? {} : { strong: hash }),
  ...(rollsum === undefined ? {} : { weak: rollsum }),
  blockLength,
  strongLength,
});

async function signature(
  [basis, signatureFile]: Paths,
  options: RdiffOptions,
  signal: AbortSignal,
): Promise<ActionReport> {
  const files = { basis, signature: signatureFile, ...sums(options), ...common(options, signal) };
  const report = await signatureFiles(files);
  const { strongLength, safeStrongLength } = report;
  if (strongLength < safeStrongLength) {
    process.stderr.write(
      `rdiff: Warning: strong sums of ${count(strongLength, 'byte')} are shorter than the ${safeStrongLength} recommended for this file\n`,
    );
  }
  return { action: 'signature', ...report };
}

async function delta(
  paths: Paths,
  options: RdiffOptions,
  signal: AbortSignal,
): Promise<ActionReport> {
  const { basis } = options;
  const [target, deltaFile] = basis === undefined ? paths.slice(1) : paths;
  const files = { target, delta: deltaFile, sidecar: sidecarFor(options, deltaFile) };
  const all = { ...files, ...common(options, signal) };
  const report =
    basis === undefined
      ? await deltaFiles({ signature: paths[0], ...all })
      : await directDeltaFiles({ basis, ...all });
  return { action: 'delta', ...report };
}

async function patch(
  [basis, deltaFile, target]: Paths,
  options: RdiffOptions,
  signal: AbortSignal,
): Promise<ActionReport> {
  const sidecar = sidecarFor(options, deltaFile);
  const { maxOutput } = options;
  const files = { basis, delta: deltaFile, target, sidecar, maxOutput };
  const report = await patchFiles({ ...files, ...common(options, signal) });
  if (report.trailingBytes > 0) {
    process.stderr.write(
      `rdiff: Warning: ${count(report.trailingBytes, 'byte')} behind the end of the delta ${report.trailingBytes === 1 ? 'was' : 'were'} ignored\n`,
    );
  }
  return { action: 'patch', ...report };
}

function sidecarFor(
  { verifyHash }: RdiffOptions,
  deltaFile: string | undefined,
): string | undefined {
  if (verifyHash !== true) return verifyHash;
  if (deltaFile !== undefined) return sidecarPath(deltaFile);
  throw new CodedError('RDIFF_SYNTAX', 'The delta is a standard stream: where is its hash?', {
    hint: 'Name the file: --verify-hash=FILE.',
  });
}

async function explain(
  [old, newFile]: Paths,
  options: RdiffOptions,
  signal: AbortSignal,
): Promise<void> {
  const { limit: given = DEFAULT_LINES, json } = options;
  const limit = given === 0 ? Infinity : given;
  const files = { old, new: newFile, ...sums(options), maxBlockSums: limit, signal };
  const explanation = await explainFiles(files);
  const { explanationText } = await import('./explanation.js');
  const colour = hasColour(process.stdout, process.env);
  process.stdout.write(
    json === true
      ? `${JSON.stringify(snakeCase(explanation))}\n`
      : explanationText(explanation, { colour, limit }),
  );
}

function tell(report: RdiffReport, options: RdiffOptions, stdoutTaken: boolean): void {
  if (options.json === true) {
    (stdoutTaken ? process.stderr : process.stdout).write(statisticsJson(report));
  } else if (options.statistics === true || options.verbose === true) {
    process.stderr.write(statisticsText(report));
  }
}
