/**
 * pdiffcopy's benchmark, beside rsync: the target's front is overwritten with zeros, a larger share
 * each time, and copied again. Then what that leaves out: scattered pages, a byte inserted, nothing
 * changed. Both programs run as processes, from start to end, against a server on loopback. A source
 * on another machine is copied from the server that it is on, which rsync cannot ask.
 */
import { CodedError } from '../../../errors.js';
import { bytesFromText, textFromBytes } from '../../../platform/bytes.js';
import { baseName, parentOf } from '../../../platform/paths.js';
import type { Platform } from '../../../platform/platform.js';
import type { Endpoint } from '../endpoints.js';
import { encodeFilename } from '../../transport/filename.js';
import { prependByte, scatterPages, zeroFront } from './changes.js';
import type { Program } from '../../../platform/processes.js';
import { isInstalled, run, startRsync, startServing } from './processes.js';

export interface BenchmarkOptions {
  readonly source: Endpoint;
  /** For the server of the source, where that is another machine's. */
  readonly token: string | undefined;
  /** Overwritten again and again; must not be there yet unless `canOverwrite`. */
  readonly target: string;
  /** Steps from 0 to 100 % zeroed. */
  readonly count: number;
  readonly canOverwrite: boolean;
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
  /** Undefined: it is not installed, or cannot reach the source. */
  readonly rsyncMs: number | undefined;
}

/** A case: how the target is changed, and how both programs are asked to mend it. */
interface Case {
  readonly name: string;
  readonly change: () => void;
  readonly isInPlace: boolean;
  readonly isCached: boolean;
}

/** Where the servers that a benchmark started are. */
interface Servers {
  /** Addresses of the source, on a server that keeps no hash lists and on one that does. */
  readonly plain: string;
  readonly cached: string;
  /** Undefined: rsync is not installed, or the source is on another machine. */
  readonly rsyncPort: number | undefined;
}

/** @throws CodedError INTERRUPTED, PATH_NOT_FOUND, REMOTE_REQUEST, TARGET_UNUSABLE */
export async function benchmark(platform: Platform, options: BenchmarkOptions): Promise<void> {
  const { files } = platform;
  const source = sourceOf(platform, options.source);
  const target = files.absolutePath(options.target);
  if (files.exists(bytesFromText(target)) && !options.canOverwrite) throw exists(options.target);
  const work = files.makeTemporaryDirectory(`${platform.temporaryDirectory}/varve-benchmark-`);
  const stops: (() => Promise<void>)[] = [];
  try {
    await new Benchmark(platform, { ...options, target }, source, work).run(stops);
  } finally {
    await Promise.all(stops.map((stop) => stop()));
    files.removeTree(work);
  }
}

class Benchmark {
  private readonly platform: Platform;
  private readonly options: BenchmarkOptions;
  private readonly source: BenchmarkSource;
  private readonly work: string;
  private readonly env: NonNullable<Program['env']>;

  constructor(
    platform: Platform,
    options: BenchmarkOptions,
    source: BenchmarkSource,
    work: string,
  ) {
    this.platform = platform;
    this.options = options;
    this.source = source;
    this.work = work;
    // The servers that are started here ask for no token.
    const token = source.type === 'remote' ? options.token : undefined;
    this.env = { XDG_CACHE_HOME: work, VARVE_TOKEN: token ?? '' };
  }

  /** `stops` gets what ends each server that is started. */
  async run(stops: (() => Promise<void>)[]): Promise<void> {
    const { target, count, onRow } = this.options;
    const servers = await this.startServers(stops);
    await this.copy({ isInPlace: false, isCached: false }, servers);
    const cases = casesFor(this.platform, count, target);
    for (const one of cases) {
      one.change();
      // What rsync did before gave the target other times: this run is the first.
      if (one.isCached) await this.copy(one, servers);
      const [dataBytes, varveMs] = await this.timed(() => this.copy(one, servers));
      const rsyncMs = await this.timeRsync(one, servers);
      await onRow({ name: one.name, dataBytes, varveMs, rsyncMs });
    }
  }

  private async timeRsync(one: Case, { rsyncPort }: Servers): Promise<number | undefined> {
    if (rsyncPort === undefined) return undefined;
    one.change();
    return (await this.timed(() => this.rsync(one, rsyncPort)))[1];
  }

  private async startServers(stops: (() => Promise<void>)[]): Promise<Servers> {
    const { source } = this;
    if (source.type === 'remote') {
      return { plain: source.url, cached: source.url, rsyncPort: undefined };
    }
    const root = parentOf(source.path);
    const plain = await this.serve(stops, source.path, '--no-cache');
    const cached = await this.serve(stops, source.path);
    if (!(await isInstalled('rsync'))) return { plain, cached, rsyncPort: undefined };
    const rsync = await startRsync(this.platform, this.work, root);
    stops.push(() => rsync.stop());
    return { plain, cached, rsyncPort: rsync.port };
  }

  private async serve(
    stops: (() => Promise<void>)[],
    source: string,
    ...extra: string[]
  ): Promise<string> {
    const { varve } = this.options;
    const root = parentOf(source);
    const server = await startServing((port) => ({
      command: varve.command,
      args: [...varve.args, 'serve', '--root', root, '-l', String(port), ...extra],
      env: this.env,
    }));
    stops.push(() => server.stop());
    return `http://127.0.0.1:${server.port}/${encodeFilename(bytesFromText(baseName(source)))}`;
  }

  /** Returns the bytes that passed. */
  private async copy(
    { isInPlace, isCached }: Pick<Case, 'isInPlace' | 'isCached'>,
    { plain, cached }: Servers,
  ): Promise<number> {
    const { varve, target, signal } = this.options;
    const flags = [...(isInPlace ? ['--inplace'] : []), ...(isCached ? [] : ['--no-cache'])];
    const from = isCached ? cached : plain;
    const args = [...varve.args, 'copy', '--json', ...flags, from, target];
    const json = await run({ command: varve.command, args, env: this.env }, signal);
    const { bytes_sent, bytes_received } = JSON.parse(json) as Record<string, number>;
    return (bytes_sent ?? 0) + (bytes_received ?? 0);
  }

  private rsync({ isInPlace }: Case, port: number): Promise<string> {
    const { target, signal } = this.options;
    const path = this.source.type === 'local' ? this.source.path : '';
    const from = `rsync://127.0.0.1:${port}/files/${baseName(path)}`;
    const flags = [...(isInPlace ? ['--inplace'] : []), '--no-whole-file', '-I'];
    return run({ command: 'rsync', args: [...flags, from, target] }, signal);
  }

  private async timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
    const { clock } = this.platform;
    const startedMs = clock.nowMs();
    const result = await work();
    return [result, clock.nowMs() - startedMs];
  }
}

/** The changes of a target that is like its source. */
function casesFor(platform: Platform, count: number, target: string): Case[] {
  const sizeBytes = platform.files.stat(target)?.sizeBytes ?? 0;
  const usual = { isInPlace: true, isCached: false };
  const nothing = (): void => undefined;
  const zeroed = Array.from({ length: count }, (_, index): Case => {
    const share = (index + 1) / count;
    const change = (): void => zeroFront(platform, target, Math.floor(share * sizeBytes));
    return { ...usual, name: `${Math.round(share * 100)}% zeroed`, change };
  });
  const scatter = (): void => void scatterPages(platform, target, sizeBytes);
  const insert = (): void => prependByte(platform, target);
  return [
    ...zeroed,
    { ...usual, name: '1% of pages scattered', change: scatter },
    { ...usual, name: 'one byte at the front', change: insert, isInPlace: false },
    { ...usual, name: 'unchanged', change: nothing },
    { name: 'unchanged, second run', change: nothing, isInPlace: true, isCached: true },
  ];
}

/** The source as the programs are told it. */
type BenchmarkSource =
  | { readonly type: 'local'; readonly path: string }
  | { readonly type: 'remote'; readonly url: string };

/** @throws CodedError PATH_NOT_FOUND */
function sourceOf({ files }: Platform, source: Endpoint): BenchmarkSource {
  if (source.type === 'remote') return { type: 'remote', url: source.url.href };
  const { path } = source;
  if (files.exists(bytesFromText(files.absolutePath(path)))) {
    return { type: 'local', path: files.realPath(path) };
  }
  throw new CodedError('PATH_NOT_FOUND', `${textFromBytes(bytesFromText(path))} does not exist.`, {
    hint: 'Give a file of this machine, or the address of one on a server.',
  });
}

function exists(path: string): CodedError {
  return new CodedError(
    'TARGET_UNUSABLE',
    `${path} exists, and the benchmark would overwrite it.`,
    {
      hint: 'Name a file that does not exist yet, or set VARVE_BENCHMARK=allowed.',
    },
  );
}
