/** `varve copy --benchmark`: a table like that of pdiffcopy, shown row by row as each is measured. */
import { benchmarkCopy, CodedError, type BenchmarkRow, type Endpoint } from '../../store.js';
import { ExitCode } from '../exit-code.js';
import { formatBytes } from '../render/bytes.js';
import type { Session } from '../session.js';

/** @throws CodedError INTERRUPTED, TARGET_UNUSABLE, USAGE */
export async function runBenchmark(
  session: Session,
  count: number,
  { source, target, token }: { source: Endpoint; target: Endpoint; token: string | undefined },
): Promise<ExitCode> {
  if (target.type !== 'local') {
    throw new CodedError('USAGE', "The benchmark's target must be a file on this machine.", {
      hint: 'It overwrites the target again and again; only the source may be on a server.',
    });
  }
  const rows: BenchmarkRow[] = [];
  if (!session.isJson) await session.output.write(line('delta', 'data', 'varve', 'rsync', 'ratio'));
  await benchmarkCopy(session.platform, {
    source,
    token,
    target: target.path,
    count,
    canOverwrite: session.env['VARVE_BENCHMARK'] === 'allowed',
    varve: { command: process.execPath, args: process.argv.slice(1, 2) },
    signal: session.takeSignal(),
    async onRow(row) {
      rows.push(row);
      if (!session.isJson) await session.output.write(describe(row));
    },
  });
  if (session.isJson) await session.output.json({ rows: rows.map(toJson) });
  return ExitCode.done;
}

function describe({ name, dataBytes, varveMs, rsyncMs }: BenchmarkRow): string {
  const ratio = rsyncMs === undefined ? '-' : `${(rsyncMs / varveMs).toFixed(2)} x`;
  return line(name, formatBytes(dataBytes), seconds(varveMs), seconds(rsyncMs), ratio);
}

const seconds = (ms: number | undefined): string =>
  ms === undefined ? '-' : `${(ms / 1000).toFixed(2)} s`;

function line(name: string, ...cells: readonly string[]): string {
  return `${name.padEnd(26)}${cells.map((cell) => cell.padStart(10)).join('')}\n`;
}

const toJson = ({ name, dataBytes, varveMs, rsyncMs }: BenchmarkRow): object => ({
  delta: name,
  data_bytes: dataBytes,
  varve_ms: varveMs,
  rsync_ms: rsyncMs,
});
