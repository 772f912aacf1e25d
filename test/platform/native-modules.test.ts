/** The built program with a part of its installation gone or spoiled. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { checkSqliteVersion } from '../../src/platform/native-modules.js';
import { executablePlace, testDirectory } from '../support/directory.js';
import { install, MAIN } from '../support/installation.js';

const directory = testDirectory(executablePlace());
const at = (...names: string[]): string => join(directory, ...names);
const koffi = `@koromix/koffi-linux-${process.arch}`;
const zstdFile = `dist/native/zstd-${process.platform}-${process.arch}.node`;

/** Every compiled file of an installation that belongs to one part. */
function binaries(home: string, part: string): string[] {
  return fs
    .readdirSync(join(home, part), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.node'))
    .map((name) => join(home, part, name));
}

interface Spoiling {
  readonly what: string;
  /** The part of its path that the message must name. */
  readonly named: string;
  readonly spoil: (home: string) => void;
}

const packages = [
  { name: 'better-sqlite3', binaries: 'node_modules/better-sqlite3' },
  { name: koffi, binaries: `node_modules/${koffi}` },
  { name: '@napi-rs/blake-hash', binaries: 'node_modules/@napi-rs' },
];
const spoilings: Spoiling[] = [
  ...packages.map(({ name }) => ({
    what: `${name} is missing`,
    named: name,
    spoil: (home: string) => fs.rmSync(join(home, 'node_modules', name), { recursive: true }),
  })),
  ...packages.map(({ name, binaries: where }) => ({
    what: `the binary of ${name} is gone`,
    named: name,
    spoil: (home: string) => binaries(home, where).forEach((file) => fs.rmSync(file)),
  })),
  ...packages.map(({ name, binaries: where }) => ({
    what: `the binary of ${name} is for another machine`,
    named: name,
    spoil: (home: string) =>
      binaries(home, where).forEach((file) => fs.writeFileSync(file, '\x7fELF of another kind')),
  })),
  {
    what: 'the binary of zstd is missing',
    named: zstdFile,
    spoil: (home) => fs.rmSync(join(home, zstdFile)),
  },
  {
    what: 'the binary of zstd is all but empty',
    named: zstdFile,
    spoil: (home) => fs.truncateSync(join(home, zstdFile), 100),
  },
];

function varve(home: string, ...args: string[]): { status: number | null; out: string } {
  const program = join(home, MAIN);
  const env = { HOME: at('home'), PATH: process.env['PATH'] };
  const options = { encoding: 'utf8', env, cwd: directory } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], options);
  return { status, out: stdout + stderr };
}

/** All bytes of the repository. */
function repositoryBytes(): string {
  return fs
    .readdirSync(at('repository'), { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => at('repository', name))
    .filter((path) => fs.statSync(path).isFile() && !/-(shm|wal)$/.test(path))
    .map((path) => `${path} ${fs.readFileSync(path).toString('latin1')}`)
    .join('\n');
}

let whole: string;
let before: string;

beforeAll(() => {
  whole = at('whole');
  install(whole);
  fs.mkdirSync(at('tree'));
  fs.writeFileSync(at('tree/text'), 'some words that shrink '.repeat(500));
  for (const args of [['init'], ['backup', 'tree']]) {
    const { status, out } = varve(whole, '-r', 'repository', ...args);
    expect(status, out).toBe(0);
  }
  fs.cpSync(at('repository'), at('pristine'), { recursive: true, preserveTimestamps: true });
  before = repositoryBytes();
}, 120_000);

beforeEach(() => {
  fs.rmSync(at('repository'), { recursive: true });
  fs.cpSync(at('pristine'), at('repository'), { recursive: true, preserveTimestamps: true });
});

const COMMANDS: readonly (readonly string[])[] = [
  ['backup', '--read-all', 'tree'],
  ['verify'],
  ['restore'],
  ['cat', 'tree/text'],
  ['repair', '-n'],
  ['repair'],
  ['repair', '--rebuild-index'],
];

/** Each command without each part; and of the other ways in which a part may be spoiled two, by turns. */
function commandsOf(what: string): readonly (readonly string[])[] {
  if (what.endsWith(' is missing')) return COMMANDS;
  const first = spoilings.findIndex((one) => one.what === what);
  return [0, 3].map((step) => COMMANDS[(first + step) % COMMANDS.length] ?? []);
}

describe.each(spoilings)('when $what', ({ what, named, spoil }) => {
  const home = at(what.replace(/\W+/g, '-'));

  beforeAll(() => {
    fs.cpSync(whole, home, { recursive: true });
    spoil(home);
  });

  test.each(commandsOf(what))('%s says so, and takes nothing for damaged', (...args) => {
    const more = args[0] === 'restore' ? ['--to', `back ${what}`] : [];
    const { status, out } = varve(home, '-r', 'repository', ...args, ...more);
    // A command that does without this part succeeds.
    if (status === 0) return;
    expect({ status, out }).toMatchObject({ status: 1 });
    expect(out).toContain('varve: Part of Varve cannot be loaded on this machine');
    expect(out).toContain(named);
    expect(out).toContain('Reinstall Varve');
    expect(out).not.toMatch(/^ +at |damage|bug in Varve/im);
    expect(repositoryBytes() === before).toBe(true);
  });

  test('a document has its code', () => {
    const { status, out } = varve(
      home,
      '-r',
      'repository',
      'backup',
      '--read-all',
      'tree',
      '--json',
    );
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'NATIVE_MODULE_UNUSABLE' } });
  });
});

test('rdiff says so in its own way', () => {
  const home = at('rdiff');
  fs.cpSync(whole, home, { recursive: true });
  for (const file of binaries(home, 'node_modules/@napi-rs')) fs.rmSync(file);
  const files = ['tree/text', 'tree/text', 'hashed.delta'];
  const { status, out } = varve(home, 'rdiff', '--verify-hash', 'delta', '--basis', ...files);
  expect(status, out).toBe(107);
  expect(out).toMatch(/^rdiff: Part of Varve cannot be loaded on this machine.*blake-hash/);
  expect(out).not.toMatch(/^ +at /m);
});

test.each(['3.51.3', '3.53.1', '3.100.0', '4.0.0'])('SQLite %s is new enough', (version) =>
  expect(() => checkSqliteVersion(version)).not.toThrow(),
);

test.each(['3.51.2', '3.9.0', '2.8.17'])('SQLite %s is refused', (version) =>
  expect(() => checkSqliteVersion(version)).toThrow(/can lose committed data/),
);

describe('what a module cannot be loaded with', () => {
  /** The modules where loading one ends so. */
  async function failing(error: Error) {
    vi.resetModules();
    vi.doMock('node:module', () => ({
      createRequire: () => () => {
        throw error;
      },
    }));
    onTestFinished(() => {
      vi.doUnmock('node:module');
      vi.resetModules();
    });
    return import('../../src/platform/native-modules.js');
  }
  const refused = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code });
  const LOADS = ['blakeModule', 'koffiModule', 'sqliteModule', 'zstdModule'] as const;

  test.each([
    ['EMFILE', 'OPEN_FILES_LIMIT'],
    ['ENOMEM', 'OUT_OF_MEMORY'],
  ])('is a limit, and no fault of the installation: %s', async (system, code) => {
    const modules = await failing(refused(system));
    for (const load of LOADS) {
      expect(() => modules[load]()).toThrow(expect.objectContaining({ code }));
    }
  });

  test('is what this machine lacks, before anything is loaded', async () => {
    const missing = {
      code: 'NODE_TOO_OLD',
      message: 'This Node is too old.',
      hint: 'Take another.',
    };
    vi.doMock('../../src/platform/requirements.js', () => ({ missingRequirement: () => missing }));
    onTestFinished(() => vi.doUnmock('../../src/platform/requirements.js'));
    const modules = await failing(new Error('is not to be asked'));
    for (const load of LOADS) {
      expect(() => modules[load]()).toThrow(expect.objectContaining(missing));
    }
  });

  test('is the fault of the installation otherwise, said in one line', async () => {
    const cause = new Error('cannot open shared object\nRequire stack: and so on');
    const { koffiModule } = await failing(cause);
    const machine = `${process.platform} ${process.arch}, Node ${process.versions.node}`;
    expect(koffiModule).toThrow(
      expect.objectContaining({
        code: 'NATIVE_MODULE_UNUSABLE',
        message: `Part of Varve cannot be loaded on this machine (${machine}): ${koffi}: cannot open shared object`,
        cause,
      }),
    );
  });
});
