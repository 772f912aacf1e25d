/**
 * pdiffcopy's benchmark, beside rsync: the target's front is overwritten with zeros, a larger share
 * each time, and copied again. Then what that leaves out: scattered pages, a byte inserted, nothing
 * changed. Both programs run as processes, from start to end, against a server on loopback.
 */
import { CodedError } from '../../../errors.js';
import { bytesFromText, textFromBytes } from '../../../platform/bytes.js';
import { baseName, parentOf } from '../../../platform/paths.js';
import type { Platform } from '../../../platform/platform.js';
import { encodeFilename } from '../../transport/filename.js';
import { prependByte, scatterPages, zeroFront } from './changes.js';
import type { Program } from '../../../platform/processes.js';
import { isInstalled, run, startRsync, startServing } from './processes.js';

export interface BenchmarkOptions {
  /** A file of this machine. */
  readonly source: string;
  /** Overwritten again and again; must not be there yet unless `mayOverwrite`. */
  readonly target: string;
  /** Steps from 0 to 100 % zeroed. */
  readonly count: number;
  readonly mayOverwrite: boolean;
  /** How this very program is called. */
  readonly varve: Pick<Program, 'command' | 'args'>;
  readonly onRow: (row: BenchmarkRow) => void | Promise<void>;
  /** Ends what runs, and leaves no processes or directories behind. */
  readonly signal?: AbortSignal;
}

export interface BenchmarkRow {
  readonly name: string;
  /** Bytes that passed between client and server. */
  readonly dataBytes: number;
  readonly varveMs: number;
  /** Undefined: it is not installed. */
  readonly rsyncMs: number | undefined;
}

/** A case: how the target is changed, and how both programs are asked to mend it. */
interface Case {
  readonly name: string;
  readonly change: () => void;
  readonly isInPlace: boolean;
  readonly isCached: boolean;
}

/** @throws CodedError INTERRUPTED, PATH_NOT_FOUND, REMOTE_REQUEST, TARGET_UNUSABLE */
export async function benchmark(platform: Platform, options: BenchmarkOptions): Promise<void> {
  const { files } = platform;
  const source = sourcePath(platform, options.source);
  const target = files.absolutePath(options.target);
  if (files.exists(bytesFromText(target)) && !options.mayOverwrite) throw exists(options.target);
  const work = files.makeTemporaryDirectory(`${platform.temporaryDirectory}/varve-benchmark-`);
  const stops: (() => Promise<void>)[] = [];
  try {
    const root = parentOf(source);
    const name = baseName(source);
    const env = { XDG_CACHE_HOME: work, VARVE_TOKEN: '' };
    const serveWith = async (...extra: string[]): Promise<string> => {
      const server = await startServing((port) => ({
        command: options.varve.command,
        args: [...options.varve.args, 'serve', '--root', root, '-l', String(port), ...extra],
        env,
      }));
      stops.push(() => server.stop());
      return `http://127.0.0.1:${server.port}/${encodeFilename(bytesFromText(name))}`;
    };
    const plain = await serveWith('--no-cache');
    const cached = await serveWith();
    const rsync = (await isInstalled('rsync')) ? await startRsync(platform, work, root) : undefined;
    if (rsync) stops.push(() => rsync.stop());

    const copy = async ({ isInPlace, isCached }: Case): Promise<number> => {
      const args = [...(isInPlace ? ['--inplace'] : []), ...(isCached ? [] : ['--no-cache'])];
      const json = await run(
        {
          command: options.varve.command,
          args: [
            ...options.varve.args,
            'copy',
            '--json',
            ...args,
            isCached ? cached : plain,
            target,
          ],
          env,
        },
        options.signal,
      );
      const { bytes_sent, bytes_received } = JSON.parse(json) as Record<string, number>;
      return (bytes_sent ?? 0) + (bytes_received ?? 0);
    };
    const rsyncCopy = ({ isInPlace }: Case, port: number): Promise<string> =>
      run(
        {
          command: 'rsync',
          args: [
            ...(isInPlace ? ['--inplace'] : []),
            '--no-whole-file',
            '-I',
            `rsync://127.0.0.1:${port}/files/${name}`,
            target,
          ],
        },
        options.signal,
      );
    const timed = async <T>(work: () => Promise<T>): Promise<readonly [T, number]> => {
      const startedMs = platform.clock.nowMs();
      const result = await work();
      return [result, platform.clock.nowMs() - startedMs];
    };

    const cases = casesFor(platform, options.count, source, target);
    await copy({ ...(cases[0] as Case), isInPlace: false });
    for (const one of cases) {
      one.change();
      // What rsync did before gave the target other times: this run is the first.
      if (one.isCached) await copy(one);
      const [dataBytes, varveMs] = await timed(() => copy(one));
      one.change();
      const rsyncMs = rsync && (await timed(() => rsyncCopy(one, rsync.port)))[1];
      await options.onRow({ name: one.name, dataBytes, varveMs, rsyncMs });
    }
  } finally {
    await Promise.all(stops.map((stop) => stop()));
    files.removeTree(work);
  }
}

function casesFor(platform: Platform, count: number, source: string, target: string): Case[] {
  const sizeBytes = platform.files.stat(source)?.sizeBytes ?? 0;
  const usual = { isInPlace: true, isCached: false };
  const nothing = (): void => undefined;
  const zeroed = Array.from({ length: count }, (_, index): Case => {
    const share = (index + 1) / count;
    const change = (): void => zeroFront(platform, target, Math.floor(share * sizeBytes));
    return { ...usual, name: `${Math.round(share * 100)}% zeroed`, change };
  });
  const scatter = (): void => void scatterPages(platform, target, sizeBytes);
  const insert = (): void => prependByte(platform, source, target);
  return [
    ...zeroed,
    { ...usual, name: '1% of pages scattered', change: scatter },
    { ...usual, name: 'one byte at the front', change: insert, isInPlace: false },
    { ...usual, name: 'unchanged', change: nothing },
    { name: 'unchanged, second run', change: nothing, isInPlace: true, isCached: true },
  ];
}

function sourcePath({ files }: Platform, path: string): string {
  if (files.exists(bytesFromText(files.absolutePath(path)))) return files.realPath(path);
  throw new CodedError(
    'PATH_NOT_FOUND',
    `There is no file ${textFromBytes(bytesFromText(path))}.`,
    {
      hint: 'The benchmark copies from a file of this machine, through servers that it starts.',
    },
  );
}

function exists(path: string): CodedError {
  return new CodedError('TARGET_UNUSABLE', `${path} exists; the benchmark would overwrite it.`, {
    hint: 'Name a file that is not there yet, or set VARVE_BENCHMARK=allowed.',
  });
}
