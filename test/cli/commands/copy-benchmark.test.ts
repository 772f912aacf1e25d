/** `varve copy --benchmark`: what it says, refuses, and leaves behind. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { needPrograms } from '../../support/machine.js';
import { noise } from '../../support/seed.js';
import { createWorkspace, finished, until } from '../../support/varve-command.js';

const workspace = createWorkspace();
const { path } = workspace;
const content = noise(300_000, 1);
workspace.write({ 'files/source': content, 'files/there': 'there' });
['temporary', 'no-programs'].forEach((name) => mkdirSync(path(name)));
const source = path('files/source');

/** Whether rsync is measured is what PATH leads to. */
const withoutRsync = { env: { TMPDIR: path('temporary'), PATH: path('no-programs') } };
const withRsync = { env: { TMPDIR: path('temporary') } };
/** The processes that have something of this workspace among their arguments. */
const processes = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return [];
      }
    })
    .filter((line) => line.includes(workspace.root));

function expectNothingLeft(): void {
  expect(readdirSync(path('temporary'))).toEqual([]);
  expect(processes()).toEqual([]);
}

const ROWS = [
  '50% zeroed',
  '100% zeroed',
  '1% of pages scattered',
  'one byte at the front',
  'unchanged',
  'unchanged, second run',
];

test('without rsync the table has its own times, and lines for what pdiffcopy leaves out', async () => {
  const target = path('files/target');
  const { code, stdout, stderr } = await workspace.run(
    ['copy', '-B', '2', source, target],
    withoutRsync,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [head, ...rows] = stdout.trimEnd().split('\n');
  expect(head).toMatch(/^delta +data +varve +rsync +ratio$/);
  const cells = rows.map((row) => [
    row.slice(0, 26).trimEnd(),
    ...row.slice(26).trim().split(/ {2,}/),
  ]);
  expect(cells.map(([name]) => name)).toEqual(ROWS);
  for (const [, data, varve, ...rsync] of cells) {
    expect(data).toMatch(/^[\d.]+ (B|KiB)$/);
    expect(varve).toMatch(/^\d+\.\d\d s$/);
    expect(rsync).toEqual(['-', '-']);
  }
  expect(readFileSync(target).equals(content)).toBe(true);
  expectNothingLeft();
});

/** The address that a server says, once it listens. */
async function addressOf(server: ReturnType<typeof workspace.start>): Promise<string> {
  let text = '';
  for await (const chunk of server.stderr ?? []) {
    text += String(chunk);
    const url = /at (http:\S+)/.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(text);
}

interface Document {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

test('with --json and rsync each row has both times and the bytes that passed', async () => {
  needPrograms('rsync');
  const args = ['copy', '--json', '-B', '1', source, path('files/json')];
  const { code, stdout, stderr } = await workspace.run(args, withRsync);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { rows } = JSON.parse(stdout) as Document;
  expect(rows.map(({ delta }) => delta)).toEqual(ROWS.slice(1));
  for (const row of rows) {
    expect(Object.keys(row)).toEqual(['delta', 'data_bytes', 'varve_ms', 'rsync_ms']);
    expect(row['varve_ms']).toBeGreaterThan(0);
    expect(row['rsync_ms']).toBeGreaterThan(0);
  }
  const bytes = rows.map((row) => row['data_bytes'] as number);
  expect(bytes[0]).toBeGreaterThan(content.length);
  expect(Math.max(...bytes.slice(1))).toBeLessThan(content.length / 2);
  expectNothingLeft();
});

test('a target that is there is not touched unless that is allowed', async () => {
  const args = ['copy', '-B', '1', source, path('files/there')];
  const { code, stderr } = await workspace.run(args, withoutRsync);
  expect(code).toBe(1);
  expect(stderr).toContain('exists, and the benchmark would overwrite it.');
  expect(readFileSync(path('files/there'), 'utf8')).toBe('there');
  expectNothingLeft();
});

test.each([
  ['a source that is not there', 'files/none', 'files/new', 'files/none does not exist.'],
  ['a target in no directory', 'files/source', 'none/new', 'none/new'],
])('%s ends it with nothing left behind', async (_, from, to, said) => {
  const args = ['copy', '-B', '1', path(from), path(to)];
  const { code, stderr } = await workspace.run(args, withoutRsync);
  expect(code).toBe(1);
  expect(stderr).toContain(said);
  expect(existsSync(path(to))).toBe(false);
  expectNothingLeft();
});

test('the target is of this machine', async () => {
  const { code, stderr } = await workspace.run(['copy', '-B', '1', source, 'http://127.0.0.1/x']);
  expect(code).toBe(2);
  expect(stderr).toContain("The benchmark's target must be a file on this machine.");
});

test('a source on a server is measured from there, and the target becomes like it', async () => {
  workspace.write({ token: 'secret\n' });
  const root = path('files');
  const serving = ['serve', '--root', root, '-l', '0', '--token-file', path('token')];
  const server = workspace.start(serving, withRsync);
  try {
    const url = await addressOf(server);
    const target = path('files/from-there');
    const args = ['copy', '--json', '-B', '1', '--token-file', path('token')];
    const { code, stdout, stderr } = await workspace.run(
      [...args, `${url}/source`, target],
      withRsync,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { rows } = JSON.parse(stdout) as Document;
    expect(rows.map(({ delta, rsync_ms }) => [delta, rsync_ms])).toEqual(
      ROWS.slice(1).map((name) => [name, undefined]),
    );
    // What is unchanged passes no bytes but questions: no change is left over from the row before.
    expect(rows[3]?.['data_bytes']).toBeLessThan(20_000);
    expect(readFileSync(target).equals(content)).toBe(true);
  } finally {
    server.kill();
    await finished(server);
  }
  expectNothingLeft();
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends it with its programs, and nothing is left',
  async (signal) => {
    const args = ['copy', '-B', '100', source, path(`files/${signal}`)];
    const child = workspace.start(args, withRsync);
    const run = finished(child);
    await until(() => existsSync(path(`files/${signal}`)));
    expect(processes().length).toBeGreaterThan(2);
    child.kill(signal);
    expect((await run).code).toBe(130);
    expectNothingLeft();
  },
);
