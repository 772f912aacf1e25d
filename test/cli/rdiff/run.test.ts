import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { testDirectory } from '../../support/directory.js';
import { catchesHangup, needPrograms } from '../../support/machine.js';
import { makeFifo } from '../../support/special-files.js';
import { golden, goldenPath, manifest, seededBytes } from '../../support/golden.js';
import { quote } from '../../support/shell.js';
import { RDIFF_PROGRAM, runRdiffProgram, shell } from '../../support/rdiff-command.js';

const root = testDirectory();
const basis = seededBytes('command', 100_000);
const target = Buffer.concat([
  basis.subarray(0, 50_000),
  Buffer.from('hi\n'),
  basis.subarray(60_000),
]);
let directory = '';
let runs = 0;

beforeEach(() => {
  directory = join(root, `run-${runs++}`);
  mkdirSync(directory);
  writeFileSync(join(directory, 'old'), basis);
  writeFileSync(join(directory, 'new'), target);
});

const read = (name: string): Buffer => readFileSync(join(directory, name));
const path = (name: string): string => join(directory, name);
const run = (...args: string[]) => shell(`"$RDIFF" ${args.join(' ')}`, directory);
/** A vector as a word of the shell. */
const quotedGolden = (name: string): string => quote(goldenPath(name));
const files = (): string[] => readdirSync(directory).sort();

describe('the three steps', () => {
  test('make the new file, through files and through pipes', () => {
    needPrograms('cmp');
    const script = `set -e
      "$RDIFF" signature old sig
      "$RDIFF" delta sig new delta
      "$RDIFF" patch old delta out
      cmp out new
      cat old | "$RDIFF" s | cat > sig2
      cat new | "$RDIFF" d sig2 - - | "$RDIFF" p old - | cmp - new
      "$RDIFF" patch - delta < old | cmp - new`;
    expect(shell(script, directory)).toMatchObject({ code: 0, stderr: '' });
  });

  test('know the size of standard input when it is a file, and not when it is a pipe', () => {
    shell('"$RDIFF" sig < old > known; cat old | "$RDIFF" sig > unknown', directory);
    expect(read('known').readUInt32BE(4)).toBe(256);
    expect(read('unknown').readUInt32BE(4)).toBe(2048);
  });

  test('print statistics in the words of librsync', () => {
    run('-f signature old sig');
    const { stderr } = run('-s delta sig new delta');
    expect(stderr).toMatch(
      /^librsync: loadsig statistics: signature\[391 blocks, 256 bytes per block\]$/m,
    );
    expect(stderr).toMatch(
      /^librsync: delta statistics: literal\[1 cmds, \d+ bytes, \d+ cmdbytes\] copy\[2 cmds, \d+ bytes, \d+ cmdbytes, 0 false\] speed\[0\.1 MB \(.* MB\/s\) in, /m,
    );
    expect(stderr).toMatch(/^librsync: speed-up: \d+\.\d\d /m);
  });

  test('print statistics as one JSON document', () => {
    run('signature old sig');
    const { stdout } = run('--json delta sig new delta');
    expect(JSON.parse(stdout.toString())).toMatchObject({
      action: 'delta',
      bytes_in: target.length,
      instructions: { copy_commands: 2, literal_commands: 1 },
      matches: { false_matches: 0 },
      signature: { blocks: 391, block_length: 256 },
    });
  });

  test('put that document on standard error where the result itself goes to standard output', () => {
    run('signature old sig', '&& "$RDIFF" delta sig new delta');
    for (const [action, result] of [
      ['signature old', 'sig'],
      ['delta sig new', 'delta'],
      ['patch old delta', 'new'],
    ] as const) {
      const { stdout, stderr } = run(`--json ${action}`);
      expect(stdout.equals(read(result)), action).toBe(true);
      expect(JSON.parse(stderr)).toMatchObject({ action: action.split(' ')[0] });
    }
  });
});

describe('an output', () => {
  test('that exists is kept without -f', () => {
    writeFileSync(path('sig'), 'precious');
    const { code, stderr } = run('signature old sig');
    expect({ code, stderr }).toMatchObject({ code: 100 });
    expect(stderr).toContain('File exists "sig", aborting!');
    expect(read('sig').toString()).toBe('precious');
  });

  test('keeps its mode and its links when it is replaced', () => {
    shell(
      'echo x > real; chmod 640 real; ln -s real sig; "$RDIFF" -f signature old sig',
      directory,
    );
    expect(statSync(path('real')).mode & 0o777).toBe(0o640);
    expect(read('real').readUInt32BE(0)).toBe(0x72730147);
  });

  test('may be a symbolic link to a file that is not there yet', () => {
    symlinkSync('later', path('sig'));
    expect(run('signature old sig').code).toBe(0);
    expect(read('later').length).toBeGreaterThan(12);
  });

  test.each(['signature old /dev/full', 'delta sig new /dev/full', 'patch old delta /dev/full'])(
    'on a full device is a failure: %s',
    (line) => {
      shell('"$RDIFF" signature old sig; "$RDIFF" delta sig new delta', directory);
      expect(run(`-f ${line}`)).toMatchObject({ code: 100 });
      expect(run(`${line.replace('/dev/full', '-')} > /dev/full`)).toMatchObject({ code: 100 });
    },
  );

  test.each([
    ['patch old delta old', 'old'],
    ['patch old delta ./old', 'old'],
    ['patch old delta delta', 'delta'],
    ['delta sig new sig', 'sig'],
    ['signature old old', 'old'],
    ['patch old delta link', 'old'],
  ])('that is also an input is refused before anything happens: %s', (line, input) => {
    shell('"$RDIFF" signature old sig; "$RDIFF" delta sig new delta; ln old link', directory);
    const before = read(input);
    const { code, stderr } = run(`-f ${line}`);
    expect(code).toBe(100);
    expect(stderr).toContain('is the same file as the input');
    expect(read(input).equals(before)).toBe(true);
  });

  test('is not left behind by a run that fails', () => {
    writeFileSync(path('bad'), golden('errors/delta-no-end.bin'));
    const before = files();
    expect(run('patch old bad out').code).toBe(103);
    expect(files()).toEqual(before);
  });

  test('is not left behind by a run that is interrupted, and the signal is passed on', async () => {
    const child = spawn(process.execPath, [RDIFF_PROGRAM, 'signature', '-', path('sig')], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin.write(basis);
    while (!files().some((name) => name.startsWith('.varve-rdiff-'))) {
      await new Promise((wake) => setTimeout(wake, 10));
    }
    child.kill('SIGINT');
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGINT');
    expect(files()).toEqual(['new', 'old']);
  });
});

test('a named pipe that nobody writes to does not keep the run from being interrupted', async () => {
  makeFifo(path('pipe'));
  const child = spawn(process.execPath, [RDIFF_PROGRAM, 'signature', path('pipe'), path('sig')]);
  while (!catchesHangup(child.pid)) await new Promise((wake) => setTimeout(wake, 10));
  child.kill('SIGHUP');
  expect(await once(child, 'exit')).toEqual([null, 'SIGHUP']);
  expect(files()).toEqual(['new', 'old', 'pipe']);
});

test('the hash beside a delta may come through a pipe', () => {
  needPrograms('cmp');
  const script = `"$RDIFF" signature old sig; "$RDIFF" --verify-hash delta sig new delta
    "$RDIFF" --verify-hash=<(cat delta.hash) patch old delta - < /dev/null | cmp - new`;
  expect(shell(script, directory)).toMatchObject({ code: 0, stderr: '' });
});

describe('a failure has the exit code of rdiff', () => {
  interface Case {
    file: string;
    command: string;
    rdiffExit: number;
  }
  const { cases } = manifest('errors/manifest.json') as { cases: Case[] };
  const sample = cases.filter(({ rdiffExit }, i) => rdiffExit !== 0 && i % 4 === 0);

  test.each(sample)('$command with $file', ({ file, command, rdiffExit }) => {
    copyFileSync(goldenPath('errors/basis'), path('basis'));
    const line = command.replace('FILE', quotedGolden(`errors/${file}`)).replace(' new', ' old');
    expect(run(line).code).toBe(rdiffExit);
    expect(files()).toEqual(['basis', 'new', 'old']);
  });

  test.each([
    ['signature missing', 100],
    ['signature .', 100],
    ['signature old missing/sig', 100],
    ['-S 99 signature old', 108],
    ['-S -2 signature old', 108],
    ['-H md4 -S 17 signature old', 108],
    ['--imaginary-option', 101],
    ['frob', 101],
    ['delta old new', 104],
  ])('rdiff %s: %i', (line, code) => {
    expect(run(line).code).toBe(code);
  });

  test('for a basis on a pipe', () => {
    shell('"$RDIFF" signature old sig; "$RDIFF" delta sig new delta', directory);
    expect(shell('cat old | "$RDIFF" patch - delta out', directory).code).toBe(100);
  });

  test('and a document under --json', () => {
    const { stdout, code } = run('--json signature missing sig');
    expect(code).toBe(100);
    expect(JSON.parse(stdout.toString())).toMatchObject({ error: { code: 'RDIFF_IO' } });
  });
});

describe('the hash beside a delta', () => {
  beforeEach(() => {
    shell('"$RDIFF" signature old sig; "$RDIFF" --verify-hash delta sig new delta', directory);
  });

  test('is written, and found again when patching', () => {
    expect(read('delta.hash').toString()).toMatch(
      new RegExp(`^varve-rdiff-hash 1\nsize ${target.length}\nblake3 [0-9a-f]{64}\n$`),
    );
    expect(run('--verify-hash patch old delta out').code).toBe(0);
    expect(read('out').equals(target)).toBe(true);
  });

  test('refuses the result of a wrong basis, which plain patching cannot see', () => {
    writeFileSync(path('wrong'), Buffer.from(basis).fill(0, 0, 1));
    expect(run('patch wrong delta blind').code).toBe(0);
    const { code, stderr } = run('--verify-hash patch wrong delta out');
    expect(code).toBe(106);
    expect(stderr).toContain('The result is not the file that the delta was made from');
    expect(files()).not.toContain('out');
  });

  test('catches the false match of a one-byte strong sum', () => {
    const vector = (name: string) => quotedGolden(`golden/FALSE-MATCH-S1/${name}`);
    const sig = vector('rollsum-md4-b256-S1.sig');
    expect(run(`--verify-hash=h delta ${sig} ${vector('new')} d`).code).toBe(0);
    expect(run(`--verify-hash=h patch ${vector('basis')} d out`).code).toBe(106);
  });

  test('must be named when the delta is a pipe', () => {
    needPrograms('cmp');
    expect(run('--verify-hash delta sig new').code).toBe(101);
    expect(
      shell(
        '"$RDIFF" --verify-hash=h delta sig new > d2; "$RDIFF" --verify-hash=h patch old - < d2 | cmp - new',
        directory,
      ).code,
    ).toBe(0);
  });
});

test('a delta that grows without bound is stopped by --max-output', () => {
  const [old, delta] = ['basis', 'delta-amplify.bin'].map((name) => quotedGolden(`errors/${name}`));
  const { code, stderr } = run(`--max-output 1K patch ${old} ${delta} out`);
  expect(code).toBe(106);
  expect(stderr).toContain('more than 1024 bytes');
  expect(files()).toEqual(['new', 'old']);
});

test('several threads make the same signature and the same delta as one', () => {
  needPrograms('awk', 'cmp');
  const large = Buffer.concat(Array<Buffer>(30).fill(seededBytes('large', 1_500_000)));
  writeFileSync(path('large'), large);
  const changed = Buffer.concat([
    Buffer.from('shifted'),
    large.subarray(0, 20_000_000),
    large.subarray(21_000_000),
  ]);
  writeFileSync(path('changed'), changed);
  const script = `set -e
    for j in 1 2 3; do
      "$RDIFF" -j $j signature large sig$j
      "$RDIFF" -j $j delta sig1 changed delta$j
      "$RDIFF" patch large delta$j - | cmp - changed
    done
    cmp sig1 sig2; cmp sig1 sig3; ls -l delta1 delta2 | awk '{ print $5 }' | uniq | wc -l`;
  const { code, stderr, stdout } = shell(script, directory);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(Number(stdout.toString())).toBeGreaterThan(0);
});

test('explain shows what matched where', () => {
  const text = run('explain old new').stdout.toString();
  expect(text).toContain('old  100000 bytes, 391 blocks of 256');
  expect(text).toMatch(/\[=+\+?~+\]/);
  expect(text).toContain('copy     0..49919  49920 bytes of the old file from 0 (blocks 0 to 194)');
  const parts = JSON.parse(run('--json explain old new').stdout.toString()) as { parts: unknown[] };
  expect(parts.parts[0]).toEqual({ position: 0, length: 49_920, basis_position: 0 });
});

test('help and version are printed without loading the library', () => {
  expect(runRdiffProgram(['--help']).stdout.toString()).toContain(' --statistics');
  expect(runRdiffProgram(['-V']).stdout.toString()).toContain('Copyright');
});
