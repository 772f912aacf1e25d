import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { loadNativeAtCalls } from '../../../src/platform/native-at-calls.js';
import { bytesFromText, type ByteString } from '../../../src/platform/bytes.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { portableAtCalls } from '../../../src/platform/portable-at-calls.js';
import { openPath } from '../../../src/repo/tree/long-paths.js';
import { scratchDirectory } from '../../support/directory.js';
import { makeDeep } from '../../support/deep-tree.js';
import { runProgram } from '../../support/machine.js';

const real = openFileSystem();
const native = loadNativeAtCalls();
const implementations = native ? [native, portableAtCalls] : [portableAtCalls];

test.each(implementations.map((at) => [at.name, at] as const))(
  'a path of 12 000 bytes is opened, and no handle is left open (%s)',
  (_, at) => {
    const files = { ...real, at };
    const root = bytesFromText(scratchDirectory());
    const path = makeDeep(files, root, 60, 'n'.repeat(200) as ByteString);
    expect(path.length).toBeGreaterThan(12_000);
    const before = openCount();
    const descriptor = openPath(files, path, 'read-file');
    const bytes = Buffer.alloc(100);
    expect(bytes.toString('latin1', 0, files.read(descriptor, bytes, 0))).toBe('deep');
    files.close(descriptor);
    expect(() => openPath(files, `${path}x` as ByteString, 'read-file')).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
    expect(openCount()).toBe(before);
  },
);

function openCount(): number {
  return fs.readdirSync('/proc/self/fd').length;
}

test('a short path is opened as it is, through symbolic links on its way', () => {
  const root = scratchDirectory();
  fs.mkdirSync(`${root}/real`);
  fs.writeFileSync(`${root}/real/file`, 'x');
  fs.symlinkSync('real', `${root}/link`);
  const path = bytesFromText(`${root}/link/file`);
  real.close(openPath(real, path, 'read-file'));
  runProgram('ln', ['-s', 'file', `${root}/real/last`]);
  const last = bytesFromText(`${root}/link/last`);
  expect(() => openPath(real, last, 'read-file')).toThrow(
    expect.objectContaining({ code: 'ELOOP' }),
  );
});
