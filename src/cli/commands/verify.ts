/** `varve verify`: checks the repository. */
import { CodedError, verify, type VerifyResult, type VerifyOptions } from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { parseSample } from '../parse/sample.js';
import { formatBytes } from '../render/bytes.js';
import { count } from '../../platform/count.js';
import { describeDamage, jsonDamage } from '../render/damage.js';
import { formatElapsed } from '../render/times.js';
import { optionValue, type Session } from '../session.js';
import { addJobsOption, jobsOption, type JobsFlag } from '../shared-options.js';

interface VerifyFlags extends JobsFlag {
  readonly quick?: boolean;
  readonly sample?: string;
}

export const verifyCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Checks the repository: its structure, then every byte of every version, each ' +
          'rebuilt and compared with its hash. Exits with 4 if it finds damage.',
      )
      .option('--quick', 'check only the structure, without reading any contents')
      .option(
        '--sample <amount>',
        'check only part of the contents: a share (5%), a size (2G) or a time (10m); ' +
          'what was checked longest ago comes first (default: everything)',
      );
    addJobsOption(command);
    addExamples(command, [
      ['varve verify', 'every byte of every version'],
      ['varve verify --sample 10m', 'as much as fits into ten minutes'],
    ]);
  },

  async run(session, command) {
    const flags = command.opts<VerifyFlags>();
    if (flags.quick && flags.sample !== undefined) throw contradiction();
    const sample = optionValue('--sample', parseSample, flags.sample);
    const { progress } = session;
    const options: VerifyOptions = {
      isQuick: flags.quick ?? false,
      ...(sample && { sample }),
      ...jobsOption(flags),
      signal: session.takeSignal(),
      onStart: (expected) => progress.start({ label: 'verify', unit: 'blob', expected }),
      onProgress: (done) => progress.update(done),
    };
    const result = await verify(await session.openRepository('read'), options);
    progress.finish();
    const exitCode = result.ok ? ExitCode.done : ExitCode.damage;
    session.settle(result.ok ? 'No damage was found' : 'Damage was found', exitCode);
    if (session.isJson) await session.output.json(toJson(result));
    else await showResult(result, session);
    return exitCode;
  },
};

async function showResult(result: VerifyResult, session: Session): Promise<void> {
  const { ok, snapshots, versions, blobs, bytes, durationMs, damage } = result;
  for (const line of describeDamage(damage, session.isVerbose)) session.problem(line);
  if (!ok) {
    session.problem(
      'Damage found. `varve repair` sets aside what is lost; see `varve help repair`.',
    );
  }
  if (session.isQuiet) return;
  await session.output.prose(
    `${ok ? 'No damage' : `Damage: ${count(damage.length, 'finding')}`} in ${count(snapshots, 'snapshot')}, ` +
      `${count(versions, 'version')}: ${count(blobs, 'blob')}, ${formatBytes(bytes)} checked in ${formatElapsed(durationMs)}\n`,
  );
}

function toJson(result: VerifyResult): object {
  return {
    ok: result.ok,
    snapshots: result.snapshots,
    versions: result.versions,
    blobs: result.blobs,
    bytes: result.bytes,
    duration_ms: result.durationMs,
    damage: jsonDamage(result.damage),
  };
}

function contradiction(): CodedError {
  return new CodedError(
    'USAGE',
    '--quick reads no contents, so it cannot be combined with --sample.',
    {
      hint: 'Omit one of them.',
    },
  );
}
