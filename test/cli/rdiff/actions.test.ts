/** What the actions say, and where: warnings, statistics and failures, with the process's own streams. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { runRdiff } from '../../../src/cli/rdiff/run.js';
import { helpText, VERSION_TEXT } from '../../../src/cli/rdiff/usage.js';
import { testDirectory } from '../../support/directory.js';
import { noise } from '../../support/seed.js';

const directory = testDirectory();
const path = (name: string): string => join(directory, name);
const old = noise(20_000, 1);
const now = Buffer.concat([old.subarray(0, 12_000), Buffer.from('new'), old.subarray(13_000)]);

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs words, of which those with an @ are files of the directory. */
async function rdiff(line: string): Promise<Said> {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    }),
  );
  try {
    const code = await runRdiff(line.split(' ').map((word) => word.replace('@', `${directory}/`)));
    return { code, ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const SILENT: Said = { code: 0, stdout: '', stderr: '' };

beforeEach(() => {
  for (const name of fs.readdirSync(directory)) fs.rmSync(path(name));
  fs.writeFileSync(path('old'), old);
  fs.writeFileSync(path('now'), now);
});

const make = async (): Promise<void> => {
  expect(await rdiff('-j1 signature @old @sig')).toEqual(SILENT);
  expect(await rdiff('-j1 delta @sig @now @delta')).toEqual(SILENT);
};

test('what goes well says nothing', async () => {
  await make();
  expect(await rdiff('patch @old @delta @out')).toEqual(SILENT);
  expect(fs.readFileSync(path('out')).equals(now)).toBe(true);
});

test('a patch makes no more than it may, and leaves nothing of what was more', async () => {
  await make();
  const refused = await rdiff(`--max-output=${now.length - 1} patch @old @delta @out`);
  expect(refused).toMatchObject({ stdout: '' });
  expect(refused.code).not.toBe(0);
  expect(fs.existsSync(path('out'))).toBe(false);
  expect(await rdiff(`--max-output=${now.length} patch @old @delta @out`)).toEqual(SILENT);
  expect(fs.readFileSync(path('out')).equals(now)).toBe(true);
});

test.each([
  [1, '1 byte'],
  [2, '2 bytes'],
])('bytes behind the end of a delta are counted: %d', async (count, bytes) => {
  await make();
  fs.appendFileSync(path('delta'), Buffer.alloc(count));
  const verb = count === 1 ? 'was' : 'were';
  expect(await rdiff('patch @old @delta @out')).toEqual({
    ...SILENT,
    stderr: `rdiff: Warning: ${bytes} behind the end of the delta ${verb} ignored\n`,
  });
});

test('strong sums that are too short are warned of, those that are long enough not', async () => {
  const { stderr } = await rdiff('-S1 signature @old @sig1');
  const [, safe = ''] =
    /^rdiff: Warning: strong sums of 1 byte are shorter than the (\d+) recommended for this file\n$/.exec(
      stderr,
    ) ?? [];
  expect(await rdiff(`-S${Number(safe) - 1} signature @old @sig2`)).toEqual({
    ...SILENT,
    stderr: `rdiff: Warning: strong sums of ${Number(safe) - 1} bytes are shorter than the ${safe} recommended for this file\n`,
  });
  expect(await rdiff(`-S${safe} signature @old @sig3`)).toEqual(SILENT);
});

test('statistics are told to who asks, the document alone on standard output', async () => {
  await make();
  for (const [action, first] of [
    ['signature @old @sig', 'librsync: signature statistics: '],
    ['delta @sig @now @delta', 'librsync: loadsig statistics: '],
    ['delta --basis @old @now @delta', 'librsync: delta statistics: '],
    ['patch @old @delta @out', 'librsync: patch statistics: '],
  ] as const) {
    for (const option of ['-s', '--statistics', '-v', '--verbose']) {
      const { code, stdout, stderr } = await rdiff(`-f ${option} ${action}`);
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
      expect(stderr.startsWith(first)).toBe(true);
      expect(stderr.endsWith('\n')).toBe(true);
    }
    const { code, stdout, stderr } = await rdiff(`-f -s --json ${action}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [word] = action.split(' ');
    const document = JSON.parse(stdout) as { action: string; seconds: number };
    expect(document.action).toBe(word);
    expect(document.seconds).toBeGreaterThanOrEqual(0.001);
  }
});

test('an explanation has 40 lines of each kind, or as many as are asked for', async () => {
  const several = Buffer.from(old);
  for (let at = 0; at < several.length; at += 512) several[at]! ^= 1;
  fs.writeFileSync(path('several'), several);
  const linesOf = async (options: string): Promise<number[]> => {
    const { code, stdout, stderr } = await rdiff(`${options} explain -b 256 @old @several`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const count = (pattern: RegExp): number => stdout.match(pattern)?.length ?? 0;
    return [count(/^ {2}block /gm), count(/^ {2}(?:copy|literal) /gm)];
  };
  const all = [79, 79];
  expect(await linesOf('--limit=0')).toEqual(all);
  expect(await linesOf('--limit=3')).toEqual([3, 3]);
  expect(await linesOf('-v')).toEqual([40, 40]);
  const { stdout } = await rdiff('--json --limit=5 explain -b 256 @old @several');
  const document = JSON.parse(stdout) as Record<string, unknown[]>;
  expect(document).toMatchObject({ old_size: 20_000, new_size: 20_000, block_length: 256 });
  expect(document['block_sums']).toHaveLength(5);
  expect(stdout.endsWith('}\n')).toBe(true);
});

test.each([
  ['-H md4 -R rollsum -b 512 -S 8', 'md4', 'rollsum', 0x72730136, 512, 8],
  ['-H blake2 -R rollsum -b 300 -S 31', 'blake2', 'rollsum', 0x72730137, 300, 31],
  ['--hash=md4 --rollsum=rabinkarp --sum-size=16', 'md4', 'rabinkarp', 0x72730146, 256, 16],
  ['-b 2000', 'blake2', 'rabinkarp', 0x72730147, 2000, 32],
])(
  'sums are those that are asked for, in a signature and in an explanation: %s',
  async (options, strong, weak, magic, blockLength, strongLength) => {
    expect(await rdiff(`${options} signature @old @sums`)).toMatchObject({ code: 0, stdout: '' });
    const header = fs.readFileSync(path('sums'));
    expect([0, 4, 8].map((at) => header.readUInt32BE(at))).toEqual([
      magic,
      blockLength,
      strongLength,
    ]);
    const { stdout } = await rdiff(`${options} --json explain @old @now`);
    const explained = JSON.parse(stdout) as { block_sums: { strong_sum: string }[] };
    expect(explained).toMatchObject({ strong, weak, block_length: blockLength });
    expect(explained.block_sums[0]?.strong_sum).toHaveLength(2 * strongLength);
  },
);

describe('a failure', () => {
  test('is told with its hint and the words of librsync', async () => {
    fs.writeFileSync(path('sig'), 'there');
    const { code, stdout, stderr } = await rdiff('signature @old @sig');
    expect({ code, stdout }).toEqual({ code: 100, stdout: '' });
    const [message, hint, last, end] = stderr.split('\n');
    expect(message).toBe(`rdiff: File exists "${path('sig')}", aborting!`);
    expect(hint).toMatch(/^rdiff: .*\.$/);
    expect([last, end]).toEqual(['rdiff: Failed, IO error.', '']);
  });

  test('is a document with --json, where nothing else goes', async () => {
    const failed = await rdiff('--json signature @missing @sig');
    expect(failed).toMatchObject({ code: 100, stderr: '' });
    expect(JSON.parse(failed.stdout)).toMatchObject({ error: { code: 'RDIFF_IO' } });
    // The result would have gone to standard output.
    const piped = await rdiff('--json signature @missing');
    expect(piped).toMatchObject({ code: 100, stdout: '' });
    expect(JSON.parse(piped.stderr)).toMatchObject({ error: { code: 'RDIFF_IO' } });
  });

  test('of the command line is two lines', async () => {
    for (const [line, message] of [
      ['frob', "You must specify an action: `signature', `delta', or `patch'."],
      ['--json -b x signature', 'invalid numeric value: x'],
      ['--a\x1b', 'unknown option: --a\\x1b'],
    ] as const) {
      expect(await rdiff(line)).toEqual({
        code: 101,
        stdout: '',
        stderr: `rdiff: ${message}\n\nTry \`rdiff --help' for more information.\n`,
      });
    }
    const { code, stderr } = await rdiff('--verify-hash delta @sig @now');
    expect(code).toBe(101);
    expect(stderr).toContain('rdiff: The delta is a standard stream: where is its hash?\n');
    expect(stderr).toContain('rdiff: Name the file: --verify-hash=FILE.\n');
  });
});

test('help and version are output', async () => {
  expect(await rdiff('-h')).toEqual({ ...SILENT, stdout: helpText() });
  expect(await rdiff('-V')).toEqual({ ...SILENT, stdout: VERSION_TEXT });
});

test('help fits a terminal, and loses nothing', () => {
  const words = (text: string): string[] => text.split(/\s+/).filter(Boolean).sort();
  expect(helpText(80)).toBe(helpText());
  expect(helpText(200)).toBe(helpText());
  for (const columns of [79, 60, 40]) {
    const text = helpText(columns);
    expect(words(text)).toEqual(words(helpText()));
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    expect(text).toMatch(/\n$/);
    expect(text).not.toMatch(/\n\n$/);
  }
});

test('help is as wide as the terminal that shows it, and as it is for anything else', async () => {
  const { isTTY, columns } = process.stdout;
  try {
    for (const [width, shown] of [
      [50, helpText(50)],
      [79, helpText(79)],
      [200, helpText()],
    ] as const) {
      Object.assign(process.stdout, { isTTY: true, columns: width });
      expect(await rdiff('--help')).toEqual({ ...SILENT, stdout: shown });
      expect(await rdiff('-V')).toEqual({ ...SILENT, stdout: VERSION_TEXT });
      process.stdout.isTTY = false;
      expect(await rdiff('--help')).toEqual({ ...SILENT, stdout: helpText() });
    }
  } finally {
    Object.assign(process.stdout, { isTTY, columns });
  }
});

test.each([
  ['a terminal', true, {}, true],
  ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
  ['NO_COLOR', true, { NO_COLOR: '1' }, false],
  ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ['a pipe', false, {}, false],
])('an explanation has the colour of the other commands: %s', async (_, isTTY, env, isColoured) => {
  const before = process.stdout.isTTY;
  for (const name of ['NO_COLOR', 'TERM'] as const) vi.stubEnv(name, env[name as keyof typeof env]);
  process.stdout.isTTY = isTTY;
  try {
    const { code, stdout } = await rdiff('explain @old @now');
    expect(code).toBe(0);
    expect(stdout.includes('\x1b[')).toBe(isColoured);
  } finally {
    process.stdout.isTTY = before;
    vi.unstubAllEnvs();
  }
});
