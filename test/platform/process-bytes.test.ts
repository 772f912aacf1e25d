/** What Node decoded is taken from the kernel again where bytes were lost, and nowhere else. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { chdir, cwd } from 'node:process';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { bytesToText, systemPath } from '../../src/platform/bytes.js';
import { scratchDirectory } from '../support/directory.js';

/** `caf\xe9` in Latin-1, as text without loss and as Node decodes it. */
const ODD = Buffer.from('caf\xe9', 'latin1');
const TEXT = bytesToText(ODD);
const DECODED = ODD.toString('utf8');

/** The module over a kernel that says this of the process; undefined: it says nothing. */
async function overKernel(entries: readonly (string | Buffer)[] | undefined, ends = true) {
  const reads: string[] = [];
  vi.resetModules();
  vi.doMock('node:fs', () => ({
    ...fs,
    readFileSync(path: string) {
      reads.push(path);
      if (!entries) throw Object.assign(new Error('EACCES: injected'), { code: 'EACCES' });
      const parts = entries.flatMap((entry) => [Buffer.from(entry as string), Buffer.of(0)]);
      return Buffer.concat(ends ? parts : parts.slice(0, -1));
    },
  }));
  onTestFinished(() => {
    vi.doUnmock('node:fs');
    vi.resetModules();
  });
  const module = await import('../../src/platform/process-bytes.js');
  return { ...module, reads };
}

function withArguments(...args: string[]): void {
  const { argv } = process;
  process.argv = ['/usr/bin/node', '/varve/main.js', ...args];
  onTestFinished(() => void (process.argv = argv));
}

describe('arguments', () => {
  test('that are text are those that Node has; the kernel is not asked', async () => {
    withArguments('backup', 'caf\xe9');
    const { commandArguments, reads } = await overKernel(['other']);
    expect(commandArguments()).toEqual(['backup', 'caf\xe9']);
    expect(reads).toEqual([]);
  });

  test('of which one is not are taken from the kernel, without Node and its options', async () => {
    withArguments('backup', DECODED, '');
    const started = ['node', '--no-warnings', '--x', 'main.js', 'backup', ODD, ''];
    expect((await overKernel(started)).commandArguments()).toEqual(['backup', TEXT, '']);
    expect((await overKernel(started.slice(0, -1).concat('x'), false)).commandArguments()).toEqual([
      'backup',
      DECODED,
      '',
    ]);
  });

  test('are taken though the last has no end', async () => {
    withArguments('backup', DECODED);
    const { commandArguments } = await overKernel(['node', 'main.js', 'backup', ODD], false);
    expect(commandArguments()).toEqual(['backup', TEXT]);
  });

  test.each([
    ['has another title', ['varve: at work'] as (string | Buffer)[]],
    ['has others', ['node', 'main.js', 'restore', ODD]],
    ['is not to be read', undefined],
  ])('stay as Node has them where the process %s', async (_, entries) => {
    withArguments('backup', DECODED);
    const { commandArguments } = await overKernel(entries);
    expect(commandArguments()).toEqual(['backup', DECODED]);
  });
});

describe('variables', () => {
  const odd = (name: string, value: Buffer): Buffer =>
    Buffer.concat([Buffer.from(`${name}=`), value]);
  function setting(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
  }

  test('that are text are those of Node; the kernel is not asked', async () => {
    const { environment, reads } = await overKernel([]);
    expect(environment()).toBe(process.env);
    expect(reads).toEqual([]);
  });

  test('that are not are taken from the kernel, and the others stay', async () => {
    setting({ VARVE_ODD: DECODED, VARVE_TEXT: 'set later' });
    const value = Buffer.concat([ODD, Buffer.from('=x')]);
    setting({ VARVE_EQUALS: value.toString('utf8') });
    const { environment } = await overKernel([
      odd('VARVE_ODD', ODD),
      'VARVE_TEXT=at the start',
      odd('VARVE_EQUALS', value),
      'VARVE_GONE=gone',
    ]);
    const found = environment();
    expect(found).toMatchObject({
      VARVE_ODD: TEXT,
      VARVE_TEXT: 'set later',
      VARVE_EQUALS: bytesToText(value),
    });
    expect(found['VARVE_GONE']).toBeUndefined();
    expect(found['PATH']).toBe(process.env['PATH']);
  });

  test('that were set since are as they were set', async () => {
    setting({ VARVE_ODD: `new ${DECODED}` });
    const { environment } = await overKernel([odd('VARVE_ODD', ODD)]);
    expect(environment()['VARVE_ODD']).toBe(`new ${DECODED}`);
  });

  test('stay as Node has them where the kernel says nothing', async () => {
    setting({ VARVE_ODD: DECODED });
    expect((await overKernel(undefined)).environment()['VARVE_ODD']).toBe(DECODED);
  });
});

describe('the working directory', () => {
  test('is what the kernel says where it is no text', async () => {
    const directory = fs.realpathSync(scratchDirectory());
    const before = cwd();
    onTestFinished(() => chdir(before));
    fs.mkdirSync(systemPath(join(directory, TEXT)));
    const { workingDirectory } = await overKernel([]);
    chdir(directory);
    expect(workingDirectory()).toBe(directory);
    // Node takes no bytes here.
    fs.symlinkSync(systemPath(join(directory, TEXT)), join(directory, 'link'));
    chdir(join(directory, 'link'));
    expect(cwd()).toBe(join(directory, DECODED));
    expect(workingDirectory()).toBe(join(directory, TEXT));
  });
});
