import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesFromText } from '../../src/platform/bytes.js';
import { openFileSystem } from '../../src/platform/files.js';
import { replaceEntry, replaceFile, Replacement } from '../../src/platform/replace-file.js';
import { faultyFiles, systemError, type Call } from '../support/faulty-files.js';

let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'varve-replace-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const file = (): string => join(directory, 'file');
const temporary = (): string => join(directory, 'file.new');
const parts = [Buffer.from('one '), Buffer.from('two')];

describe.each(['durable', 'cached', 'new'] as const)('a file that is %s', (rule) => {
  test('is written whole, for its user only, and leaves nothing beside it', () => {
    replaceFile(openFileSystem(), file(), parts, { temporary: temporary(), rule });
    expect(readFileSync(file(), 'utf8')).toBe('one two');
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['file']);
  });

  test('stays as it was if any call fails, and nothing is left', () => {
    const calls: Call['name'][] = ['create', 'write', 'rename'];
    if (rule === 'durable') calls.push('sync');
    for (const name of calls.slice(0, rule === 'new' ? 2 : undefined)) {
      if (rule !== 'new') writeFileSync(file(), 'old');
      const files = faultyFiles((call) =>
        call.name === name ? { type: 'throw', error: systemError('EIO') } : undefined,
      );
      const replace = (): void =>
        replaceFile(files, file(), parts, { temporary: temporary(), rule });
      expect(replace).toThrow('EIO: injected');
      expect(existsSync(file()) ? readFileSync(file(), 'utf8') : 'none').toBe(
        rule === 'new' ? 'none' : 'old',
      );
      expect(existsSync(temporary())).toBe(false);
    }
  });
});

test('durable: bytes are synced before the rename, and the name after it', () => {
  const order: string[] = [];
  const files = faultyFiles(({ name }) => void order.push(name));
  replaceFile(files, file(), parts, { temporary: temporary(), rule: 'durable' });
  expect(order).toEqual(['create', 'write', 'write', 'sync', 'rename', 'sync-names']);
});

test('a new file does not replace one that somebody made meanwhile', () => {
  const options = { temporary: temporary(), rule: 'new' } as const;
  const replacement = new Replacement(openFileSystem(), file(), options);
  replacement.finish();
  writeFileSync(file(), 'of somebody');
  expect(() => replacement.publish()).toThrow('EEXIST');
  replacement.discard();
  expect(readFileSync(file(), 'utf8')).toBe('of somebody');
  expect(readdirSync(directory)).toEqual(['file']);
});

test('a public file has the permissions that new files have', () => {
  const options = { temporary: temporary(), rule: 'new', isPublic: true } as const;
  replaceFile(openFileSystem(), file(), parts, options);
  writeFileSync(join(directory, 'other'), '');
  expect(statSync(file()).mode).toBe(statSync(join(directory, 'other')).mode);
});

describe('an entry of a directory', () => {
  const names = { name: bytesFromText('file'), temporary: bytesFromText('file.new') };
  const inDirectory = (make: () => void): void => {
    const files = openFileSystem();
    const handle = files.at.open(undefined, bytesFromText(directory), 'read-directory');
    try {
      replaceEntry(files, { directory: handle, ...names }, make);
    } finally {
      files.close(handle);
    }
  };

  test('is replaced by what is made, and what an earlier attempt left goes first', () => {
    writeFileSync(file(), 'old');
    writeFileSync(temporary(), 'left');
    inDirectory(() => writeFileSync(temporary(), 'new', { flag: 'wx' }));
    expect(readFileSync(file(), 'utf8')).toBe('new');
    expect(readdirSync(directory)).toEqual(['file']);
  });

  test('stays if making fails, and what was made goes', () => {
    writeFileSync(file(), 'old');
    const make = (): void => {
      writeFileSync(temporary(), 'half');
      throw new Error('disk full');
    };
    expect(() => inDirectory(make)).toThrow('disk full');
    expect(readFileSync(file(), 'utf8')).toBe('old');
    expect(readdirSync(directory)).toEqual(['file']);
  });
});

describe('how a file replaces another', () => {
  const orderOf = (rule: 'durable' | 'cached' | 'new'): string[] => {
    const order: string[] = [];
    const files = faultyFiles(({ name }) => void order.push(name));
    replaceFile(files, file(), parts, { temporary: temporary(), rule });
    return order;
  };

  test('only what is durable is synced', () => {
    expect(orderOf('cached')).toEqual(['create', 'write', 'write', 'rename']);
    rmSync(file());
    expect(orderOf('new').filter((name) => name.startsWith('sync'))).toEqual([]);
  });

  test('a new file is renamed where there are no hard links, and its failure stays one', () => {
    const real = openFileSystem();
    const withoutLinks = (code: string) => ({
      ...real,
      at: real.at,
      link: () => {
        throw systemError(code);
      },
    });
    const options = { temporary: temporary(), rule: 'new' } as const;
    replaceFile(withoutLinks('EPERM'), file(), parts, options);
    expect(readFileSync(file(), 'utf8')).toBe('one two');
    expect(readdirSync(directory)).toEqual(['file']);
    expect(() => replaceFile(withoutLinks('EEXIST'), file(), [], options)).toThrow('EEXIST');
    expect(readFileSync(file(), 'utf8')).toBe('one two');
    expect(readdirSync(directory)).toEqual(['file']);
  });

  test.each(['finish', 'publish', 'discard', 'finish, discard', 'discard, discard'])(
    'after %s it is closed once, and no more',
    (calls) => {
      const real = openFileSystem();
      const closed: number[] = [];
      const close = (descriptor: number): void => {
        closed.push(descriptor);
        real.close(descriptor);
      };
      const files = { ...real, at: real.at, close };
      const options = { temporary: temporary(), rule: 'cached' } as const;
      const replacement = new Replacement(files, file(), options);
      if (calls === 'publish') replacement.finish();
      for (const call of calls.split(', ') as ('finish' | 'publish' | 'discard')[]) {
        replacement[call]();
      }
      expect(closed).toEqual([replacement.descriptor]);
    },
  );

  test('a name without a directory is synced in the working directory', () => {
    const real = openFileSystem();
    const synced: string[] = [];
    const files = {
      ...real,
      at: real.at,
      rename: () => undefined,
      syncDirectory: (path: string) => void synced.push(path),
    };
    for (const path of ['name', '/name', 'a/name']) {
      new Replacement(files, path, { temporary: temporary(), rule: 'durable' }).publish();
      rmSync(temporary());
    }
    expect(synced).toEqual(['.', '/', 'a']);
  });
});
