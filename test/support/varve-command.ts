/** Runs the built command line as its users do: in a process of its own, with an empty home. */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Run {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Workspace {
  /** An empty directory that is gone after the tests of the file. */
  readonly root: string;
  /** The home of the commands, empty at first, and the repository that is made there. */
  readonly home: string;
  readonly defaultRepository: string;
  /** An absolute path in the workspace. */
  readonly path: (...names: string[]) => string;
  /** An absolute path as a part of a regular expression. */
  readonly pattern: (...names: string[]) => string;
  /** Writes files, named below the root, and the directories that they need. */
  readonly write: (files: Readonly<Record<string, string | Uint8Array>>) => void;
  readonly start: (args: readonly string[], options?: SpawnOptions) => ChildProcess;
  readonly run: (args: readonly string[], options?: SpawnOptions) => Promise<Run>;
  /** The document that `args` with `--json` gives. */
  readonly json: <Document>(...args: string[]) => Promise<Document>;
}

/** A workspace for the tests of one file. `npm test` builds what it runs. */
export function createWorkspace(): Workspace {
  const root = mkdtempSync(join(tmpdir(), 'varve-cli-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const home = join(root, 'home');
  mkdirSync(home);
  const start = (args: readonly string[], options: SpawnOptions = {}): ChildProcess => {
    const env = { PATH: process.env['PATH'], HOME: home, TZ: 'UTC', ...options.env };
    return spawn(process.execPath, [MAIN, ...args], { cwd: root, ...options, env });
  };
  const run = (args: readonly string[], options?: SpawnOptions): Promise<Run> =>
    finished(start(args, options));
  return {
    root,
    home,
    defaultRepository: join(home, '.local/share/varve'),
    path: (...names) => join(root, ...names),
    pattern: (...names) => literal(join(root, ...names)),
    write(files) {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(root, name)), { recursive: true });
        writeFileSync(join(root, name), content);
      }
    },
    start,
    run,
    async json<Document>(...args: string[]) {
      const { stdout } = await run([...args, '--json']);
      return JSON.parse(stdout) as Document;
    },
  };
}

/** What matches `text` in a regular expression: where TMPDIR is may have any name. */
export function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

/** What a process wrote and how it ended. */
export function finished(child: ChildProcess): Promise<Run> {
  const written = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (written.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (written.stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, ...written }));
  });
}

/** Resolves when `condition` holds. @throws Error after ten seconds */
export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 2000) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The files that a process has open. */
export function openFiles(pid: number | undefined): string[] {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).flatMap((descriptor) => {
    try {
      return [readlinkSync(`${directory}/${descriptor}`)];
    } catch {
      return [];
    }
  });
}
