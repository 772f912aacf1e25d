/** `varve copy`: copies one file by sending only what differs. */
import {
  CodedError,
  copyFile,
  type Compression,
  type CopyOptions,
  type CopyResult,
} from '../../store.js';
import { hashListDirectory } from '../cache-directory.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { describeMark } from '../listing.js';
import { parseEndpoint } from '../parse/endpoint.js';
import { parseSize } from '../parse/size.js';
import { wholeNumber } from '../parse/whole-number.js';
import { formatBytes } from '../render/bytes.js';
import { formatElapsed } from '../render/times.js';
import { optionValue, type Session } from '../session.js';
import { readToken } from '../token.js';

const MAX_CONCURRENCY = 64;
/** The most steps of a benchmark. */
const MAX_STEPS = 100;

interface CopyFlags {
  readonly blockSize?: string;
  readonly hashMethod?: string;
  readonly wholeFile?: boolean;
  readonly concurrency?: string;
  readonly dryRun?: boolean;
  readonly benchmark?: string;
  readonly inplace?: boolean;
  readonly preserve?: boolean;
  readonly compress?: string;
  readonly bwlimit?: string;
  readonly tokenFile?: string;
  readonly cache: boolean;
}

export const copyCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Copies one regular file by sending only what differs: both sides hash it at the ' +
          'same time, the missing parts are sent, and the hash of the whole file is checked ' +
          'before the new file replaces the old one. An interrupted copy resumes where it ' +
          'stopped.',
      )
      .argument('<source>', 'a path, or http[s]://host[:8080]/path of a server')
      .argument('<target>', 'likewise; at least one of the two must be a path')
      .option(
        '-b, --block-size <size>',
        'size of the blocks to compare (default: depends on the file size)',
      )
      .option(
        '-m, --hash-method <name>',
        'blake3, xxh64, or any hash that Node.js or hashlib names (default: blake3)',
      )
      .option('-W, --whole-file', 'send the whole file without comparing')
      .option('-c, --concurrency <n>', 'number of parallel requests and of threads (default: 4)')
      .option('-B, --benchmark <count>', 'time copies of SOURCE to TARGET against rsync')
      .option(
        '--inplace',
        'write into the target itself, which is a mixture of old and new until the copy ends',
      )
      .option('-p, --preserve', "give the target the source's mode and modification time")
      .option('--compress <when>', 'auto (on a slow link), on or off', 'auto')
      .option('--bwlimit <size>', 'send and receive at most this many bytes per second, e.g. 2M')
      .option('--token-file <file>', 'the token of the server (default: $VARVE_TOKEN)')
      .option('--no-cache', 'neither use hash lists of earlier runs nor keep any')
      .option('-n, --dry-run', 'only compare, and say how similar the files are');
    addExamples(command, [
      ['varve copy disk.img http://backup:8080/disk.img', 'to a server'],
      ['varve copy -p http://backup:8080/disk.img disk.img', 'from a server'],
      ['varve copy -n disk.img http://backup:8080/disk.img', 'how much would be sent'],
    ]);
  },

  async run(session, command) {
    const [source = '', target = ''] = command.args;
    const flags = command.opts<CopyFlags>();
    const count = optionValue('--benchmark', wholeNumber(1, MAX_STEPS), flags.benchmark);
    if (count !== undefined) {
      const { runBenchmark } = await import('./copy-benchmark.js');
      const sides = { source: parseEndpoint(source), target: parseEndpoint(target) };
      const token = readToken(session.platform, flags.tokenFile, session.env);
      return runBenchmark(session, count, { ...sides, token });
    }
    const { progress } = session;
    const options: CopyOptions = {
      source: parseEndpoint(source),
      target: parseEndpoint(target),
      ...copyOptions(session, flags),
      signal: session.takeSignal(),
      onStart: (bytes) => progress.start({ label: 'copy', expected: { files: 0, bytes } }),
      onProgress: (bytes) => progress.update({ files: 0, bytes }),
    };
    const result = await copyFile(session.platform, options);
    progress.finish();
    if (!options.isDryRun) session.settle('The file was copied', ExitCode.done);
    if (session.isJson) await session.output.json(toJson(result));
    else {
      const mark = describeMark(result.mark, target, session.palette);
      if (session.isVerbose) await session.output.write(`${mark}\n`);
      if (!session.isQuiet) await session.output.prose(describe(result, options.isDryRun));
    }
    return ExitCode.done;
  },
};

function copyOptions(session: Session, flags: CopyFlags): Omit<CopyOptions, 'source' | 'target'> {
  const { platform, env } = session;
  const blockBytes = optionValue('--block-size', parseSize, flags.blockSize);
  const threads = wholeNumber(1, MAX_CONCURRENCY);
  const concurrency = optionValue('--concurrency', threads, flags.concurrency);
  const most = optionValue('--bwlimit', parseRate, flags.bwlimit);
  return {
    ...(most !== undefined && { mostBytesPerSecond: most }),
    compression: parseCompression(flags.compress ?? 'auto'),
    ...(blockBytes !== undefined && { blockBytes }),
    ...(flags.hashMethod !== undefined && { method: flags.hashMethod }),
    ...(concurrency !== undefined && { concurrency }),
    isWholeFile: flags.wholeFile ?? false,
    isDryRun: flags.dryRun ?? false,
    isInPlace: flags.inplace ?? false,
    preserves: flags.preserve ?? false,
    jobs: concurrency ?? platform.coreCount,
    token: readToken(platform, flags.tokenFile, env),
    cacheDirectory: flags.cache ? hashListDirectory(env) : undefined,
  };
}

function parseRate(text: string): number {
  const bytes = parseSize(text);
  if (bytes > 0) return bytes;
  throw new CodedError('USAGE_SIZE', 'Nothing can be copied at 0 bytes per second.');
}

function parseCompression(text: string): Compression {
  if (text === 'auto' || text === 'on' || text === 'off') return text;
  throw new CodedError('USAGE', `--compress: "${text}" is not auto, on or off.`);
}

function describe(result: CopyResult, isDryRun: boolean): string {
  const { similarity, sizeBytes, bytesSent, bytesReceived, bytesWritten, durationMs } = result;
  const alike = `${formatPercent(similarity)} of ${formatBytes(sizeBytes)} already there`;
  const traffic = `${formatBytes(bytesSent)} sent, ${formatBytes(bytesReceived)} received`;
  const written = isDryRun ? '' : `, ${formatBytes(bytesWritten)} written`;
  return `${alike}: ${traffic}${written} in ${formatElapsed(durationMs)}\n`;
}

/** Rounded down: 100% means all. */
const formatPercent = (share: number): string => `${Math.floor(share * 1000) / 10}%`;

function toJson(result: CopyResult): object {
  return {
    change: result.mark,
    similarity: result.similarity,
    size: result.sizeBytes,
    bytes_hashed: result.bytesHashed,
    bytes_sent: result.bytesSent,
    bytes_received: result.bytesReceived,
    bytes_written: result.bytesWritten,
    duration_ms: result.durationMs,
  };
}
