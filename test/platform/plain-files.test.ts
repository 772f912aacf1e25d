import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as plain from '../../src/platform/plain-files.js';
import { scratchDirectory } from '../support/directory.js';
import { makeFifo, makeSocket } from '../support/special-files.js';

function opened(path: string, flags: string | number): number {
  const descriptor = fs.openSync(path, flags);
  onTestFinished(() => fs.closeSync(descriptor));
  return descriptor;
}

describe('what is behind a path', () => {
  test('is told with every number of it, through links', () => {
    const path = `${scratchDirectory()}/file`;
    fs.writeFileSync(path, 'content');
    fs.chmodSync(path, 0o2640);
    fs.symlinkSync('file', `${path}.link`);
    const { dev, ino, uid, gid } = fs.statSync(path, { bigint: true });
    const expected = {
      type: 'file',
      sizeBytes: 7,
      device: dev,
      inode: ino,
      mode: 0o2640,
      uid: Number(uid),
      gid: Number(gid),
    };
    expect(plain.statPath(`${path}.link`)).toEqual(expected);
    expect(plain.statDescriptor(opened(path, 'r'))).toEqual(expected);
  });

  test('has one of four types', () => {
    const directory = scratchDirectory();
    makeFifo(`${directory}/fifo`);
    const types = [directory, `${directory}/fifo`, '/dev/null', '/proc/self/exe'].map(
      (path) => plain.statPath(path)?.type,
    );
    expect(types).toEqual(['directory', 'stream', 'other', 'file']);
    expect(plain.statPath(`${directory}/none`)).toBeUndefined();
  });

  test('is where a link leads, and for anything else nothing', () => {
    const directory = scratchDirectory();
    fs.writeFileSync(`${directory}/file`, '');
    fs.symlinkSync(Buffer.from('caf\xe9', 'latin1'), `${directory}/link`);
    expect(plain.readLink(`${directory}/link`)).toBe('caf\udce9');
    expect(['file', 'none', ''].map((name) => plain.readLink(`${directory}/${name}`))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('an open file', () => {
  test('is read and written from where it stands, which is told, or at any place', async () => {
    const path = `${scratchDirectory()}/file`;
    fs.writeFileSync(path, '0123456789');
    const reader = await plain.openToRead(path);
    const into = Buffer.alloc(3);
    expect([plain.readOn(reader, into), into.toString()]).toEqual([3, '012']);
    expect([plain.readOnceAt(reader, 6, into), into.toString()]).toEqual([3, '678']);
    expect(plain.standOf(reader)).toBe(3);
    expect([await plain.readOnWaiting(reader, into), into.toString()]).toEqual([3, '345']);
    expect(plain.standOf(reader)).toBe(6);
    expect(plain.readOnceAt(reader, 10, into)).toBe(0);
    plain.closeDescriptor(reader);
    expect(plain.standOf(reader)).toBeUndefined();
    const writer = plain.openToWrite(path);
    expect(plain.writeOn(writer, Buffer.from('ab'))).toBe(2);
    expect(plain.writeOnceAt(writer, 5, Buffer.from('xyz'))).toBe(3);
    expect(plain.writeOn(writer, Buffer.from('c'))).toBe(1);
    plain.closeDescriptor(writer);
    expect(fs.readFileSync(path, 'utf8')).toBe('abc34xyz89');
  });

  test('is made by nobody who only wants to write', () => {
    const path = `${scratchDirectory()}/none`;
    expect(() => plain.openToWrite(path)).toThrow(/ENOENT/);
    expect(fs.existsSync(path)).toBe(false);
  });

  test('may have no name: nothing of it can be seen or read by others', async () => {
    const before = fs.readdirSync(tmpdir());
    const file = await plain.openNameless();
    onTestFinished(() => file.close());
    const target = fs.readlinkSync(`/proc/self/fd/${file.fd}`);
    expect(target).toMatch(/ \(deleted\)$/);
    expect(fs.readdirSync(tmpdir()).filter((name) => target.includes(`/${name}/`))).toEqual([]);
    expect(before.filter((name) => target.includes(`/${name}/`))).toEqual([]);
    const stat = fs.fstatSync(file.fd);
    expect([stat.mode & 0o777, stat.nlink]).toEqual([0o600, 0]);
    plain.writeOnceAt(file.fd, 0, Buffer.from('kept'));
    const into = Buffer.alloc(9);
    expect(plain.readOnceAt(file.fd, 0, into)).toBe(4);
  });
});

test('a socket is a stream, as a pipe is', async () => {
  const path = `${scratchDirectory()}/socket`;
  const end = await makeSocket(path);
  expect(plain.statPath(path)?.type).toBe('stream');
  end();
});
