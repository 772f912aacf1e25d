/** Trees whose paths are longer than any call takes: made and removed step by step. */
import { onTestFinished } from 'vitest';
import type { FileSystem } from '../../src/platform/files.js';
import { textFromBytes, type ByteString } from '../../src/platform/bytes.js';
import { runProgram } from './machine.js';

/** Makes `depth` directories below `root`, each in the one before, and in the last a file `deep`. */
export function makeDeep(
  files: FileSystem,
  root: ByteString,
  depth: number,
  name: ByteString,
): ByteString {
  // Node's own removal of a tree stops at PATH_MAX.
  onTestFinished(() => void runProgram('rm', ['-rf', `${textFromBytes(root)}/${name}`]));
  let path = root;
  let directory = files.at.open(undefined, root, 'read-directory');
  for (let level = 0; level < depth; level++) {
    files.at.makeDirectory(directory, name);
    const next = files.at.open(directory, name, 'read-directory');
    files.close(directory);
    directory = next;
    path = `${path}/${name}` as ByteString;
  }
  const file = files.at.open(directory, 'deep' as ByteString, 'create-file');
  files.write(file, Buffer.from('deep'), 0);
  files.close(file);
  files.close(directory);
  return `${path}/deep` as ByteString;
}
