/** Copies of what is installed: to spoil parts of it, or to have it where another user may run it. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The program within an installation, and within the clone. */
export const MAIN = 'dist/cli/main.js';
export const builtProgram = join(root, MAIN);

/** Copies what a package holds, and the packages that it needs, to the directory `home`. */
export function install(home: string): void {
  for (const part of ['dist', 'migrations', 'package.json']) {
    fs.cpSync(join(root, part), join(home, part), { recursive: true });
  }
  for (const part of ['better-sqlite3', '@koromix', '@napi-rs']) {
    const from = join(root, 'node_modules', part);
    fs.cpSync(from, join(home, 'node_modules', part), {
      recursive: true,
      filter: (path) => !/\/(deps|src)(\/|$)/.test(path.slice(from.length)),
    });
  }
}

/** Lets everybody read what is below `directory`, whatever the umask was when it was copied. */
export function openToAll(directory: string): void {
  const names = fs.readdirSync(directory, { recursive: true, encoding: 'utf8' });
  for (const path of [directory, ...names.map((name) => join(directory, name))]) {
    const forOwner = fs.statSync(path).mode & 0o500;
    fs.chmodSync(path, 0o200 | forOwner | (forOwner >> 3) | (forOwner >> 6));
  }
}
